"""Lists are ready from the moment they are saved, and start when their schedule says, outside the quiet hours."""

import logging
from datetime import UTC, datetime, time, timedelta
from typing import Any

import pytest
from django.core.exceptions import ValidationError
from pytest_django.fixtures import DjangoCaptureOnCommitCallbacks

from providers.accounts import declare_account
from providers.models import ProviderAccount
from recommendations.models import PublishedList, RecommendationList, Run
from recommendations.queries.published import snapshot_path
from recommendations.services.lists import delete_list, next_run_at, save_list, start_due_runs
from recommendations.services.tokens import digest
from tests.factories import NOW, make_list

pytestmark = pytest.mark.django_db

MONDAYS = "0 4 * * 1"


@pytest.fixture
def account() -> ProviderAccount:
    return declare_account("Demo", "demo", "")


def _list(**fields: Any) -> RecommendationList:
    return RecommendationList(name="Quiet", slug="quiet", **fields)


def test_a_new_list_has_a_token_and_can_be_read() -> None:
    list_ = _list()

    save_list(list_, NOW)

    assert len(list_.token.open()) >= 22
    published = PublishedList.objects.get()
    assert (published.slug, published.token_digest) == ("quiet", digest(list_.token.open()))
    assert bytes(published.custom) == b"[]"


def test_saving_again_keeps_the_token_and_a_given_one_replaces_it() -> None:
    list_ = _list()
    save_list(list_, NOW)
    first = list_.token.open()

    save_list(list_, NOW)
    assert list_.token.open() == first

    save_list(list_, NOW, token="t" * 30)
    assert PublishedList.objects.get().token_digest == digest("t" * 30)


def test_a_deleted_list_leaves_no_copy(
    django_capture_on_commit_callbacks: DjangoCaptureOnCommitCallbacks,
) -> None:
    list_ = _list()
    with django_capture_on_commit_callbacks(execute=True):
        save_list(list_, NOW)
    assert snapshot_path("quiet").exists()

    with django_capture_on_commit_callbacks(execute=True):
        delete_list(list_)

    assert not snapshot_path("quiet").exists()
    assert not PublishedList.objects.exists()


@pytest.mark.parametrize(
    ("schedule", "quiet", "expected"),
    [
        ("", None, None),
        # NOW is a Saturday, four in the morning.
        (MONDAYS, None, datetime(2026, 11, 23, 4, tzinfo=UTC)),
        ("0 4 * * *", None, datetime(2026, 11, 22, 4, tzinfo=UTC)),
        ("0 * * * *", (time(22), time(7)), datetime(2026, 11, 21, 7, tzinfo=UTC)),
        ("0 * * * *", (time(5), time(6)), datetime(2026, 11, 21, 6, tzinfo=UTC)),
        ("0 * * * *", (time(5), time(5)), datetime(2026, 11, 21, 5, tzinfo=UTC)),
        ("0 4 29 2 *", None, datetime(2028, 2, 29, 4, tzinfo=UTC)),
    ],
)
def test_the_next_run_is_the_schedules_next_moment_outside_the_quiet_hours(
    schedule: str, quiet: tuple[time, time] | None, expected: datetime | None
) -> None:
    quiet_from, quiet_until = quiet or (None, None)

    assert next_run_at(_list(schedule=schedule, quiet_from=quiet_from, quiet_until=quiet_until), NOW) == expected


def test_schedules_are_in_the_owners_time(settings: Any) -> None:
    settings.TIME_ZONE = "America/New_York"

    moment = next_run_at(_list(schedule="30 5 * * *"), NOW)

    assert moment == datetime(2026, 11, 21, 10, 30, tzinfo=UTC)


@pytest.mark.parametrize(
    ("fields", "said"),
    [
        ({"schedule": "mondays"}, "Write cron"),
        ({"schedule": "0 4 30 2 *"}, "not a schedule"),
        ({"schedule": "0 4 * * *", "quiet_from": time(3), "quiet_until": time(5)}, "quiet hours"),
        ({"schedule": MONDAYS, "quiet_from": time(22), "quiet_until": time(5)}, "quiet hours"),
    ],
)
def test_a_schedule_that_never_comes_is_refused_and_nothing_is_saved(fields: dict[str, Any], said: str) -> None:
    with pytest.raises(ValidationError, match=said):
        save_list(_list(**fields), NOW)

    assert not RecommendationList.objects.exists()


def test_a_due_list_is_started_once_and_knows_its_next_time(account: ProviderAccount) -> None:
    list_ = make_list(account=account, schedule=MONDAYS, next_run_at=NOW - timedelta(minutes=1))
    make_list("later", account=account, schedule=MONDAYS, next_run_at=NOW + timedelta(minutes=1))

    (run,) = start_due_runs(NOW)

    assert (run.list, run.trigger) == (list_, Run.Trigger.SCHEDULE)
    list_.refresh_from_db()
    assert list_.next_run_at == datetime(2026, 11, 23, 4, tzinfo=UTC)
    assert start_due_runs(NOW) == []


def test_a_list_that_cannot_start_waits_for_its_next_time_and_the_others_start(
    account: ProviderAccount, caplog: pytest.LogCaptureFixture
) -> None:
    make_list("nobody-to-ask", schedule=MONDAYS, next_run_at=NOW)
    broken = make_list("broken", account=account, schedule="no cron any more", next_run_at=NOW)
    fine = make_list("fine", account=account, schedule=MONDAYS, next_run_at=NOW)

    with caplog.at_level(logging.WARNING):
        started = start_due_runs(NOW)

    assert [run.list for run in started] == [broken, fine]
    assert "not a schedule" in caplog.text
    assert start_due_runs(NOW) == []
    assert RecommendationList.objects.get(slug="broken").next_run_at is None
