"""Whom runs were locked to and what became of it: the audit, and how each provider does. Read-only."""

from datetime import timedelta

from django.contrib import admin
from django.utils import timezone

from providers.admin.buttons import LedgerAdmin
from providers.gateway import ProviderStatistics, statistics
from providers.models import LockEvent, ProviderLock

_LOOKED_AT = timedelta(days=30)


@admin.register(ProviderLock)
class LockAdmin(LedgerAdmin):
    list_display = ("created_at", "account_name", "provider", "model", "is_fallback", "released_at", "release_reason")
    list_filter = ("provider", "release_reason", "is_fallback")
    search_fields = ("correlation", "account_name", "model")
    date_hierarchy = "created_at"

    def intro(self) -> str:
        told = statistics(timezone.now() - _LOOKED_AT)
        if not told:
            return "Every run is locked to whom its list chose; here is to whom, and why it ended."
        return " ".join(["In the last 30 days,", *(in_words(provider, figures) for provider, figures in told.items())])


@admin.register(LockEvent)
class LockEventAdmin(LedgerAdmin):
    list_display = ("at", "event", "provider", "before", "after", "reason_code", "actor", "correlation")
    list_filter = ("event", "provider", "reason_code")
    search_fields = ("correlation", "actor", "before", "after")
    date_hierarchy = "at"
    list_intro = "Everything that happened to the locks, in the order in which it did. Kept for ever."


def in_words(provider: str, figures: ProviderStatistics) -> str:
    """A provider's figures in a sentence."""
    parts = [f"{figures.locks} runs"]
    if figures.fallback_rate is not None:
        parts.append(f"{figures.fallback_rate:.0%} left for another provider, {figures.cancellations} cancelled")
    if figures.shares is not None and figures.stall_rate is not None:
        shares = ", ".join(
            f"{share:.0%} {category.value.replace('_', ' ')}" for category, share in figures.shares.items()
        )
        parts.append(f"{figures.requests} requests: {shares}, {figures.stall_rate:.0%} stalled")
    return f"{provider}: {'; '.join(parts)}."
