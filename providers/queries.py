"""Reads for the house about whom it may ask."""

from providers import registry


def provider_slugs() -> list[str]:
    """The slugs of the language model vendors this version knows."""
    return [slug for slug, _ in registry.provider_choices()]
