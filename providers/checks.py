"""A wrong line in a vendor's table of models stops the start, with the line to fix."""

from typing import Any

from django.core.checks import CheckMessage, Error
from django.utils import timezone

from providers import registry


def check_model_tables(**_: Any) -> list[CheckMessage]:
    problems = registry.check_specs(registry.language_adapters(), timezone.localdate())
    return [Error(f"{problem.where}: {problem.message}.", id=problem.id) for problem in problems]
