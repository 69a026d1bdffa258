"""How long to wait for a model, from how long it took before."""

from datetime import timedelta

from providers.contracts import ModelKey
from providers.guard.timeout import CALLS_LOOKED_AT, adaptive_base
from providers.models import ProviderCall


def base_for(key: ModelKey, base: timedelta) -> timedelta:
    """The time limit for `guard.timeout.attempt_limits`; the account's own `base` until enough calls are known."""
    calls = ProviderCall.objects.filter(account_id=key.account_id, model=key.model, outcome=ProviderCall.COMPLETE)
    took = calls.order_by("-started_at").values_list("took", flat=True)[:CALLS_LOOKED_AT]
    return adaptive_base(base, [duration for duration in took if duration is not None])
