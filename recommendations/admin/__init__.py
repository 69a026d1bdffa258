"""The admin of the house: lists, the review queue, runs, drops, the library, the household."""

from recommendations.admin import decisions, drops, library, lists, people, review, runs

__all__ = ["decisions", "drops", "library", "lists", "people", "review", "runs"]
