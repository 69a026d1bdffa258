"""The door to the vendors' own lists of models: asked now and then, kept in a row, and honest about a failed try."""

from dataclasses import dataclass
from datetime import datetime, timedelta

from django.utils import timezone

from providers import registry
from providers.contracts import Endpoint, LanguageAdapter, ModelSpec, OfferedModel
from providers.errors import AuthenticationFailed, ProviderError, SecretUnreadable
from providers.http import Limits, open_client
from providers.models import DiscoveredModels, ProviderAccount
from providers.queries import SOON, source_of

# Somebody waits in front of a page.
LIMITS = Limits(
    connect=timedelta(seconds=5),
    first_token=timedelta(seconds=15),
    idle=timedelta(seconds=10),
    total=timedelta(seconds=30),
)
KEPT_FOR = timedelta(hours=24)
# A local server's models change whenever its owner loads another.
KEPT_FOR_LOCAL = timedelta(minutes=10)
AGAIN_AFTER_FAILURE = timedelta(minutes=1)


@dataclass(frozen=True, slots=True)
class Discovery:
    """The last good list and when it came. `problem` says, for the owner, why the latest try brought none."""

    models: tuple[OfferedModel, ...]
    fetched_at: datetime | None
    problem: str = ""


def list_models(account_id: int, *, refresh: bool = False) -> Discovery:
    """What the account's vendor offers, in its own words and order; never a paid request and never our own table.

    Asked at most once a day, for a local server every ten minutes, unless `refresh`; may then take half a minute.
    """
    account = ProviderAccount.objects.get(pk=account_id)
    adapter = registry.language_adapter(account.provider)
    row = DiscoveredModels.objects.filter(account=account, source=source_of(account)).first()
    now = timezone.now()
    if row is None or refresh or _is_due(row, now, is_local=adapter.is_local):
        row = _ask(account, adapter, row, now)
    return Discovery(row.models, row.fetched_at, row.problem)


def suggest_model(account_id: int) -> str:
    """A model for an owner who chose none: from the vendor's own list, the cheapest one whose facts we know.

    One that goes within 60 days is never suggested. Of a local server, the first it has. Empty when the list cannot be
    had or holds nothing we know: a guess could cost the owner money.
    """
    account = ProviderAccount.objects.get(pk=account_id)
    adapter = registry.language_adapter(account.provider)
    if len(adapter.models) == 1:
        return adapter.models[0].id
    offered = list_models(account_id).models
    if adapter.is_local:
        return offered[0].id if offered else ""
    last_day = (timezone.now() + SOON).date()
    known = [
        (spec, each)
        for each in offered
        if (spec := registry.find_spec(account.provider, each.id))
        and all(day is None or day > last_day for day in (spec.retires_on, each.retires_on))
    ]
    # The first of equals, and of models without a price only when none has one.
    cheapest = min(known, key=lambda pair: _dearness(pair[0]), default=None)
    return cheapest[1].id if cheapest else ""


def _dearness(spec: ModelSpec) -> tuple[bool, float]:
    return (spec.price is None, float(spec.price.input + spec.price.output) if spec.price else 0.0)


def _is_due(row: DiscoveredModels, now: datetime, *, is_local: bool) -> bool:
    if row.problem:
        return now - row.tried_at >= AGAIN_AFTER_FAILURE
    return now - row.tried_at >= (KEPT_FOR_LOCAL if is_local else KEPT_FOR)


def _ask(
    account: ProviderAccount, adapter: LanguageAdapter, row: DiscoveredModels | None, now: datetime
) -> DiscoveredModels:
    """Ask, and keep what came: the list, or the reason why the last one has to do."""
    kept = {"offered": row.offered, "fetched_at": row.fetched_at} if row else {"offered": [], "fetched_at": None}
    try:
        offered = _fetch(account, adapter)
    except (ProviderError, SecretUnreadable) as error:
        news = {**kept, "problem": str(error)}
    else:
        news = {"offered": DiscoveredModels.stored(offered), "fetched_at": now, "problem": ""}
    saved, _ = DiscoveredModels.objects.update_or_create(
        account=account, defaults={**news, "source": source_of(account), "tried_at": now}
    )
    return saved


def _fetch(account: ProviderAccount, adapter: LanguageAdapter) -> list[OfferedModel]:
    key = account.keys.filter(is_enabled=True).first()
    if key is None and adapter.needs_key:
        raise AuthenticationFailed(account.name, "no API key is set up")
    endpoint = Endpoint(
        base_url=account.base_url or adapter.base_url, label=account.name, secret=key.secret.open() if key else ""
    )
    with open_client(account.name, LIMITS) as client:
        return list(adapter.list_models(client, endpoint))
