"""Finds the adapters: one module per slug."""

import pkgutil

from providers import llm


def provider_choices() -> list[tuple[str, str]]:
    """The slugs that exist, for choosing one."""
    return [(module.name, module.name) for module in pkgutil.iter_modules(llm.__path__)]
