"""Any other server that speaks OpenAI's chat completions; its address is the owner's to give.

Nothing is known of how it takes a form (llama-cpp-python answers a JSON Schema with a 500), so none is asked for unless
the account says so.
"""

from providers.wire.openai_chat import OpenAIChat


class OpenAICompatible(OpenAIChat):
    slug = "openai_compatible"
    label = "OpenAI-compatible server"
    base_url = ""
    needs_key = False


adapter = OpenAICompatible()
