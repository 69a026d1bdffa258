"""The ledger read and pruned: it forgets the words of old calls, never that they were made or what they cost."""

from datetime import datetime

from django.db.models import Q, QuerySet

from providers.models import ProviderCall

HAS_WORDS = ~Q(system="") | ~Q(prompt="") | ~Q(answer="")


def calls_of(correlation: str) -> QuerySet[ProviderCall]:
    """The attempts a run has made, first to last."""
    return ProviderCall.objects.filter(correlation=correlation).order_by("started_at", "pk")


def forget_words(before: datetime) -> int:
    """Empty the prompts and answers of calls that ended before then; returns how many."""
    old = ProviderCall.objects.filter(HAS_WORDS, finished_at__lt=before)
    # Asked first, because on SQLite even an update of nothing waits for the writer's lock.
    return old.update(system="", prompt="", answer="") if old.exists() else 0
