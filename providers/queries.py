"""Reads for the house about whom it may ask, and with which models."""

from collections.abc import Sequence
from datetime import date, timedelta

from providers import registry

RETIRES_SOON = timedelta(days=60)


def provider_slugs() -> list[str]:
    """The slugs of the language model vendors this version knows."""
    return [slug for slug, _ in registry.provider_choices()]


def known_models(provider: str) -> list[tuple[str, str]]:
    """(id, label) of the models a vendor's file describes; none for a vendor this version does not know."""
    adapter = registry.language_adapters().get(provider)
    return [(spec.id, spec.label or spec.id) for spec in adapter.models] if adapter else []


def model_warnings(provider: str, model: str, today: date) -> Sequence[str]:
    """What the owner should know about this choice of model, a sentence each; nothing when all is well."""
    adapter = registry.language_adapters().get(provider)
    if adapter is None:
        return [f"This version has no provider “{provider}”; choose another."]
    if not model:
        is_obvious = len(adapter.models) == 1
        return [] if is_obvious else [f"No model is chosen; enter one of {adapter.label}'s, or name one on each list."]
    spec = registry.find_spec(provider, model)
    warnings = []
    if not adapter.is_local and (spec is None or spec.price is None):
        unknown = "is not in the table of models, so it is sent as typed and" if spec is None else "has no known price:"
        warnings.append(f"“{model}” {unknown} its cost is not estimated.")
    if spec and spec.retires_on and spec.retires_on - RETIRES_SOON <= today:
        when = "has been retired" if spec.retires_on <= today else "is retired"
        warnings.append(f"“{model}” {when} by {adapter.label} on {spec.retires_on:%-d %B %Y}; choose another model.")
    return warnings
