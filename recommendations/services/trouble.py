"""Keeps a run with the provider its owner chose, and does what its list says when that one fails or stalls."""

import logging
from collections.abc import Sequence
from datetime import datetime

from django.db import transaction
from django.db.models import F

from providers.errors import ProviderError
from providers.gateway import (
    Alternative,
    Decision,
    Option,
    Release,
    alternatives,
    asked_accounts,
    create_lock,
    is_stall,
    open_request,
    record_hard_error,
    release_lock,
)
from recommendations.domain.types import OnTrouble
from recommendations.models import Checkpoint, RecommendationList, Run
from recommendations.services.runs import Lease, RunCancelled, saved_steps

logger = logging.getLogger(__name__)

# The only stage that asks a language model anything.
COVERS = ("ask",)


def lock_to_chosen(run: Run, *, now: datetime) -> None:
    """Lock the run to its account and model, unless it is so already."""
    if run.account_id is not None:
        create_lock(run.correlation, run.account_id, run.model, COVERS, actor=run.trigger, now=now)


def settle(run: Run, lease: Lease, error: ProviderError, now: datetime) -> bool:
    """Do what the list says about trouble; says whether the worker goes on with the run, or has parked it.

    `run` is changed as its row is. Raises `error` when there is nobody to go on with and nothing to publish.
    """
    if run.settled_because:
        raise error
    record_hard_error(run.correlation, error, now)
    policy = RecommendationList.objects.values_list("on_trouble", flat=True).get(pk=run.list_id)
    if policy == OnTrouble.ASK:
        _park(run, lease, error, now)
        return False
    following = _next_in_chain(run) if policy == OnTrouble.AUTOMATIC else None
    with transaction.atomic():
        if following is not None:
            changes = move(run, following, Release.AUTOMATIC_FALLBACK, actor="the list's chain", now=now)
        elif _found_so_far(run):
            changes = {"settled_because": f"Ended early: {error}"}
        else:
            raise error
        lease.hold(**changes)
    logger.warning("Run %d goes on without %s: %s", run.pk, run.account, error)
    run.refresh_from_db()
    return True


def move(run: Run, to: Alternative, reason: Release, *, actor: str, now: datetime) -> dict[str, object]:
    """Lock the run to another account; returns what has to change on its row, in the same transaction."""
    name = f"{to.chosen.label} · {to.chosen.model}"
    release_lock(run.correlation, reason, actor=actor, now=now, after=name)
    is_fallback = reason is Release.AUTOMATIC_FALLBACK
    create_lock(run.correlation, to.account_id, to.chosen.model, COVERS, actor=actor, now=now, is_fallback=is_fallback)
    _forget_prompt(run)
    return {
        "account_id": to.account_id,
        "provider": to.chosen.provider,
        "model": to.chosen.model,
        "table_version": to.chosen.table_version,
        "turn": F("turn") + 1,
    }


def _forget_prompt(run: Run) -> None:
    # It was written for the other one's window, and with what that one may be told of the library.
    last = Checkpoint.objects.filter(run=run).last()
    if last is not None and last.step.endswith(":build_prompt"):
        last.delete()


def _park(run: Run, lease: Lease, error: ProviderError, now: datetime) -> None:
    with transaction.atomic():
        lease.hold(
            status=Run.Status.PARKED,
            lease_owner="",
            lease_until=None,
            attempts=0,
            progress="Waiting for your decision",
            problem=str(error),
        )
        # Cancelled in this very moment: with the row in our hands we see it, and parking is undone.
        if Run.objects.filter(pk=run.pk, is_cancel_requested=True).exists():
            raise RunCancelled
        reason_code = "stall" if is_stall(error) else error.category
        open_request(run.correlation, reason_code, str(error), _options(run, error), now)
    logger.warning("Run %d waits for a decision: %s", run.pk, error)


def _options(run: Run, error: ProviderError) -> list[Option]:
    options = [Option(Decision.RETRY, f"Ask {run.account} again")]
    if is_stall(error):
        options.insert(0, Option(Decision.KEEP_WAITING, f"Ask {run.account} again, however long it is silent"))
    chain = _chain(run)
    others = alternatives(run.account_id or 0)
    for other in sorted(others, key=lambda one: chain.index(one.account_id) if one.account_id in chain else len(chain)):
        label = f"Ask {other.chosen.label} ({other.chosen.model}) instead"
        options.append(Option(f"{Decision.USE_ACCOUNT}{other.account_id}", label))
    if found := _found_so_far(run):
        options.append(Option(Decision.USE_WHAT_WE_HAVE, f"Ask nobody any more and use the {found} found so far"))
    return [*options, Option(Decision.CANCEL, "Cancel the run; nothing is published")]


def _next_in_chain(run: Run) -> Alternative | None:
    """The first of the list's chain that can be asked and has not been asked in this run."""
    asked = asked_accounts(run.correlation)
    usable = {other.account_id: other for other in alternatives(run.account_id or 0)}
    return next((usable[link] for link in _chain(run) if link in usable and link not in asked), None)


def _chain(run: Run) -> Sequence[int]:
    return list(run.list.chain.values_list("account_id", flat=True))


def _found_so_far(run: Run) -> int:
    batch = saved_steps(run.pk)[1]
    return len(batch.accepted) if batch else 0
