"""Perplexity, whose models search the web and name their sources.

No price is listed: beside tokens they charge for every request, and each answer reports its own cost. Usage comes with
every chunk unasked. Windows and output limit: docs.perplexity.ai.
"""

from providers.contracts import ModelSpec, Structure
from providers.wire.openai_chat import OpenAIChat


class Perplexity(OpenAIChat):
    slug = "perplexity"
    label = "Perplexity"
    base_url = "https://api.perplexity.ai"
    structure = Structure.JSON_SCHEMA
    asks_for_usage = False
    structures = frozenset({Structure.JSON_SCHEMA, Structure.TEXT})
    models = (
        ModelSpec("sonar", "Sonar", context_window=128_000, structure=Structure.JSON_SCHEMA),
        ModelSpec("sonar-pro", "Sonar Pro", context_window=200_000, max_output=8_000, structure=Structure.JSON_SCHEMA),
    )


adapter = Perplexity()
