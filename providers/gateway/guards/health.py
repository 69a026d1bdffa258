"""Looks after the accounts: asks each for its list of models, which costs nothing, and writes down how it went."""

import time
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from datetime import datetime, timedelta

from providers import registry
from providers.contracts import Endpoint, LanguageAdapter, ModelKey
from providers.errors import ProviderError, SecretUnreadable, TimedOut
from providers.gateway.guards import breaker, keys
from providers.gateway.reader import call_aside
from providers.guard import health
from providers.guard.health import Status, Verdict
from providers.http import Limits, open_client
from providers.models import AccountHealth, HealthCheck, ProviderAccount, ProviderCall

LIMITS = Limits(
    connect=timedelta(seconds=3),
    first_token=timedelta(seconds=5),
    idle=timedelta(seconds=5),
    total=timedelta(seconds=8),
)
PROBED_AT_ONCE = 8
KEPT_FOR = timedelta(days=7)
CALLS_LOOKED_AT = 50
CALLS_SINCE = timedelta(days=1)


@dataclass(frozen=True, slots=True)
class _Probe:
    """What a thread needs to ask one account; it has no business with the database."""

    adapter: LanguageAdapter
    endpoint: Endpoint


@dataclass(frozen=True, slots=True)
class _Finding:
    error: ProviderError | None
    latency: timedelta


def probe_accounts(now: datetime) -> int:
    """Probe every enabled account that is due, and open the breakers of the unhealthy; how many were probed.

    Takes as long as the slowest server, at most about 20 seconds. Several processes may call it at once: each account
    is probed by one of them.
    """
    due = [account for account in ProviderAccount.objects.filter(is_enabled=True) if _is_taken_on(account, now)]
    ready = [(account, probe) for account in due if (probe := _probe_of(account, now)) is not None]
    with ThreadPoolExecutor(PROBED_AT_ONCE, thread_name_prefix="probe") as pool:
        findings = list(pool.map(_look, [probe for _, probe in ready]))
    for (account, _), finding in zip(ready, findings, strict=True):
        _write_down(account, finding, now)
    return len(due)


def _is_taken_on(account: ProviderAccount, now: datetime) -> bool:
    row, _ = AccountHealth.objects.get_or_create(account=account)
    is_local = registry.language_adapter(account.provider).is_local
    return health.is_due(row.checked_at, is_local=is_local, now=now) and row.swap(checked_at=now)


def _probe_of(account: ProviderAccount, now: datetime) -> _Probe | None:
    adapter = registry.language_adapter(account.provider)
    try:
        key = keys.key_for(account, now, is_needed=adapter.needs_key)
        secret = key.secret.open() if key else ""
    except (ProviderError, SecretUnreadable) as error:
        # Nothing is wrong with the server; a call would be told the same.
        _record(account, Verdict(Status.DEGRADED, str(error)), timedelta(0), None, now)
        return None
    return _Probe(adapter, Endpoint(account.base_url or adapter.base_url, account.name, secret))


def _look(probe: _Probe) -> _Finding:
    finding = _asked(probe)
    is_doubtful = finding.error is not None and finding.error.counts_against_breaker
    # One lost packet must not close a door for a minute; a server that let us wait is not asked to do so again.
    return _asked(probe) if is_doubtful and not isinstance(finding.error, TimedOut) else finding


def _asked(probe: _Probe) -> _Finding:
    label, began = probe.endpoint.label, time.monotonic()
    error = None
    with open_client(label, LIMITS) as client:
        try:
            call_aside(
                lambda: probe.adapter.list_models(client, probe.endpoint),
                provider=label,
                limits=LIMITS,
                abort=client.abort,
                tick=lambda: None,
            )
        except ProviderError as met:
            error = met
    return _Finding(error, timedelta(seconds=time.monotonic() - began))


def _write_down(account: ProviderAccount, finding: _Finding, now: datetime) -> None:
    rate = health.error_rate(_latest_failures(account, now))
    verdict = health.judge(finding.error, finding.latency, rate)
    _record(account, verdict, finding.latency, rate, now)
    if verdict.status is Status.UNHEALTHY:
        defaults = registry.guard_defaults(account.provider)
        for model in _models_of(account):
            breaker.find_unhealthy(ModelKey(account.pk, model), defaults, now, said=verdict.said)


def _record(account: ProviderAccount, verdict: Verdict, latency: timedelta, rate: float | None, now: datetime) -> None:
    latency_ms = round(latency.total_seconds() * 1000)
    found = {"status": verdict.status, "said": verdict.said, "latency_ms": latency_ms}
    AccountHealth.objects.filter(account=account).update(**found, error_rate=rate)
    HealthCheck.objects.filter(account=account, checked_at__lt=now - KEPT_FOR).delete()
    HealthCheck.objects.create(account=account, checked_at=now, **found)


def _latest_failures(account: ProviderAccount, now: datetime) -> Sequence[bool]:
    """For each of the account's latest ended calls whether it says that the far side is unwell."""
    outcomes = (
        ProviderCall.objects.filter(account=account, started_at__gte=now - CALLS_SINCE)
        .exclude(outcome__in=(ProviderCall.STARTED, ProviderCall.INTERRUPTED))
        .order_by("-started_at")
        .values_list("outcome", flat=True)[:CALLS_LOOKED_AT]
    )
    unwell = _unwell_categories()
    return [outcome in unwell for outcome in outcomes]


def _models_of(account: ProviderAccount) -> set[str]:
    """The models that calls go to: those that have a breaker, and the account's own."""
    own = {account.model} if account.model else set()
    return own.union(account.breakers.values_list("model", flat=True))


def _unwell_categories() -> set[str]:
    return {kind.category for kind in ProviderError.__subclasses__() if kind.counts_against_breaker}
