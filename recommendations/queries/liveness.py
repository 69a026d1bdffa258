"""Whether the task queue is being worked off."""

from datetime import datetime, timedelta

from django.db.models import Q

from recommendations.models import Heartbeat, Run

LONGEST_SILENCE = timedelta(seconds=60)


def has_beaten(token: str) -> bool:
    """The beat that carries `token` was worked off."""
    return Heartbeat.objects.filter(token=token).exists()


def busy_workers(now: datetime) -> int:
    """Workers that hold a run and have lately said so."""
    return Run.objects.filter(status=Run.Status.RUNNING, lease_until__gt=now).count()


def is_worked_off(now: datetime, workers: int) -> bool:
    """The last beat is fresh, or all workers are busy with runs and a beat has to wait its turn."""
    recent = Q(beaten_at__gt=now - LONGEST_SILENCE)
    return Heartbeat.objects.filter(recent).exists() or busy_workers(now) >= workers
