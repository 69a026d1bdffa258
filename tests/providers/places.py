"""A simulated server for every vendor, in the format that vendor speaks."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass

from providers.contracts import LanguageAdapter
from providers.llm.anthropic import Anthropic
from providers.llm.demo import Demo
from providers.llm.gemini import Gemini
from providers.llm.ollama import Ollama
from providers.registry import language_adapters
from providers.simulators.generate_content import GenerateContentSimulator, SimulatedGemini
from providers.simulators.messages import MessagesSimulator, SimulatedClaude
from providers.simulators.ollama_chat import OllamaSimulator, SimulatedLocalModel
from providers.simulators.openai_chat import SimulatedModel, VendorSimulator
from providers.simulators.scripted import ScriptedVendor
from providers.simulators.server import Request
from providers.wire.openai_chat import OpenAIChat

KEY = "sk-simulated-0011223344"
MODEL = "the-chosen-model"
VENDORS = [adapter for adapter in language_adapters().values() if not isinstance(adapter, Demo)]

_OWN_FORMATS: Mapping[type, tuple[Callable[[], ScriptedVendor], str]] = {
    Anthropic: (lambda: MessagesSimulator([SimulatedClaude(MODEL)], keys=[KEY]), ""),
    Gemini: (lambda: GenerateContentSimulator([SimulatedGemini(MODEL)], keys=[KEY]), "/v1beta"),
    Ollama: (lambda: OllamaSimulator([SimulatedLocalModel(MODEL)], keys=[KEY]), ""),
}


@dataclass(frozen=True)
class Place:
    """A vendor and the server that stands in for it."""

    adapter: LanguageAdapter
    server: ScriptedVendor
    path: str

    @property
    def base_url(self) -> str:
        return f"{self.server.url}{self.path}"

    def asked(self) -> list[Request]:
        """The questions that came, without what else was asked."""
        return [request for request in self.server.seen() if request.method == "POST"]


def place_of(adapter: LanguageAdapter) -> Place:
    """The vendor's place; its server is not started yet. A vendor with a format of its own has to be entered above."""
    if isinstance(adapter, OpenAIChat):
        return Place(adapter, VendorSimulator([SimulatedModel(MODEL)], keys=[KEY]), "/v1")
    make, path = _OWN_FORMATS[type(adapter)]
    return Place(adapter, make(), path)


def model_of(request: Request) -> str:
    """The model a question was put to: in the body, or at Google in the address."""
    named = request.json().get("model")
    return str(named or request.path.rpartition("/")[2].partition(":")[0])


def key_of(request: Request) -> str:
    """The key a question brought, in whichever header its vendor wants it."""
    headers = request.headers
    return (
        headers.get("x-api-key")
        or headers.get("x-goog-api-key")
        or headers.get("authorization", "").removeprefix("Bearer ")
    )
