"""Groq.

They refuse a stream that is held to a form (console.groq.com/docs/structured-outputs), so a structured answer is asked
for in one piece; at their speed that costs a second or two of silence.
"""

from datetime import date, timedelta
from decimal import Decimal

from providers.contracts import GuardDefaults, ModelSpec, Price, Structure
from providers.wire.openai_chat import OpenAIChat


def _gpt_oss(id: str, label: str, input: str, output: str) -> ModelSpec:
    """Window and output limit: console.groq.com/docs/models."""
    return ModelSpec(
        id,
        label,
        context_window=131_072,
        max_output=65_536,
        structure=Structure.JSON_SCHEMA,
        can_think=True,
        least_thinking="low",
        price=Price(Decimal(input), Decimal(output), date(2026, 11, 1)),
    )


class Groq(OpenAIChat):
    slug = "groq"
    label = "Groq"
    base_url = "https://api.groq.com/openai/v1"
    structure = Structure.JSON_OBJECT
    output_limit_field = "max_completion_tokens"
    streams_structured = False
    guard_defaults = GuardDefaults(open_for=timedelta(seconds=30), requests_per_minute=30)
    models = (
        _gpt_oss("openai/gpt-oss-20b", "GPT-OSS 20B", "0.075", "0.30"),
        _gpt_oss("openai/gpt-oss-120b", "GPT-OSS 120B", "0.15", "0.60"),
        ModelSpec(
            "qwen/qwen3.8-27b",
            "Qwen 3.8 27B",
            structure=Structure.JSON_OBJECT,
            can_think=True,
            least_thinking="none",
        ),
    )


adapter = Groq()
