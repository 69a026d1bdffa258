"""OpenAI.

Requests above 272,000 input tokens cost more than listed here (twice the input, 1.5 times the output); ours stay far
below. Temperature is left out for the GPT-5 and GPT-6 families: they refuse it while they think, which is the default.
"""

from datetime import date
from decimal import Decimal

from providers.contracts import GuardDefaults, ModelSpec, Price, Structure
from providers.wire.openai_chat import OpenAIChat


def _gpt6(id: str, label: str, input: str, output: str, cached: str) -> ModelSpec:
    """Window and output limit: developers.openai.com/api/docs/models."""
    return ModelSpec(
        id,
        label,
        context_window=1_050_000,
        max_output=128_000,
        structure=Structure.JSON_SCHEMA,
        accepts_temperature=False,
        can_think=True,
        least_thinking="none",
        price=Price(Decimal(input), Decimal(output), date(2026, 11, 1), Decimal(cached)),
    )


def _gpt5(id: str, label: str) -> ModelSpec:
    return ModelSpec(
        id,
        label,
        structure=Structure.JSON_SCHEMA,
        accepts_temperature=False,
        can_think=True,
        least_thinking="minimal",
        retires_on=date(2026, 12, 11),
    )


def _gpt4(id: str, label: str) -> ModelSpec:
    return ModelSpec(id, label, structure=Structure.JSON_SCHEMA, retires_on=date(2027, 1, 14))


class OpenAI(OpenAIChat):
    slug = "openai"
    label = "OpenAI"
    base_url = "https://api.openai.com/v1"
    structure = Structure.JSON_SCHEMA
    output_limit_field = "max_completion_tokens"
    guard_defaults = GuardDefaults(requests_per_minute=500)
    models = (
        _gpt6("gpt-6-luna", "GPT-6 Luna", "0.10", "0.50", "0.01"),
        _gpt6("gpt-6.1-sol", "GPT-6.1 Sol", "2", "10", "0.10"),
        _gpt6("gpt-6-sol", "GPT-6 Sol", "2", "10", "0.20"),
        _gpt6("gpt-6-astra", "GPT-6 Astra", "10", "50", "1"),
        _gpt6("gpt-5.6-luna", "GPT-5.6 Luna", "0.20", "1.20", "0.02"),
        _gpt5("gpt-5", "GPT-5"),
        _gpt5("gpt-5-mini", "GPT-5 mini"),
        _gpt5("gpt-5-nano", "GPT-5 nano"),
        _gpt4("gpt-4o", "GPT-4o"),
        _gpt4("gpt-4o-mini", "GPT-4o mini"),
        _gpt4("gpt-4.1", "GPT-4.1"),
        _gpt4("gpt-4.1-mini", "GPT-4.1 mini"),
    )


adapter = OpenAI()
