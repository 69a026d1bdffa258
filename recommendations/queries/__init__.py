"""Reads: what the house knows, a few queries at a time."""
