"""Rows of the far side: accounts and keys, Lidarr connections, the call ledger, lists of models, shared pace."""

from providers.models.account import ApiKey, LidarrConnection, ProviderAccount
from providers.models.call import ProviderCall
from providers.models.discovered import DiscoveredModels
from providers.models.fields import Sealed, SealedField
from providers.models.pace import Pace

__all__ = [
    "ApiKey",
    "DiscoveredModels",
    "LidarrConnection",
    "Pace",
    "ProviderAccount",
    "ProviderCall",
    "Sealed",
    "SealedField",
]
