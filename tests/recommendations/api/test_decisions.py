"""The addresses where programs read what runs in trouble ask, and answer."""

from datetime import UTC, datetime
from typing import Any

import pytest
from django.contrib.auth.models import User
from django.test import Client

from providers.accounts import declare_account
from providers.gateway import Decision, Option, open_request
from recommendations.models import Run
from tests.factories import make_list

pytestmark = pytest.mark.django_db

NOW = datetime(2026, 11, 21, 4, 0, tzinfo=UTC)
QUESTIONS = "/api/fallback-requests"
OPTIONS = [Option(Decision.RETRY, "Ask again"), Option(Decision.CANCEL, "Cancel the run")]


@pytest.fixture
def run(db: None) -> Run:
    account = declare_account("Mine", "demo", "")
    return Run.objects.create(
        list=make_list(account=account), account=account, model="demo", brief={}, status="parked", queued_at=NOW
    )


@pytest.fixture
def question(run: Run) -> int:
    return open_request(run.correlation, "stall", "It went silent.", OPTIONS, NOW).pk


def staff(**options: Any) -> Client:
    client = Client(**options)
    client.force_login(User.objects.create_user("ann", is_staff=True))
    return client


def answer(client: Client, question: int, decision: str, **headers: str) -> Any:
    body = {"decision": decision, "reason": "Enough."}
    return client.post(f"{QUESTIONS}/{question}/decision", body, content_type="application/json", headers=headers)


def test_open_questions_are_listed_with_their_options(run: Run, question: int) -> None:
    (told,) = staff().get(QUESTIONS).json()

    assert (told["id"], told["run"], told["list_slug"], told["message"]) == (
        question,
        run.pk,
        "jazz",
        "It went silent.",
    )
    assert [option["decision"] for option in told["options"]] == ["retry", "cancel"]


def test_questions_of_runs_that_no_longer_wait_are_left_out(run: Run, question: int) -> None:
    Run.objects.update(status="cancelled")

    assert staff().get(QUESTIONS).json() == []


def test_a_decision_is_carried_out_under_the_name_of_who_took_it(run: Run, question: int) -> None:
    answered = answer(staff(), question, "cancel")

    assert (answered.status_code, answered.json()["status"]) == (200, "cancelled")
    run.refresh_from_db()
    assert run.status == "cancelled"


def test_a_second_decision_and_one_that_was_not_offered_are_refused(question: int) -> None:
    client = staff()

    assert answer(client, question, "use_account:99").status_code == 409
    assert answer(client, question, "retry").status_code == 200
    late = answer(client, question, "cancel")
    assert (late.status_code, late.json()["error"]) == (409, "ann has already decided: “Enough.”")
    assert answer(client, question + 1, "retry").status_code == 404


def test_strangers_and_people_who_are_not_staff_are_turned_away(question: int) -> None:
    guest = Client()
    guest.force_login(User.objects.create_user("guest"))

    for client in (Client(), guest):
        assert client.get(QUESTIONS).status_code == 401
        assert answer(client, question, "retry").status_code == 401


def test_a_decision_needs_the_csrf_token(question: int) -> None:
    client = staff(enforce_csrf_checks=True)

    assert answer(client, question, "retry").status_code == 403
    client.get("/admin/")
    token = client.cookies.get("brainarr_csrf")
    assert token is not None
    assert answer(client, question, "retry", **{"X-CSRFToken": token.value}).status_code == 200
