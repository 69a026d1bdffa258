"""DeepSeek.

JSON mode only, and it may answer with nothing. Prices are those of their peak hours; outside them it is half
(api-docs.deepseek.com/quick_start/pricing). While a request waits they send blank lines and keep-alive comments.
"""

from datetime import date
from decimal import Decimal

from providers.contracts import ModelSpec, Price, Structure
from providers.wire.openai_chat import OpenAIChat


def _spec(id: str, label: str, input: str, output: str) -> ModelSpec:
    return ModelSpec(
        id,
        label,
        context_window=1_000_000,
        max_output=384_000,
        structure=Structure.JSON_OBJECT,
        can_think=True,
        price=Price(Decimal(input), Decimal(output), date(2026, 11, 1)),
    )


class DeepSeek(OpenAIChat):
    slug = "deepseek"
    label = "DeepSeek"
    base_url = "https://api.deepseek.com"
    structure = Structure.JSON_OBJECT
    structures = frozenset({Structure.JSON_OBJECT, Structure.TEXT})
    models = (
        _spec("deepseek-flash", "DeepSeek Flash", "0.30", "1.20"),
        _spec("deepseek-v4-pro", "DeepSeek V4 Pro", "1.32", "3.96"),
        ModelSpec("deepseek-chat", "DeepSeek Chat", structure=Structure.JSON_OBJECT, retires_on=date(2026, 7, 24)),
        ModelSpec(
            "deepseek-reasoner", "DeepSeek Reasoner", structure=Structure.JSON_OBJECT, retires_on=date(2026, 7, 24)
        ),
    )


adapter = DeepSeek()
