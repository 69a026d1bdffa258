"""Writes: everything that changes rows of the house."""
