"""How often each provider keeps its runs waiting, stalls, or is left, counted from the audit."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.db.models import Count, Q

from providers.gateway.lock import Release
from providers.guard.patience import Category
from providers.models import LockEvent, LockEventName, ProviderLock


@dataclass(frozen=True, slots=True)
class ProviderStatistics:
    """What runs met at one provider. Rates and shares are 0 to 1, and None when there was nothing to count.

    `fallback_rate`, of the locks: those left for another provider, by a person or by the list's chain. `stall_rate` and
    `shares`, of the requests: those suspected of a stall, and the longest category each came to. `cancellations` is how
    many runs their owner ended while they were locked to it.
    """

    locks: int = 0
    requests: int = 0
    fallback_rate: float | None = None
    stall_rate: float | None = None
    shares: Mapping[Category, float] | None = None
    cancellations: int = 0


def statistics(since: datetime) -> Mapping[str, ProviderStatistics]:
    """The figures of every provider that was locked to or asked since then, by its slug."""
    locks, calls = _locks(since), _calls(since)
    return {slug: _of(locks.get(slug, {}), calls.get(slug, {})) for slug in sorted(locks.keys() | calls.keys())}


def _locks(since: datetime) -> dict[str, dict[str, Any]]:
    rows = ProviderLock.objects.filter(created_at__gte=since).order_by().values("provider")
    left = Q(release_reason__in=(Release.USER_FALLBACK, Release.AUTOMATIC_FALLBACK))
    counted = rows.annotate(
        locks=Count("pk"),
        left=Count("pk", filter=left),
        cancelled=Count("pk", filter=Q(release_reason=Release.CANCELLED)),
    )
    return {row["provider"]: dict(row) for row in counted}


def _calls(since: datetime) -> dict[str, dict[str, Any]]:
    rows = LockEvent.objects.filter(at__gte=since).order_by().values("provider")
    change = Q(event=LockEventName.LATENCY_CATEGORY_CHANGE)
    counted = rows.annotate(
        requests=Count("pk", filter=Q(event=LockEventName.REQUEST_START)),
        stalls=Count("pk", filter=Q(event=LockEventName.STALL_SUSPECTED)),
        extended=Count("pk", filter=change & Q(after=Category.EXTENDED)),
        deep_wait=Count("pk", filter=change & Q(after=Category.DEEP_WAIT)),
    )
    return {row["provider"]: dict(row) for row in counted}


def _of(locks: Mapping[str, int], calls: Mapping[str, int]) -> ProviderStatistics:
    made, asked = locks.get("locks", 0), calls.get("requests", 0)
    # A request passes every boundary on its way, so those in deep wait have been counted as extended too.
    deep, beyond_normal = calls.get("deep_wait", 0), calls.get("extended", 0)
    counts = {
        Category.NORMAL: asked - beyond_normal,
        Category.EXTENDED: beyond_normal - deep,
        Category.DEEP_WAIT: deep,
    }
    return ProviderStatistics(
        locks=made,
        requests=asked,
        fallback_rate=locks.get("left", 0) / made if made else None,
        stall_rate=calls.get("stalls", 0) / asked if asked else None,
        shares={category: count / asked for category, count in counts.items()} if asked else None,
        cancellations=locks.get("cancelled", 0),
    )
