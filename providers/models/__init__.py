"""Rows of the far side: accounts and keys, Lidarrs, the call ledger, models, the guards' state, locks and decisions."""

from providers.models.account import ApiKey, LidarrConnection, ProviderAccount
from providers.models.breaker import Breaker, BreakerChange
from providers.models.budget import Budget, BudgetAlert, BudgetPeriod, CostAnomaly, Reservation
from providers.models.call import ProviderCall
from providers.models.discovered import DiscoveredModels
from providers.models.fields import Sealed, SealedField
from providers.models.flag import Flag
from providers.models.health import AccountHealth, HealthCheck
from providers.models.lease import Lease
from providers.models.lock import Decision, FallbackRequest, HistoryIsFinal, LockEvent, LockEventName, ProviderLock
from providers.models.pace import Pace
from providers.models.patience import AccountPatience
from providers.models.permit import PermitBucket
from providers.models.rest import KeyRest

__all__ = [
    "AccountHealth",
    "AccountPatience",
    "ApiKey",
    "Breaker",
    "BreakerChange",
    "Budget",
    "BudgetAlert",
    "BudgetPeriod",
    "CostAnomaly",
    "Decision",
    "DiscoveredModels",
    "FallbackRequest",
    "Flag",
    "HealthCheck",
    "HistoryIsFinal",
    "KeyRest",
    "Lease",
    "LidarrConnection",
    "LockEvent",
    "LockEventName",
    "Pace",
    "PermitBucket",
    "ProviderAccount",
    "ProviderCall",
    "ProviderLock",
    "Reservation",
    "Sealed",
    "SealedField",
]
