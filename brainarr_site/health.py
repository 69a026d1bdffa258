"""Alive, and ready: what Docker, Home Assistant and load balancers ask."""

from datetime import datetime

from django.conf import settings
from django.db import Error, connection
from django.http import HttpRequest, JsonResponse
from django.utils import timezone
from django.views.decorators.http import require_safe

from brainarr_site.schema import unapplied_migrations
from recommendations.queries.liveness import LONGEST_SILENCE, is_worked_off

ALIVE = b'{"status":"alive"}'


@require_safe
def healthz(request: HttpRequest) -> JsonResponse:
    """The web server answers; nothing else is looked at."""
    return JsonResponse({"status": "alive"})


@require_safe
def readyz(request: HttpRequest) -> JsonResponse:
    """200 when everything a run needs is up; else 503 with what is wrong."""
    problems = _problems(timezone.now())
    headers = {"Cache-Control": "no-store"}
    if problems:
        return JsonResponse({"status": "not ready", "problems": problems}, status=503, headers=headers)
    return JsonResponse({"status": "ready"}, headers=headers)


def _problems(now: datetime) -> list[str]:
    try:
        if missing := unapplied_migrations():
            return [
                f"{len(missing)} migrations wait to be applied, {missing[0]} first; restart Brainarr to apply them."
            ]
        if not is_worked_off(now, settings.WORKERS):
            return [
                f"No task has been worked off for {LONGEST_SILENCE.seconds} s; `manage.py up` restarts the workers."
            ]
    except Error as error:
        connection.close()
        return [f"The database cannot be read ({error}); look at the data folder and its disk."]
    return []
