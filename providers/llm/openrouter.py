"""OpenRouter, a gateway to hundreds of models.

Its own list of models says window, price and structured output of each, so none is written down here. Usage and cost
come with every answer unasked. Once a stream has begun, errors arrive inside it with status 200.
"""

from collections.abc import Mapping
from typing import ClassVar

from providers.contracts import Structure
from providers.wire.openai_chat import OpenAIChat


class OpenRouter(OpenAIChat):
    slug = "openrouter"
    label = "OpenRouter"
    base_url = "https://openrouter.ai/api/v1"
    structure = Structure.JSON_OBJECT
    asks_for_usage = False
    extra_headers: ClassVar[Mapping[str, str]] = {"X-Title": "Brainarr"}


adapter = OpenRouter()
