"""Puts the owner's wish for thinking into the words of vendors that know levels of effort instead of tokens."""

from collections.abc import Iterable

from providers.contracts import ModelSpec, Thinking, ThinkingMode

_LOW, _MEDIUM = 2048, 8192


def effort(thinking: Thinking, least: str) -> str:
    """low, medium or high, `least` for off, and nothing for the vendor's own default."""
    if thinking.mode is ThinkingMode.AUTO:
        return ""
    if thinking.mode is ThinkingMode.OFF:
        return least
    budget = thinking.budget_tokens
    if budget is None:
        return "medium"
    return "low" if budget <= _LOW else "medium" if budget <= _MEDIUM else "high"


def spec_of(models: Iterable[ModelSpec], model: str) -> ModelSpec:
    """What a vendor's own table says about a model; an empty spec for one it does not list."""
    return next((spec for spec in models if model == spec.id or model in spec.aliases), ModelSpec(model))
