"""The only door to the far side: complete a prompt, list the models, open a library, open the catalog."""

from providers.gateway.catalog import CatalogUnavailable, OpenCatalog, open_catalog
from providers.gateway.completion import Answer, Question, choose_model, complete
from providers.gateway.discovery import Discovery, list_models, suggest_model
from providers.gateway.ledger import calls_of, forget_words
from providers.gateway.library import OpenLibrary, open_library
from providers.gateway.local_servers import find_local_servers
from providers.music.musicbrainz import is_special_purpose

__all__ = [
    "Answer",
    "CatalogUnavailable",
    "Discovery",
    "OpenCatalog",
    "OpenLibrary",
    "Question",
    "calls_of",
    "choose_model",
    "complete",
    "find_local_servers",
    "forget_words",
    "is_special_purpose",
    "list_models",
    "open_catalog",
    "open_library",
    "suggest_model",
]
