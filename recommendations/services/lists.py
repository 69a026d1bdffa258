"""Keeps lists ready to be read and run: tokens, published bytes, and when each runs next."""

import logging
from collections.abc import Sequence
from datetime import datetime, time, timedelta

from croniter import CroniterError, croniter
from django.core.exceptions import ValidationError
from django.db import transaction
from django.utils import timezone

from recommendations.models import FallbackAccount, RecommendationList, Run
from recommendations.services import publishing
from recommendations.services.runs import RunRefused, enqueue, request_cancel, start_run
from recommendations.services.tokens import digest, new_token

logger = logging.getLogger(__name__)

A_YEAR = timedelta(days=366)


def save_list(list_: RecommendationList, now: datetime, *, token: str = "") -> None:
    """Store a new or changed list, with a token if it has none yet, and publish it as it stands.

    `token` replaces the list's own. Raises ValidationError for a schedule that is not cron.
    """
    if not list_.token or token:
        fresh = token or new_token()
        list_.token = fresh
        list_.token_digest = digest(fresh)
    list_.next_run_at = next_run_at(list_, now)
    with transaction.atomic():
        list_.save()
        publishing.render(list_.pk, now)


def set_fallbacks(list_: RecommendationList, account_ids: Sequence[int]) -> None:
    """Whom the list's chain asks, in this order, each once."""
    with transaction.atomic():
        list_.chain.all().delete()
        FallbackAccount.objects.bulk_create(
            FallbackAccount(list=list_, account_id=account_id, position=position)
            for position, account_id in enumerate(dict.fromkeys(account_ids))
        )


def delete_list(list_: RecommendationList) -> None:
    """Delete a list with its runs and recommendations; its address answers 404 from now on."""
    slug = list_.slug
    for run in list_.runs.filter(status=Run.Status.PARKED):
        # Nobody could answer its question any more.
        request_cancel(run.pk, timezone.now())
    with transaction.atomic():
        list_.delete()
        transaction.on_commit(lambda: publishing.forget(slug))


def next_run_at(list_: RecommendationList, now: datetime) -> datetime | None:
    """When the schedule starts the list next, in the owner's time zone and outside its quiet hours."""
    if not list_.schedule or not list_.is_enabled:
        return None
    try:
        moments = croniter(list_.schedule, timezone.localtime(now))
        # A schedule that falls wholly into the quiet hours never runs; a year of hourly moments shows that.
        for _ in range(366 * 24):
            moment: datetime = moments.get_next(datetime)
            if not _is_quiet(timezone.localtime(moment).time(), list_.quiet_from, list_.quiet_until):
                return moment
            if moment - now > A_YEAR:
                break
    except (CroniterError, ValueError) as error:
        raise ValidationError(
            {"schedule": f"This is not a schedule ({error}). Write cron, for example “0 4 * * 1” for Mondays at four."}
        ) from error
    raise ValidationError({"schedule": "Every moment of this schedule lies in the quiet hours; change one of them."})


def start_due_runs(now: datetime) -> Sequence[Run]:
    """Start the lists whose time has come; a refused one is logged and waits for its next time."""
    started = []
    for list_ in RecommendationList.objects.filter(is_enabled=True, next_run_at__lte=now).select_related("account"):
        try:
            following = next_run_at(list_, now + timedelta(seconds=1))
        except ValidationError as problem:
            # One list's schedule must not keep the others from theirs.
            logger.error("“%s” has no next run: %s", list_.slug, " ".join(problem.messages))  # noqa: TRY400 (nothing of ours broke)
            following = None
        mine = RecommendationList.objects.filter(pk=list_.pk, next_run_at=list_.next_run_at)
        if mine.update(next_run_at=following) != 1:
            continue
        try:
            run = start_run(list_, trigger=Run.Trigger.SCHEDULE, now=now)
        except RunRefused as refusal:
            logger.warning("Scheduled run not started", extra={"list": list_.slug, "why": str(refusal)})
            continue
        enqueue(run)
        started.append(run)
    return started


def _is_quiet(moment: time, start: time | None, end: time | None) -> bool:
    if start is None or end is None or start == end:
        return False
    return start <= moment < end if start < end else moment >= start or moment < end
