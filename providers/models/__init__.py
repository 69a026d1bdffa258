"""Rows of the far side: accounts and keys, Lidarr connections, the call ledger, shared pace, locks and decisions."""

from providers.models.account import ApiKey, LidarrConnection, ProviderAccount
from providers.models.call import ProviderCall
from providers.models.fields import Sealed, SealedField
from providers.models.lock import Decision, FallbackRequest, HistoryIsFinal, LockEvent, LockEventName, ProviderLock
from providers.models.pace import Pace
from providers.models.patience import AccountPatience

__all__ = [
    "AccountPatience",
    "ApiKey",
    "Decision",
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
