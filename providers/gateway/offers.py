"""The door to the vendors' own lists of models: asked for by hand, and remembered for a while."""

from collections.abc import Sequence
from datetime import timedelta
from functools import partial

from django.core.cache import cache

from providers import registry
from providers.contracts import Endpoint, OfferedModel
from providers.errors import AuthenticationFailed
from providers.gateway.reader import call_aside
from providers.http import Limits, open_client
from providers.models import ProviderAccount

# Somebody waits in front of a page.
LIMITS = Limits(
    connect=timedelta(seconds=10),
    first_token=timedelta(seconds=15),
    idle=timedelta(seconds=10),
    total=timedelta(seconds=20),
)
REMEMBERED_FOR = timedelta(hours=24)
# A local server's models change whenever its owner loads another.
LOCAL_REMEMBERED_FOR = timedelta(minutes=10)


def list_models(account_id: int) -> Sequence[OfferedModel]:
    """The models the account's vendor offers, in the vendor's own words and order; never a paid request.

    Raises ProviderError, and vault.SecretUnreadable when the stored key does not open.
    """
    account = ProviderAccount.objects.get(pk=account_id)
    adapter = registry.language_adapter(account.provider)
    key = account.keys.filter(is_enabled=True).first()
    if key is None and adapter.needs_key:
        raise AuthenticationFailed(account.name, "no API key is set up")
    endpoint = Endpoint(
        base_url=account.base_url or adapter.base_url, label=account.name, secret=key.secret.open() if key else ""
    )
    with open_client(account.name, LIMITS) as client:
        request = partial(adapter.list_models, client, endpoint)
        offered = call_aside(request, provider=account.name, limits=LIMITS, abort=client.abort, tick=lambda: None)
    kept_for = LOCAL_REMEMBERED_FOR if adapter.is_local else REMEMBERED_FOR
    cache.set(_place(account_id), tuple(offered), kept_for.total_seconds())
    return offered


def remembered_models(account_id: int) -> Sequence[OfferedModel]:
    """What `list_models` last brought for this account; empty when it has not been asked, or too long ago."""
    offered: Sequence[OfferedModel] = cache.get(_place(account_id), ())
    return offered


def forget_models(account_id: int) -> None:
    """What was remembered may not hold for the account's new address, key or vendor."""
    cache.delete(_place(account_id))


def _place(account_id: int) -> str:
    return f"offered-models-{account_id}"
