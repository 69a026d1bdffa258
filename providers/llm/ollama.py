"""Ollama on the owner's own machine.

Below 24 GiB of graphics memory it gives a model 4,096 tokens of context and silently forgets the beginning of anything
longer. Its OpenAI-compatible door, which we use, cannot ask for more: the owner sets `OLLAMA_CONTEXT_LENGTH` on the
server, and the account's context window to the same number.
"""

from providers.contracts import Structure
from providers.wire.openai_chat import OpenAIChat


class Ollama(OpenAIChat):
    slug = "ollama"
    label = "Ollama"
    base_url = "http://localhost:11434/v1"
    needs_key = False
    is_local = True
    structure = Structure.JSON_SCHEMA


adapter = Ollama()
