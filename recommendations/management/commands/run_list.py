"""`manage.py run_list SLUG`: run one list, follow it, and say what came of it."""

import json
import threading
from argparse import ArgumentParser
from collections.abc import Callable
from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand, CommandError
from django.db import connection
from django.utils import timezone

from providers.gateway import DecisionRefused, pending_decision
from recommendations.execution import continue_run, preview_list
from recommendations.models import RecommendationList, Run
from recommendations.queries.outcomes import outcome_of
from recommendations.services.decisions import decide
from recommendations.services.runs import RunRefused, enqueue, request_cancel, start_run

LOOK_EVERY_S = 0.3


class Command(BaseCommand):
    help = "Run one list and wait for its end. A run of it that lost its worker is taken up where it was."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("slug")
        parser.add_argument("--json", action="store_true", dest="as_json", help="print the outcome for scripts")
        parser.add_argument(
            "--queue", action="store_true", help="leave the work to the task cluster and only follow it"
        )
        parser.add_argument(
            "--decide",
            metavar="DECISION",
            help="answer what the parked run asks: retry, keep_waiting, use_account:N, use_what_we_have or cancel",
        )
        parser.add_argument("--dry-run", action="store_true", help="do everything but publish")
        parser.add_argument("--preview", action="store_true", help="show the prompt; ask nobody")

    def handle(self, *args: Any, slug: str, as_json: bool, **options: Any) -> None:
        list_ = RecommendationList.objects.select_related("account").filter(slug=slug).first()
        if list_ is None:
            known = ", ".join(RecommendationList.objects.values_list("slug", flat=True)) or "none yet"
            raise CommandError(f"There is no list “{slug}”; there are: {known}.")
        if options["preview"]:
            self._preview(list_)
            return
        try:
            run = _active(list_) or start_run(
                list_, trigger=Run.Trigger.COMMAND, now=timezone.now(), is_dry=options["dry_run"]
            )
        except RunRefused as refusal:
            raise CommandError(str(refusal)) from refusal
        if options["decide"]:
            self._decide(run, options["decide"])
        elif options["queue"]:
            enqueue(run)
        self._follow(run, _wait if options["queue"] else _work)
        run.refresh_from_db()
        outcome = outcome_of(run)
        self.stdout.write(json.dumps(outcome, indent=2, ensure_ascii=False) if as_json else _prose(outcome))
        if run.status not in (Run.Status.COMPLETE, Run.Status.PARTIAL):
            raise SystemExit(1)

    def _decide(self, run: Run, decision: str) -> None:
        question = pending_decision(run.correlation)
        if question is None:
            raise CommandError(f"No run of “{run.list}” waits for a decision.")
        try:
            decide(question.pk, decision, "run_list", "", timezone.now())
        except DecisionRefused as refusal:
            raise CommandError(str(refusal)) from refusal

    def _preview(self, list_: RecommendationList) -> None:
        prompt = preview_list(list_, timezone.now()).prompt
        if prompt is not None:
            self.stdout.write(f"{prompt.system}\n\n{prompt.user}\n")
            self.stderr.write(f"At most {prompt.estimated_tokens} tokens.")

    def _follow(self, run: Run, work: Callable[[int], None]) -> None:
        """Work in a thread and show progress here, so that Ctrl-C cancels the run instead of abandoning it."""
        is_over = threading.Event()
        worker = threading.Thread(target=_until_over, args=(work, run.pk, is_over), name=f"run {run.pk}")
        worker.start()
        shown = ""
        # Not `join`: in Python 3.11 a join that Ctrl-C interrupts takes the thread for ended (python/cpython#90882).
        while not is_over.is_set():
            try:
                is_over.wait(LOOK_EVERY_S)
                progress = Run.objects.values_list("progress", flat=True).get(pk=run.pk)
                if progress and progress != shown:
                    shown = progress
                    self.stderr.write(progress)
            except KeyboardInterrupt:
                self.stderr.write("Cancelling …")
                request_cancel(run.pk, timezone.now())


def _active(list_: RecommendationList) -> Run | None:
    return list_.runs.filter(status__in=Run.ACTIVE).first()


def _until_over(work: Callable[[int], None], run_id: int, is_over: threading.Event) -> None:
    try:
        work(run_id)
    finally:
        is_over.set()


def _work(run_id: int) -> None:
    """Until the run is over or parked: while another worker holds it, its lease is waited for."""
    waited = threading.Event()
    try:
        while not continue_run(run_id) and Run.objects.filter(pk=run_id, status__in=Run.UNDER_WAY).exists():
            waited.wait(1.0)
    finally:
        connection.close()


def _wait(run_id: int) -> None:
    """Until the task cluster has brought the run to its end, or parked it."""
    waited = threading.Event()
    try:
        while Run.objects.filter(pk=run_id, status__in=Run.UNDER_WAY).exists():
            waited.wait(LOOK_EVERY_S)
    finally:
        connection.close()


def _prose(outcome: dict[str, Any]) -> str:
    lines = [f"Run {outcome['run']} of {outcome['list']}: {outcome['status']}"]
    if outcome["problem"]:
        lines.append(outcome["problem"])
    if outcome["status"] == Run.Status.PARKED:
        lines.append(
            f"It waits for your decision: at {settings.PUBLIC_URL}/admin/, or here with --decide retry, once that is "
            "mended, or --decide cancel."
        )
    for item in outcome["recommendations"]:
        name = f"{item['artist']} – {item['album']}" if item["album"] else item["artist"]
        lines.append(f"  {item['status']:<10} {item['score']:.2f}  {name}: {item['reason']}")
    for item in outcome["drops"]:
        name = f"{item['artist']} – {item['album']}" if item["album"] else item["artist"]
        detail = f" ({item['detail']})" if item["detail"] else ""
        lines.append(f"  dropped          {name}: {item['why']}{detail}")
    return "\n".join([*lines, outcome["summary"]])
