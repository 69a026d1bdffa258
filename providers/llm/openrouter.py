"""OpenRouter, a gateway to hundreds of models.

Its own list of models says window, price and structured output of each, so none is written down here. Usage and cost
come with every answer unasked. Once a stream has begun, errors arrive inside it with status 200.
"""

from collections.abc import Mapping
from typing import Any, ClassVar

from providers.contracts import ModelSpec, Structure, Thinking, ThinkingMode
from providers.wire.openai_chat import OpenAIChat
from providers.wire.thinking import effort


class OpenRouter(OpenAIChat):
    slug = "openrouter"
    label = "OpenRouter"
    base_url = "https://openrouter.ai/api/v1"
    structure = Structure.JSON_OBJECT
    asks_for_usage = False
    extra_headers: ClassVar[Mapping[str, str]] = {"X-Title": "Brainarr"}

    def thinking(self, thinking: Thinking, spec: ModelSpec) -> dict[str, Any]:
        """Put into each model's own words by them (openrouter.ai/docs/use-cases/reasoning-tokens).

        The caller asks only of models whose entry in their list names reasoning.
        """
        if thinking.mode is ThinkingMode.ON and thinking.budget_tokens is not None:
            return {"reasoning": {"max_tokens": thinking.budget_tokens}}
        word = effort(thinking, least="none")
        return {"reasoning": {"effort": word}} if word else {}


adapter = OpenRouter()
