"""Watches one request under a lock: notes its signs of life, says how it is doing, and ends it when it has stalled."""

import logging
import time
from collections.abc import Callable
from dataclasses import replace
from datetime import timedelta

from django.db import OperationalError
from django.utils import timezone

from providers.contracts import CompletionRequest, LanguageAdapter
from providers.errors import Phase, ProviderError, TimedOut
from providers.gateway.lock import is_stall, record
from providers.guard.patience import (
    CLOUD,
    FALLBACK,
    LOCAL,
    Category,
    Patience,
    Profile,
    Verdict,
    Watch,
    heard,
    judge,
    scaled,
)
from providers.http import Limits
from providers.models import (
    AccountPatience,
    Decision,
    FallbackRequest,
    LockEventName,
    ProviderAccount,
    ProviderCall,
    ProviderLock,
)

logger = logging.getLogger(__name__)

# A tick this late was held up by the database; what arrived meanwhile has not been taken from the queue yet.
_LATE = timedelta(seconds=1)
_ORDER = tuple(Category)


def patience_for(account: ProviderAccount, lock: ProviderLock | None, *, is_local: bool) -> Patience:
    """What the account's kind of provider gets, with what its owner set instead, under the owner's profile.

    An account that a list's chain fell back to gets the fallback's; nobody waits for it by name.
    """
    usual = LOCAL if is_local else CLOUD
    if lock is not None and lock.is_fallback:
        usual = FALLBACK
    row = AccountPatience.objects.filter(account=account).first()
    if row is None:
        return usual
    return scaled(
        Patience(
            normal=_first(row.normal_s, usual.normal),
            extended=_first(row.extended_s, usual.extended),
            deep_wait=_first(row.deep_wait_s, usual.deep_wait),
            heartbeat=_first(row.heartbeat_s, usual.heartbeat),
            stall_multiplier=usual.stall_multiplier if row.stall_multiplier is None else row.stall_multiplier,
        ),
        Profile(row.profile),
    )


def _first(seconds: float | None, usual: timedelta) -> timedelta:
    return usual if seconds is None else timedelta(seconds=seconds)


def can_stall(adapter: LanguageAdapter, request: CompletionRequest, correlation: str) -> bool:
    """Whether silence means something: the answer comes piece by piece, and the owner did not say to keep waiting."""
    last = FallbackRequest.objects.filter(correlation=correlation).first()
    is_waited_for = last is not None and last.decision == Decision.KEEP_WAITING
    return adapter.is_streamed(request) and not is_waited_for


class CallWatch:
    """Lives as long as one attempt. What it sees becomes events of the lock, if there is one, and words for the owner.

    `label` is the provider's name for the owner; `on_state` gets a sentence whenever there is something new to show.
    """

    def __init__(
        self,
        call: ProviderCall,
        label: str,
        lock: ProviderLock | None,
        watch: Watch,
        on_state: Callable[[str], None],
    ) -> None:
        self._call_id = call.pk
        self._label = label
        self._lock = lock
        self._watch = watch
        self._on_state = on_state
        self._began = time.monotonic()
        self._ticked_at = self._shown_at = timedelta(0)
        self._noted_at: timedelta | None = None
        self._category = Category.NORMAL
        self._record(LockEventName.REQUEST_START, after=call.model)

    def limits(self, limits: Limits) -> Limits:
        """The time limits with silence left to this watch; where silence means nothing only the total one is left."""
        first_token = limits.first_token if self._watch.can_stall else limits.total
        return replace(limits, first_token=first_token, idle=limits.total)

    @property
    def waited(self) -> timedelta:
        """How long the attempt has taken so far."""
        return self._at()

    def heard(self) -> None:
        """The provider gave a sign of life."""
        at = self._at()
        self._watch = heard(self._watch, at)
        if self._noted_at is None or at - self._noted_at >= self._watch.patience.heartbeat:
            self._noted_at = at
            self._note(LockEventName.HEARTBEAT)

    def tick(self) -> None:
        """Look at the clock; call it some five times a second. Raises TimedOut when the provider has stalled."""
        at = self._at()
        is_late, self._ticked_at = at - self._ticked_at > _LATE, at
        self._pass_boundaries(at)
        verdict = judge(self._watch, at)
        if verdict is Verdict.STALLED and not is_late:
            silence = self._watch.silence(at).total_seconds()
            raise TimedOut(self._label, f"no sign of life for {silence:.0f} s", phase=Phase.IDLE)
        if verdict is not Verdict.STAY and at - self._shown_at >= self._watch.patience.heartbeat:
            self._show(at)

    def ended(self, error: ProviderError | None, *, with_answer: bool) -> None:
        """The attempt is over; an error may have come after enough of the answer to keep it."""
        if error is not None and is_stall(error):
            self._record(LockEventName.STALL_SUSPECTED, reason_code=error.category, detail=error.said)
        if with_answer:
            self._record(LockEventName.REQUEST_COMPLETE)

    def _pass_boundaries(self, at: timedelta) -> None:
        reached = self._watch.patience.category(at)
        for category in _ORDER[_ORDER.index(self._category) + 1 : _ORDER.index(reached) + 1]:
            self._note(LockEventName.LATENCY_CATEGORY_CHANGE, before=self._category, after=category)
            self._category = category
            self._show(at)

    def _show(self, at: timedelta) -> None:
        self._shown_at = at
        self._on_state(in_words(self._watch, at, self._label))

    def _note(self, event: LockEventName, **particulars: str) -> None:
        # A database that cannot be written to just now must not end a call that is being paid for.
        try:
            self._record(event, **particulars)
        except OperationalError as trouble:
            logger.warning("An event of call %d is lost: %s", self._call_id, trouble)

    def _record(self, event: LockEventName, **particulars: str) -> None:
        if self._lock is not None:
            record(event, self._lock, timezone.now(), call_id=self._call_id, **particulars)

    def _at(self) -> timedelta:
        return timedelta(seconds=time.monotonic() - self._began)


def in_words(watch: Watch, at: timedelta, label: str) -> str:
    """How the provider is doing, for the owner."""
    silence = watch.silence(at)
    if watch.beat_at is None:
        return f"{label} has not answered yet ({at.total_seconds():.0f} s)"
    if silence > watch.patience.heartbeat:
        return f"{label} has been silent for {silence.total_seconds():.0f} s"
    return f"{label} is slow but working ({at.total_seconds():.0f} s)"
