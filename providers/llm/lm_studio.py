"""LM Studio on the owner's own machine. It holds answers to a JSON Schema but knows no plain JSON mode."""

from providers.contracts import Structure
from providers.wire.openai_chat import OpenAIChat


class LMStudio(OpenAIChat):
    slug = "lm_studio"
    label = "LM Studio"
    base_url = "http://localhost:1234/v1"
    needs_key = False
    is_local = True
    structure = Structure.JSON_SCHEMA
    structures = frozenset({Structure.JSON_SCHEMA, Structure.TEXT})


adapter = LMStudio()
