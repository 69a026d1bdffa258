"""The only door to the far side: complete a prompt, list the models, open a library, open the catalog."""

from providers.gateway.catalog import CatalogUnavailable, OpenCatalog, open_catalog
from providers.gateway.completion import Answer, Question, choose_model, complete
from providers.gateway.ledger import forget_words
from providers.gateway.library import OpenLibrary, open_library
from providers.gateway.offers import forget_models, list_models, remembered_models
from providers.music.musicbrainz import is_special_purpose

__all__ = [
    "Answer",
    "CatalogUnavailable",
    "OpenCatalog",
    "OpenLibrary",
    "Question",
    "choose_model",
    "complete",
    "forget_models",
    "forget_words",
    "is_special_purpose",
    "list_models",
    "open_catalog",
    "open_library",
    "remembered_models",
]
