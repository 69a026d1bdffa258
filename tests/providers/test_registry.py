"""Vendors are found, not listed; their tables are checked."""

import subprocess
import sys
from collections.abc import Sequence
from dataclasses import replace
from datetime import date
from decimal import Decimal
from pathlib import Path

import pytest

from providers import llm
from providers.contracts import ModelSpec, Price, Structure
from providers.registry import (
    check_specs,
    find_spec,
    guard_defaults,
    language_adapter,
    language_adapters,
    provider_choices,
    table_version,
)
from providers.wire.openai_chat import OpenAIChat

TODAY = date(2026, 11, 21)
PRICE = Price(Decimal(1), Decimal(2), date(2026, 11, 1))


def vendor(*models: ModelSpec, structures: frozenset[Structure] = frozenset(Structure)) -> OpenAIChat:
    class Acme(OpenAIChat):
        slug = "acme"
        label = "Acme"
        base_url = "https://api.acme.example"

    Acme.models = models
    Acme.structures = structures
    return Acme()


def ids_of(adapter: OpenAIChat) -> Sequence[str]:
    return [problem.id for problem in check_specs({"acme": adapter}, TODAY)]


def test_the_vendors_of_this_release_are_found_by_their_file_names() -> None:
    assert {
        "demo", "anthropic", "gemini",
        "openai", "groq", "deepseek", "openrouter", "perplexity", "lm_studio", "ollama", "openai_compatible",
    } <= language_adapters().keys()  # fmt: skip
    assert all(adapter.slug == slug for slug, adapter in language_adapters().items())


def test_a_new_vendor_file_is_picked_up_with_no_other_edit(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    lines = [
        '"""Acme."""',
        "from providers.wire.openai_chat import OpenAIChat",
        "class Acme(OpenAIChat):",
        '    slug = "acme"',
        '    label = "Acme"',
        '    base_url = "https://api.acme.example/v1"',
        "adapter = Acme()",
    ]
    (tmp_path / "acme.py").write_text("\n".join(lines))
    monkeypatch.setattr(llm, "__path__", [*llm.__path__, str(tmp_path)])
    monkeypatch.delitem(sys.modules, "providers.llm.acme", raising=False)
    before = table_version()
    language_adapters.cache_clear()
    table_version.cache_clear()
    try:
        assert ("acme", "Acme") in provider_choices()
        assert language_adapter("acme").base_url == "https://api.acme.example/v1"
        assert table_version() != before
    finally:
        sys.modules.pop("providers.llm.acme", None)
        language_adapters.cache_clear()
        table_version.cache_clear()


def test_an_unknown_vendor_is_refused_with_the_names_there_are() -> None:
    with pytest.raises(LookupError, match=r"no provider 'acme'; there are .*demo"):
        language_adapter("acme")


def test_a_model_is_found_by_its_exact_id_and_never_by_a_prefix() -> None:
    luna = find_spec("openai", "gpt-6-luna")

    assert luna is not None
    assert luna.price is not None
    assert (luna.price.input, luna.price.output) == (Decimal("0.10"), Decimal("0.50"))
    assert find_spec("openai", "gpt-6-luna-2099-01-01") is None
    assert find_spec("openai", "gpt-6") is None


def test_an_alias_leads_to_its_model(monkeypatch: pytest.MonkeyPatch) -> None:
    adapter = language_adapter("openai")
    monkeypatch.setattr(type(adapter), "models", (ModelSpec("long-id-2026", aliases=("short",)),))

    assert find_spec("openai", "short") == ModelSpec("long-id-2026", aliases=("short",))


def test_dying_models_say_when() -> None:
    for slug, model, day in [
        ("openai", "gpt-5-mini", date(2026, 12, 11)),
        ("openai", "gpt-4o", date(2027, 1, 14)),
        ("deepseek", "deepseek-chat", date(2026, 7, 24)),
    ]:
        spec = find_spec(slug, model)
        assert spec is not None
        assert spec.retires_on == day


def test_the_tables_of_this_release_are_sound() -> None:
    assert check_specs(language_adapters(), date(2026, 11, 1)) == []


@pytest.mark.parametrize(
    ("models", "ids"),
    [
        ([ModelSpec("a"), ModelSpec("a")], ["providers.E003"]),
        ([ModelSpec("a", aliases=("x",)), ModelSpec("b", aliases=("x",))], ["providers.E003"]),
        ([ModelSpec("a", aliases=("b",)), ModelSpec("b")], ["providers.E003"]),
        ([ModelSpec("")], ["providers.E002"]),
        ([ModelSpec("a", aliases=(" ",))], ["providers.E002"]),
        ([ModelSpec("a", context_window=0)], ["providers.E005"]),
        ([ModelSpec("a", context_window=100, max_output=101)], ["providers.E006"]),
        ([ModelSpec("a", price=replace(PRICE, output=Decimal(-1)))], ["providers.E007"]),
        ([ModelSpec("a", price=replace(PRICE, cached_input=Decimal(3)))], ["providers.E008"]),
        ([ModelSpec("a", price=replace(PRICE, read_on=date(2026, 11, 22)))], ["providers.E009"]),
        ([ModelSpec("a", least_thinking="none")], ["providers.E010"]),
        ([ModelSpec("a", takes_thinking_budget=True)], ["providers.E010"]),
        ([ModelSpec("a", can_think=True, least_thinking="none", takes_thinking_budget=True)], []),
        ([ModelSpec("a", price=replace(PRICE, until=date(2026, 10, 31)))], ["providers.E011"]),
        ([ModelSpec("a", price=replace(PRICE, cache_write=Decimal(-1)))], ["providers.E007"]),
        ([ModelSpec("a", price=PRICE, context_window=100, max_output=100)], []),
    ],
)
def test_faults_in_a_table_are_named(models: list[ModelSpec], ids: list[str]) -> None:
    assert ids_of(vendor(*models)) == ids


def test_a_form_the_vendor_does_not_offer_is_a_fault() -> None:
    spec = ModelSpec("a", structure=Structure.JSON_SCHEMA)

    assert ids_of(vendor(spec, structures=frozenset({Structure.TEXT}))) == ["providers.E004"]


def test_a_slug_that_is_not_its_file_name_is_a_fault() -> None:
    (problem,) = check_specs({"other": vendor()}, TODAY)

    assert (problem.id, problem.where) == ("providers.E001", "providers/llm/other.py")


def test_a_fault_says_where_it_is() -> None:
    (problem,) = check_specs({"acme": vendor(ModelSpec("a"), ModelSpec("a"))}, TODAY)

    assert problem.where == "providers/llm/acme.py, model 'a'"


def test_importing_the_registry_imports_no_vendor() -> None:
    code = "import sys, providers.registry; print([name for name in sys.modules if name.startswith('providers.llm.')])"

    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)

    assert done.stdout.strip() == "[]"


@pytest.mark.parametrize(
    ("slug", "failures", "open_seconds", "per_minute", "at_once"),
    [("groq", 5, 30, 30, 4), ("gemini", 3, 60, 60, 4), ("openai", 5, 60, 500, 4), ("ollama", 5, 60, 60, 1)],
)
def test_each_vendor_is_guarded_as_its_own_file_says(
    slug: str, failures: int, open_seconds: int, per_minute: int, at_once: int
) -> None:
    defaults = guard_defaults(slug)

    assert (defaults.failures_in_a_row, defaults.open_for.total_seconds()) == (failures, open_seconds)
    assert (defaults.requests_per_minute, defaults.calls_at_once) == (per_minute, at_once)
