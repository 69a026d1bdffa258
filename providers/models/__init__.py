"""Rows of the far side: accounts and keys, Lidarr connections, the call ledger, lists of models, the guards' state."""

from providers.models.account import ApiKey, LidarrConnection, ProviderAccount
from providers.models.breaker import Breaker, BreakerChange
from providers.models.budget import Budget, BudgetAlert, BudgetPeriod, CostAnomaly, Reservation
from providers.models.call import ProviderCall
from providers.models.discovered import DiscoveredModels
from providers.models.fields import Sealed, SealedField
from providers.models.flag import Flag
from providers.models.health import AccountHealth, HealthCheck
from providers.models.lease import Lease
from providers.models.pace import Pace
from providers.models.permit import PermitBucket
from providers.models.rest import KeyRest

__all__ = [
    "AccountHealth",
    "ApiKey",
    "Breaker",
    "BreakerChange",
    "Budget",
    "BudgetAlert",
    "BudgetPeriod",
    "CostAnomaly",
    "DiscoveredModels",
    "Flag",
    "HealthCheck",
    "KeyRest",
    "Lease",
    "LidarrConnection",
    "Pace",
    "PermitBucket",
    "ProviderAccount",
    "ProviderCall",
    "Reservation",
    "Sealed",
    "SealedField",
]
