"""Writes the sign of life that the watchdog and the readiness page look for."""

from datetime import datetime

from recommendations.models import Heartbeat


def record_beat(token: str, now: datetime) -> None:
    """Replace the last sign of life by this one."""
    Heartbeat.objects.update_or_create(pk=Heartbeat.ONLY, defaults={"token": token, "beaten_at": now})
