"""Works on runs in forked processes that are killed; started by tests as a program of its own.

`python tests/e2e/mortal.py SLUG checkpoints` dies once before and once after every checkpoint of one run.
`python tests/e2e/mortal.py SLUG random KILLS SEED` is killed at random moments, through as many runs as that takes.
`python tests/e2e/mortal.py SLUG poison STAGE` dies whenever it reaches the stage.

Prints what happened, as JSON.
"""

import json
import os
import random
import signal
import sqlite3
import sys
import time
from collections.abc import Callable
from contextlib import closing
from pathlib import Path
from typing import Any

import django

django.setup()

from django.conf import settings  # noqa: E402
from django.utils import timezone  # noqa: E402

from recommendations import execution, pipeline  # noqa: E402
from recommendations.models import RecommendationList, Run  # noqa: E402
from recommendations.services import runs  # noqa: E402

TOLD = Path(settings.DATA_DIR) / "mortal"


def main(slug: str, how: str, *arguments: str) -> None:
    TOLD.touch()
    ways: dict[str, Callable[..., dict[str, Any]]] = {
        "checkpoints": _at_checkpoints,
        "random": _at_random,
        "poison": _at_stage,
    }
    sys.stdout.write(json.dumps(ways[how](slug, *arguments)))


def _at_checkpoints(slug: str) -> dict[str, Any]:
    deaths = 0
    while _died(_fork(lambda: _work(slug, _dying_once_around_each_checkpoint))):
        deaths += 1
    return {"deaths": deaths, "at": TOLD.read_text().split()}


def _at_stage(slug: str, stage: str) -> dict[str, Any]:
    deaths = 0
    while _died(_fork(lambda: _work(slug, lambda save: _dying_before(stage, save)))):
        deaths += 1
    return {"deaths": deaths}


def _at_random(slug: str, kills: str, seed: str) -> dict[str, Any]:
    dice = random.Random(seed)
    deaths = 0
    while deaths < int(kills):
        pid = _fork(lambda: _work(slug, lambda save: save))
        if _is_over_within(pid, dice.uniform(0.0, 1.0)) or _is_over_before_progress(pid):
            continue
        os.kill(pid, signal.SIGKILL)
        deaths += _died(pid)
    while _died(_fork(lambda: _work(slug, lambda save: save))):
        raise AssertionError("nobody killed this one")
    return {"deaths": deaths}


def _work(slug: str, change: Callable[[Any], Any]) -> None:
    pipeline.save_step = change(pipeline.save_step)  # type: ignore[attr-defined]  # imported there, not exported
    list_ = RecommendationList.objects.get(slug=slug)
    run = list_.runs.filter(status__in=Run.ACTIVE).first()
    if run is None:
        run = runs.start_run(list_, trigger=Run.Trigger.COMMAND, now=timezone.now())
    assert execution.continue_run(run.pk) or not run.is_active or _is_set_aside(run)


def _is_set_aside(run: Run) -> bool:
    run.refresh_from_db()
    return run.status == Run.Status.SET_ASIDE


def _dying_once_around_each_checkpoint(save: Any) -> Any:
    finish = runs.finish

    def finish_late(*arguments: Any, **named: Any) -> None:
        _die_once("before:finish")
        finish(*arguments, **named)

    execution.finish = finish_late  # type: ignore[attr-defined]  # imported there, not exported

    def save_step(lease: Any, step: str, *arguments: Any, **named: Any) -> None:
        _die_once(f"before:{step}")
        save(lease, step, *arguments, **named)
        if step != runs.PUBLISHED:
            # Inside the transaction that publishes, this would be "before" again.
            _die_once(f"after:{step}")

    return save_step


def _dying_before(stage: str, save: Any) -> Any:
    def save_step(lease: Any, step: str, *arguments: Any, **named: Any) -> None:
        if step.endswith(f":{stage}"):
            _die()
        save(lease, step, *arguments, **named)

    return save_step


def _die_once(where: str) -> None:
    if where not in TOLD.read_text().split():
        with TOLD.open("a") as told:
            told.write(f"{where}\n")
        _die()


def _die() -> None:
    os.kill(os.getpid(), signal.SIGKILL)


def _fork(body: Callable[[], None]) -> int:
    pid = os.fork()
    if pid == 0:
        code = 1
        try:
            body()
            code = 0
        finally:
            sys.stderr.flush()
            os._exit(code)
    return pid


def _died(pid: int) -> bool:
    """True when it was killed, False when it ended well."""
    code = os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1])
    assert code in (0, -signal.SIGKILL), code
    return code != 0


def _is_over_within(pid: int, seconds: float) -> bool:
    give_up_at = time.monotonic() + seconds
    while time.monotonic() < give_up_at:
        ended, status = os.waitpid(pid, os.WNOHANG)
        if ended:
            assert status == 0, os.waitstatus_to_exitcode(status)
            return True
        time.sleep(0.005)
    return False


def _is_over_before_progress(pid: int) -> bool:
    """Wait while this is the last attempt at a stage: another death there would rightly set the run aside."""
    while _attempts() > 2:
        if _is_over_within(pid, 0.01):
            return True
    return False


def _attempts() -> int:
    # Not through Django: its connection would be shared with the children.
    with closing(sqlite3.connect(str(settings.DATABASES["default"]["NAME"]), timeout=20)) as database:
        row = database.execute("SELECT attempts FROM recommendations_run ORDER BY id DESC").fetchone()
        return int(row[0]) if row else 0


if __name__ == "__main__":
    main(*sys.argv[1:])
