"""django-q2's entry points: fetch, call one function, return."""

from django.conf import settings
from django.utils import timezone

from providers.gateway import forget_words, look_after
from recommendations import execution, queue
from recommendations.services import liveness
from recommendations.services.lists import start_due_runs
from recommendations.services.runs import abandoned


def continue_run(run_id: int) -> str:
    """Work on a run until it ends. Told twice, the second telling finds the run taken or over and does nothing."""
    return execution.continue_run(run_id)


def look_after_providers() -> None:
    """Probe the accounts that are due, charge what killed calls had set aside, and notice days that cost too much."""
    look_after(timezone.now())


def beat(token: str) -> None:
    """Show that tasks are being worked off; take up lost runs; start due lists; forget old prompts."""
    now = timezone.now()
    liveness.record_beat(token, now)
    if queue.waiting() == 0:
        for run_id in abandoned(now):
            queue.enqueue_run(run_id)
        # A task of its own: a server that does not answer must not hold up the beat.
        queue.enqueue_look_after_providers()
    start_due_runs(now)
    # A run that lost its worker may still need its answer.
    forget_words(now - max(settings.PROMPT_RETENTION, settings.RUN_DEADLINE))
