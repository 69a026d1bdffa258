"""Any other server that speaks OpenAI's chat completions; its address is the owner's to give."""

from providers.wire.openai_chat import OpenAIChat


class OpenAICompatible(OpenAIChat):
    slug = "openai_compatible"
    label = "OpenAI-compatible server"
    base_url = ""
    needs_key = False


adapter = OpenAICompatible()
