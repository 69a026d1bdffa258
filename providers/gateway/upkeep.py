"""What has to be looked at now and then although nobody calls."""

from datetime import datetime

from providers.gateway.guards.budget import charge_expired, note_anomaly
from providers.gateway.guards.health import probe_accounts


def look_after(now: datetime) -> None:
    """Charge what killed calls had set aside, notice a day that costs too much, and probe the accounts that are due."""
    charge_expired(now)
    note_anomaly(now)
    probe_accounts(now)
