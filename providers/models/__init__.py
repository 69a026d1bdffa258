"""Rows of the far side: accounts and keys, Lidarr connections, calls, lists of models, pace, locks and decisions."""

from providers.models.account import ApiKey, LidarrConnection, ProviderAccount
from providers.models.call import ProviderCall
from providers.models.discovered import DiscoveredModels
from providers.models.fields import Sealed, SealedField
from providers.models.lock import Decision, FallbackRequest, HistoryIsFinal, LockEvent, LockEventName, ProviderLock
from providers.models.pace import Pace
from providers.models.patience import AccountPatience

__all__ = [
    "AccountPatience",
    "ApiKey",
    "Decision",
    "DiscoveredModels",
    "FallbackRequest",
    "HistoryIsFinal",
    "LidarrConnection",
    "LockEvent",
    "LockEventName",
    "Pace",
    "ProviderAccount",
    "ProviderCall",
    "ProviderLock",
    "Sealed",
    "SealedField",
]
