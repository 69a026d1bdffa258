"""Whom a run is locked to, what became of that, and what the owner was asked: rows that tell and never change."""

from enum import StrEnum
from typing import Any, NoReturn

from django.db import models
from django.db.models import Q


class LockEventName(StrEnum):
    """What the audit calls things; the values are stored and never change."""

    LOCK_CREATED = "PROVIDER_LOCK_CREATED"
    REQUEST_START = "PROVIDER_REQUEST_START"
    HEARTBEAT = "PROVIDER_HEARTBEAT"
    LATENCY_CATEGORY_CHANGE = "PROVIDER_LATENCY_CATEGORY_CHANGE"
    STALL_SUSPECTED = "PROVIDER_STALL_SUSPECTED"
    USER_FALLBACK_INITIATED = "USER_FALLBACK_INITIATED"
    HARD_ERROR = "PROVIDER_HARD_ERROR"
    REQUEST_COMPLETE = "PROVIDER_REQUEST_COMPLETE"
    LOCK_RELEASED = "PROVIDER_LOCK_RELEASED"


class Decision(StrEnum):
    """What the owner may decide about a run in trouble; `use_account:` is followed by the account's number."""

    KEEP_WAITING = "keep_waiting"
    RETRY = "retry"
    USE_ACCOUNT = "use_account:"
    USE_WHAT_WE_HAVE = "use_what_we_have"
    CANCEL = "cancel"


class HistoryIsFinal(Exception):
    """Something tried to change or delete what has happened."""


class Final(models.QuerySet[Any]):
    """Rows that can be added and read."""

    def update(self, **changes: Any) -> NoReturn:
        raise HistoryIsFinal

    def delete(self) -> NoReturn:
        raise HistoryIsFinal

    def bulk_update(self, *args: Any, **options: Any) -> NoReturn:
        raise HistoryIsFinal


class Kept(models.Model):
    """A row that is saved once and never deleted."""

    class Meta:
        abstract = True

    def save(self, *args: Any, **options: Any) -> None:
        if not self._state.adding:
            raise HistoryIsFinal
        super().save(*args, **options)

    def delete(self, *args: Any, **options: Any) -> NoReturn:
        raise HistoryIsFinal


class ProviderLock(Kept):
    """Says whom a run may ask, in which stages. Only `gateway.lock.release_lock` changes one, once.

    Numbers and names instead of foreign keys: a lock outlives the account and the run it was made for.
    """

    correlation = models.CharField(max_length=64, db_index=True)
    account_id = models.PositiveBigIntegerField()
    account_name = models.CharField(max_length=100)
    provider = models.CharField(max_length=40)
    model = models.CharField(max_length=200)
    covers = models.JSONField(help_text="The stages that may ask nobody else.")
    is_fallback = models.BooleanField("made by the list's chain", default=False)
    created_at = models.DateTimeField(db_index=True)
    released_at = models.DateTimeField(null=True)
    release_reason = models.CharField(max_length=40, blank=True)

    class Meta:
        ordering = ("-id",)
        constraints = (
            models.UniqueConstraint(
                fields=("correlation",), condition=Q(released_at=None), name="one_open_lock_per_correlation"
            ),
            models.CheckConstraint(
                condition=Q(released_at=None, release_reason="")
                | (Q(released_at__isnull=False) & ~Q(release_reason="")),
                name="a_released_lock_has_a_reason",
            ),
        )

    def __str__(self) -> str:
        return f"{self.account_name} · {self.model}"


class LockEvent(Kept):
    """One thing that happened to a lock or a request under it. Written once, kept for ever."""

    event = models.CharField(max_length=40, choices=[(name.value, name.value) for name in LockEventName])
    at = models.DateTimeField(db_index=True)
    correlation = models.CharField(max_length=64, db_index=True)
    account_id = models.PositiveBigIntegerField()
    provider = models.CharField(max_length=40)
    call_id = models.PositiveBigIntegerField(null=True)
    before = models.CharField("from", max_length=310, blank=True)
    after = models.CharField("to", max_length=310, blank=True)
    reason_code = models.CharField(max_length=40, blank=True)
    actor = models.CharField("who or what", max_length=150)
    detail = models.TextField(blank=True)

    objects = Final.as_manager()

    class Meta:
        ordering = ("id",)
        indexes = (models.Index(fields=("event", "at"), name="lock_events_by_name"),)

    def __str__(self) -> str:
        return self.event


class FallbackRequest(models.Model):
    """A question to the owner about a run that is parked, and what was decided.

    `options` are {"decision", "label"} objects; a decision is one of them, in the words of `Decision`.
    """

    correlation = models.CharField(max_length=64, db_index=True)
    reason_code = models.CharField(max_length=40)
    message = models.TextField()
    options = models.JSONField()
    opened_at = models.DateTimeField()
    decision = models.CharField(max_length=40, blank=True)
    decided_by = models.CharField(max_length=150, blank=True)
    decided_at = models.DateTimeField(null=True, blank=True)
    reason = models.TextField(blank=True)

    class Meta:
        ordering = ("-id",)
        constraints = (
            models.UniqueConstraint(
                fields=("correlation",), condition=Q(decided_at=None), name="one_open_request_per_correlation"
            ),
            models.CheckConstraint(
                condition=Q(decision="", decided_by="", decided_at=None)
                | (~Q(decision="") & ~Q(decided_by="") & ~Q(reason="") & Q(decided_at__isnull=False)),
                name="a_decided_request_has_a_person_a_time_and_a_reason",
            ),
        )

    def __str__(self) -> str:
        return self.message
