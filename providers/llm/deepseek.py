"""DeepSeek.

JSON mode only, and it may answer with nothing. Prices are those of their peak hours; outside them it is half
(api-docs.deepseek.com/quick_start/pricing). While a request waits they send blank lines and keep-alive comments, and
thoughts arrive in a field of their own, which we only take as a sign of life.
"""

from datetime import date
from decimal import Decimal
from typing import Any

from providers.contracts import ModelSpec, Price, Structure, Thinking, ThinkingMode
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

    def thinking(self, thinking: Thinking, spec: ModelSpec) -> dict[str, Any]:
        """Off or on; how much cannot be said in tokens (api-docs.deepseek.com/guides/thinking_mode)."""
        if not spec.can_think or thinking.mode is ThinkingMode.AUTO:
            return {}
        return {"thinking": {"type": "enabled" if thinking.mode is ThinkingMode.ON else "disabled"}}


adapter = DeepSeek()
