"""The only door to the far side: complete a prompt, list models, open library and catalog, stay with the chosen."""

from providers.gateway.catalog import CatalogUnavailable, OpenCatalog, open_catalog
from providers.gateway.choosing import choose_model
from providers.gateway.completion import Answer, Question, complete
from providers.gateway.decisions import (
    Alternative,
    DecisionRefused,
    Option,
    alternatives,
    decide,
    open_request,
    open_requests,
    pending_decision,
    record_fallback,
)
from providers.gateway.discovery import Discovery, list_models, suggest_model
from providers.gateway.ledger import calls_of, forget_words
from providers.gateway.library import OpenLibrary, open_library
from providers.gateway.local_servers import find_local_servers
from providers.gateway.lock import (
    Locked,
    Release,
    asked_accounts,
    create_lock,
    is_stall,
    record_hard_error,
    release_lock,
)
from providers.gateway.statistics import ProviderStatistics, statistics
from providers.gateway.upkeep import look_after
from providers.models.lock import Decision, FallbackRequest
from providers.music.musicbrainz import is_special_purpose

__all__ = [
    "Alternative",
    "Answer",
    "CatalogUnavailable",
    "Decision",
    "DecisionRefused",
    "Discovery",
    "FallbackRequest",
    "Locked",
    "OpenCatalog",
    "OpenLibrary",
    "Option",
    "ProviderStatistics",
    "Question",
    "Release",
    "alternatives",
    "asked_accounts",
    "calls_of",
    "choose_model",
    "complete",
    "create_lock",
    "decide",
    "find_local_servers",
    "forget_words",
    "is_special_purpose",
    "is_stall",
    "list_models",
    "look_after",
    "open_catalog",
    "open_library",
    "open_request",
    "open_requests",
    "pending_decision",
    "record_fallback",
    "record_hard_error",
    "release_lock",
    "statistics",
    "suggest_model",
]
