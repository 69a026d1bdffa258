"""Finds the vendors: one module in `providers/llm` per slug, each with an `adapter`. Nothing else lists them."""

import hashlib
import importlib
import pkgutil
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from datetime import date
from functools import cache
from types import MappingProxyType

from providers import llm
from providers.contracts import GuardDefaults, LanguageAdapter, ModelSpec, Price, Structure


@dataclass(frozen=True, slots=True)
class SpecProblem:
    """A fault in the table of models; `where` names the file and the line to fix by its id."""

    id: str
    message: str
    where: str


@cache
def language_adapters() -> Mapping[str, LanguageAdapter]:
    """All vendors by slug, in the order of their labels."""
    found = {
        module.name: importlib.import_module(f"{llm.__name__}.{module.name}").adapter
        for module in pkgutil.iter_modules(llm.__path__)
    }
    return MappingProxyType(dict(sorted(found.items(), key=lambda item: item[1].label.lower())))


def language_adapter(slug: str) -> LanguageAdapter:
    """The vendor of that slug. Raises LookupError naming the ones there are."""
    try:
        return language_adapters()[slug]
    except KeyError:
        raise LookupError(f"no provider {slug!r}; there are {', '.join(sorted(language_adapters()))}") from None


def provider_choices() -> list[tuple[str, str]]:
    """(slug, label) of every vendor, for a form's choices."""
    return [(slug, adapter.label) for slug, adapter in language_adapters().items()]


def find_spec(slug: str, model: str) -> ModelSpec | None:
    """What the vendor's file says about a model, by its id or an alias; None when it says nothing, never a guess."""
    specs = language_adapter(slug).models
    return next((spec for spec in specs if model == spec.id or model in spec.aliases), None)


def guard_defaults(slug: str) -> GuardDefaults:
    """How carefully the vendor's models are called, from its own file; a vendor that says nothing gets the usual."""
    said: GuardDefaults = getattr(language_adapter(slug), "guard_defaults", GuardDefaults())
    if said.calls_at_once is not None:
        return said
    return replace(said, calls_at_once=1 if language_adapter(slug).is_local else 4)


@cache
def table_version() -> str:
    """A short digest of every spec of every vendor; stamped on runs."""
    lines = "\n".join(f"{slug} {adapter.models!r}" for slug, adapter in sorted(language_adapters().items()))
    return hashlib.sha256(lines.encode()).hexdigest()[:12]


def check_specs(adapters: Mapping[str, LanguageAdapter], today: date) -> list[SpecProblem]:
    """Faults in the tables of these vendors, for the start-up check."""
    return [problem for slug, adapter in adapters.items() for problem in _check_vendor(slug, adapter, today)]


def _check_vendor(slug: str, adapter: LanguageAdapter, today: date) -> Iterator[SpecProblem]:
    where = f"providers/llm/{slug}.py"
    if adapter.slug != slug:
        yield SpecProblem("providers.E001", f"the file is {slug}.py but its slug is {adapter.slug!r}", where)
    names: dict[str, str] = {}
    for spec in adapter.models:
        line = f"{where}, model {spec.id!r}"
        for name in (spec.id, *spec.aliases):
            if not name.strip():
                yield SpecProblem("providers.E002", "a model id or alias is empty", line)
            elif name in names:
                yield SpecProblem("providers.E003", f"{name!r} already stands for {names[name]!r}", line)
            names.setdefault(name, spec.id)
        yield from _check_spec(spec, adapter, today, line)


def _check_spec(spec: ModelSpec, adapter: LanguageAdapter, today: date, line: str) -> Iterator[SpecProblem]:
    offered = getattr(adapter, "structures", frozenset(Structure))
    if spec.structure not in offered:
        yield SpecProblem("providers.E004", f"{spec.structure.value} is not offered by {adapter.label}", line)
    for name, count in (("context window", spec.context_window), ("output limit", spec.max_output)):
        if count is not None and count <= 0:
            yield SpecProblem("providers.E005", f"the {name} is {count}", line)
    if spec.context_window is not None and spec.max_output is not None and spec.max_output > spec.context_window:
        yield SpecProblem("providers.E006", "the output limit is larger than the context window", line)
    if not spec.can_think and (spec.least_thinking or spec.takes_thinking_budget):
        yield SpecProblem("providers.E010", "it says how to think, but not that it can", line)
    if spec.price is not None:
        yield from _check_price(spec.price, today, line)


def _check_price(price: Price, today: date, line: str) -> Iterator[SpecProblem]:
    amounts = (price.input, price.output, price.cached_input or 0, price.cache_write or 0)
    if any(amount < 0 for amount in amounts):
        yield SpecProblem("providers.E007", "a price is negative", line)
    if price.cached_input is not None and price.cached_input > price.input:
        yield SpecProblem("providers.E008", "cached input costs more than fresh input", line)
    if price.until is not None and price.until < price.read_on:
        yield SpecProblem("providers.E011", f"its price ended on {price.until}, before it was read", line)
    if price.read_on > today:
        yield SpecProblem("providers.E009", f"its price was read on {price.read_on}, which is in the future", line)
