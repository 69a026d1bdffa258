"""django-q2's entry points: fetch, call one function, return."""

from django.utils import timezone

from recommendations.services import liveness


def beat(token: str) -> None:
    """Show that tasks are being worked off."""
    liveness.record_beat(token, timezone.now())
