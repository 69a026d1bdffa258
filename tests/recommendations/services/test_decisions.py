"""Two people at two screens: one decision is taken, and the run is queued for it once."""

import json
import os
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).parents[3]
# Threads of the tests' own database would share one connection's locks; a file is what people have.
RACE = """
import json
import threading
from datetime import datetime, timezone

from django.core.management import call_command
from django.db import connection
from django_q.models import OrmQ

from providers.accounts import declare_account
from providers.gateway import DecisionRefused, Option, create_lock, open_request
from providers.models import FallbackRequest, LockEvent, ProviderLock
from recommendations.models import RecommendationList, Run
from recommendations.services.decisions import decide

call_command("migrate", verbosity=0)
NOW = datetime.now(timezone.utc)
first = declare_account("First", "demo", "")
others = [declare_account(f"Other {number}", "demo", "") for number in range(8)]
list_ = RecommendationList.objects.create(name="l", slug="l", token="t" * 22, account=first)
run = Run.objects.create(list=list_, account=first, model="demo", brief={}, status="parked", queued_at=NOW)
create_lock(run.correlation, first.pk, "demo", ("ask",), actor="owner", now=NOW)
options = [Option(f"use_account:{other.pk}", other.name) for other in others]
question = open_request(run.correlation, "stall", "Silent.", options, NOW)
barrier = threading.Barrier(len(others))
said = []


def press(option):
    barrier.wait()
    try:
        decide(question.pk, option.decision, option.label, "", NOW)
    except DecisionRefused as refusal:
        said.append(str(refusal))
    else:
        said.append("done")
    finally:
        connection.close()


threads = [threading.Thread(target=press, args=(option,)) for option in options]
[thread.start() for thread in threads]
[thread.join() for thread in threads]
run.refresh_from_db()
decided = FallbackRequest.objects.get()
print(json.dumps({
    "said": said,
    "status": run.status,
    "turn": run.turn,
    "is_the_winners": decided.decision == f"use_account:{run.account_id}" and decided.decided_by == run.account.name,
    "open_locks": list(ProviderLock.objects.filter(released_at=None).values_list("account_name", flat=True)),
    "winner": run.account.name,
    "events": list(LockEvent.objects.values_list("event", flat=True)),
    "queued": OrmQ.objects.count(),
}))
"""


def test_of_many_deciders_at_once_one_wins(tmp_path: Path) -> None:
    command = [sys.executable, "manage.py", "shell", "--no-imports", "-c", RACE]
    environment = {**os.environ, "BRAINARR_DATA": str(tmp_path)}

    ended = subprocess.run(command, cwd=ROOT, env=environment, capture_output=True, text=True, check=False)

    assert ended.returncode == 0, ended.stderr
    told = json.loads(ended.stdout)
    assert sorted(sentence[:4] for sentence in told["said"]).count("done") == 1
    assert sum("has already decided" in sentence for sentence in told["said"]) == 7
    assert (told["status"], told["turn"], told["queued"]) == ("queued", 2, 1)
    assert told["is_the_winners"]
    assert told["open_locks"] == [told["winner"]]
    assert told["events"] == [
        "PROVIDER_LOCK_CREATED",
        "USER_FALLBACK_INITIATED",
        "PROVIDER_LOCK_RELEASED",
        "PROVIDER_LOCK_CREATED",
    ]
