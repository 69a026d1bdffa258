"""The only door to the far side: complete a prompt, open a library, open the catalog."""

from providers.gateway.catalog import CatalogUnavailable, OpenCatalog, open_catalog
from providers.gateway.completion import Answer, ChosenModel, Question, choose_model, complete
from providers.gateway.library import OpenLibrary, open_library

__all__ = [
    "Answer",
    "CatalogUnavailable",
    "ChosenModel",
    "OpenCatalog",
    "OpenLibrary",
    "Question",
    "choose_model",
    "complete",
    "open_catalog",
    "open_library",
]
