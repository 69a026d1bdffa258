"""A wrong line in a vendor's table stops the start."""

import pytest
from django.core.management import call_command
from django.core.management.base import SystemCheckError

from providers.contracts import ModelSpec
from providers.registry import language_adapter


def test_the_tables_of_this_release_let_it_start() -> None:
    call_command("check")


def test_a_wrong_line_stops_the_start_and_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(type(language_adapter("groq")), "models", (ModelSpec("a"), ModelSpec("a")))

    with pytest.raises(SystemCheckError, match=r"providers\.E003.*providers/llm/groq\.py, model 'a'"):
        call_command("check")
