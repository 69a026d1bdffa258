"""Which model an account means, and all that is known about it."""

from django.utils import timezone

from providers import registry
from providers.contracts import ChosenModel, ModelSpec, Structure
from providers.gateway.discovery import suggest_model
from providers.models import ProviderAccount
from providers.queries import known_spec


def choose_model(account_id: int, model: str) -> ChosenModel:
    """The facts about a model of an account: the owner's row first, then the vendor's file, then the vendor's list.

    Without a model chosen it is one that the vendor's own list offers; that may ask for the list.
    """
    account = ProviderAccount.objects.get(pk=account_id)
    adapter = registry.language_adapter(account.provider)
    name = model or account.model or suggest_model(account_id)
    spec = known_spec(account, name) or ModelSpec(id=name, structure=adapter.structure)
    price = spec.price if spec.price and spec.price.holds_on(timezone.localdate()) else None
    return ChosenModel(
        provider=account.provider,
        label=account.name,
        model=name,
        is_local=adapter.is_local,
        context_window=account.context_window if account.context_window is not None else spec.context_window,
        max_output=account.max_output_tokens if account.max_output_tokens is not None else spec.max_output,
        structure=Structure(account.structure) if account.structure else spec.structure,
        shares=account.shares,
        allows_text_fallback=account.allows_text_fallback,
        price=price,
        table_version=registry.table_version(),
    )
