"""Reads for the house about whom it may ask, and with which models."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, datetime, timedelta

from providers import registry
from providers.contracts import ModelKey, ModelSpec, OfferedModel
from providers.models import DiscoveredModels, ProviderAccount

SOON = timedelta(days=60)


@dataclass(frozen=True, slots=True)
class Retirement:
    """A model in use whose vendor has named its last day, which may have passed."""

    account_id: int
    account: str
    model: str
    retires_on: date


def source_of(account: ProviderAccount) -> str:
    """Whom an account's list of models comes from."""
    return f"{account.provider} {account.base_url}"


def discovered_models(account: ProviderAccount) -> tuple[OfferedModel, ...]:
    """The account's last good list of models, however old; empty when it has none."""
    row = DiscoveredModels.objects.filter(account=account, source=source_of(account)).first()
    return row.models if row else ()


def known_spec(account: ProviderAccount, model: str) -> ModelSpec | None:
    """What the vendor's file says of a model, else what the vendor's own list said; None when neither says anything."""
    if spec := registry.find_spec(account.provider, model):
        return spec
    adapter = registry.language_adapter(account.provider)
    offered = next((each for each in discovered_models(account) if each.id == model), None)
    if offered is None:
        return None
    return ModelSpec(
        id=model,
        label=offered.label,
        # A model on the owner's machine may hold far more than the machine does.
        context_window=None if adapter.is_local else offered.context_window,
        max_output=offered.max_output,
        structure=offered.structure or adapter.structure,
        can_think=offered.can_think,
        price=offered.price,
        retires_on=offered.retires_on,
    )


def retirement_of(account: ProviderAccount, model: str) -> date | None:
    """A model's last day as its vendor names it: in its list, which is the fresher, else in our table."""
    offered = next((each for each in discovered_models(account) if each.id == model), None)
    if offered and offered.retires_on:
        return offered.retires_on
    spec = registry.find_spec(account.provider, model)
    return spec.retires_on if spec else None


def retiring_soon(now: datetime, chosen: Iterable[ModelKey] = ()) -> list[Retirement]:
    """Models in use that go within 60 days or are gone, first to go first.

    In use are the accounts' own models and those `chosen` elsewhere, such as for a list.
    """
    accounts = {account.pk: account for account in ProviderAccount.objects.filter(is_enabled=True)}
    used = {(account.pk, account.model) for account in accounts.values()}
    used |= {(key.account_id, key.model) for key in chosen if key.account_id in accounts}
    found = []
    for account_id, model in used:
        account = accounts[account_id]
        is_known = bool(model) and account.provider in registry.language_adapters()
        last_day = retirement_of(account, model) if is_known else None
        if last_day and last_day <= (now + SOON).date():
            found.append(Retirement(account_id, account.name, model, last_day))
    return sorted(found, key=lambda each: (each.retires_on, each.account, each.model))


def provider_slugs() -> list[str]:
    """The slugs of the language model vendors this version knows."""
    return [slug for slug, _ in registry.provider_choices()]


def known_models(provider: str) -> list[tuple[str, str]]:
    """(id, label) of the models a vendor's file describes; none for a vendor this version does not know."""
    adapter = registry.language_adapters().get(provider)
    return [(spec.id, spec.label or spec.id) for spec in adapter.models] if adapter else []


def model_warnings(account: ProviderAccount, model: str, today: date) -> list[str]:
    """What the owner should know about asking this model, a sentence each; nothing when all is well."""
    adapter = registry.language_adapters().get(account.provider)
    if adapter is None:
        return [f"This version has no provider “{account.provider}”; choose another."]
    if not model:
        if adapter.is_local or len(adapter.models) == 1:
            return []
        return [
            f"No model is chosen, so the cheapest known one of {adapter.label}'s own list is used; better enter one."
        ]
    spec = known_spec(account, model)
    warnings = []
    if not adapter.is_local and (spec is None or spec.price is None):
        unknown = "is not a model we know, so it is sent as typed and" if spec is None else "has no known price:"
        warnings.append(f"“{model}” {unknown} its cost is not estimated.")
    last_day = retirement_of(account, model)
    if last_day and last_day - SOON <= today:
        when = "has been retired" if last_day <= today else "is retired"
        warnings.append(f"“{model}” {when} by {adapter.label} on {last_day:%-d %B %Y}; choose another model.")
    return warnings
