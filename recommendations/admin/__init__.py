"""The admin of the house: lists, the review queue, runs, drops, the library, the household."""

from recommendations.admin import drops, library, lists, people, review, runs

__all__ = ["drops", "library", "lists", "people", "review", "runs"]
