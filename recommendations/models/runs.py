"""A run and all it leaves behind: checkpoints to resume from, a report for each stage, a row for every drop."""

from django.db import models
from django.db.models import Q
from django.utils.crypto import get_random_string

from recommendations.domain.reasons import DropReason
from recommendations.models.lists import RecommendationList


def new_correlation() -> str:
    """An id that ties a run to its calls and log lines."""
    return get_random_string(12, "0123456789abcdefghijkmnpqrstuvwxyz")


class Run(models.Model):
    """One press of the button.

    queued → running → complete | partial | failed | cancelled | set_aside
    running → parked → queued
    A running row whose lease ran out is taken up again from its last checkpoint; a parked one when its owner decided.
    """

    class Status(models.TextChoices):
        QUEUED = "queued"
        RUNNING = "running"
        PARKED = "parked", "Waiting for your decision"
        COMPLETE = "complete"
        PARTIAL = "partial"
        FAILED = "failed"
        CANCELLED = "cancelled"
        SET_ASIDE = "set_aside", "Set aside"

    # What a worker may take up, and what keeps its list from being run again.
    UNDER_WAY = (Status.QUEUED, Status.RUNNING)
    ACTIVE = (*UNDER_WAY, Status.PARKED)

    class Trigger(models.TextChoices):
        OWNER = "owner"
        SCHEDULE = "schedule"
        COMMAND = "command"

    list = models.ForeignKey(RecommendationList, on_delete=models.CASCADE, related_name="runs")
    status = models.CharField(max_length=10, choices=Status.choices, default=Status.QUEUED, db_index=True)
    trigger = models.CharField(max_length=10, choices=Trigger.choices, default=Trigger.OWNER)
    correlation = models.CharField(max_length=32, unique=True, default=new_correlation, editable=False)
    is_dry = models.BooleanField("dry run", default=False, help_text="Everything but publishing.")
    account = models.ForeignKey("providers.ProviderAccount", null=True, on_delete=models.SET_NULL, related_name="+")
    provider = models.CharField(max_length=40, blank=True)
    model = models.CharField(max_length=200, blank=True)
    table_version = models.CharField(max_length=16, blank=True)
    prompt_version = models.CharField(max_length=16, blank=True)
    brief = models.JSONField()
    seed = models.PositiveIntegerField(default=0)
    round = models.PositiveSmallIntegerField(default=0)
    stage = models.CharField(max_length=30, blank=True)
    progress = models.CharField(max_length=200, blank=True)
    attempts = models.PositiveSmallIntegerField(default=0)
    lease_owner = models.CharField(max_length=64, blank=True)
    lease_until = models.DateTimeField(null=True, db_index=True)
    is_cancel_requested = models.BooleanField(default=False)
    queued_at = models.DateTimeField(db_index=True)
    started_at = models.DateTimeField(null=True)
    turn = models.PositiveSmallIntegerField(
        default=1, editable=False, help_text="Goes up whenever whom to ask is settled anew: nobody gets old answers."
    )
    settled_because = models.TextField(
        blank=True, editable=False, help_text="Why nobody is asked any more and what there is goes onto the list."
    )
    deadline_at = models.DateTimeField(null=True)
    finished_at = models.DateTimeField(null=True)
    suggested = models.PositiveIntegerField(default=0)
    published = models.PositiveIntegerField(default=0)
    in_review = models.PositiveIntegerField(default=0)
    summary = models.TextField(blank=True)
    problem = models.TextField(blank=True)

    class Meta:
        ordering = ("-queued_at", "-id")
        constraints = (
            models.UniqueConstraint(
                fields=("list",),
                condition=Q(status__in=("queued", "running", "parked")),
                name="one_active_run_per_list",
            ),
        )

    def __str__(self) -> str:
        return f"Run {self.pk}"

    @property
    def is_active(self) -> bool:
        return self.status in self.ACTIVE

    @property
    def is_under_way(self) -> bool:
        return self.status in self.UNDER_WAY


class Checkpoint(models.Model):
    """What a run knew after a step; unique, so that a step's effects happen once. Gone when the run has ended."""

    run = models.ForeignKey(Run, on_delete=models.CASCADE, related_name="checkpoints")
    position = models.PositiveSmallIntegerField()
    step = models.CharField(max_length=40)
    batch = models.JSONField()
    created_at = models.DateTimeField(auto_now_add=True)

    class Meta:
        constraints = (models.UniqueConstraint(fields=("run", "step"), name="one_checkpoint_per_step"),)
        ordering = ("position",)

    def __str__(self) -> str:
        return self.step


class StageReport(models.Model):
    """What one stage did: how many came in, went out, left, and how long it took."""

    run = models.ForeignKey(Run, on_delete=models.CASCADE, related_name="reports")
    round = models.PositiveSmallIntegerField()
    stage = models.CharField(max_length=30)
    came_in = models.PositiveIntegerField()
    went_out = models.PositiveIntegerField()
    dropped = models.PositiveIntegerField()
    took_ms = models.PositiveIntegerField()
    note = models.TextField(blank=True)

    class Meta:
        ordering = ("id",)

    def __str__(self) -> str:
        return f"{self.round}:{self.stage}"


class DroppedCandidate(models.Model):
    """A candidate that left a run, where, and why: the answer to “why was X not recommended?”."""

    run = models.ForeignKey(Run, on_delete=models.CASCADE, related_name="drops")
    round = models.PositiveSmallIntegerField()
    stage = models.CharField(max_length=30)
    artist = models.CharField(max_length=500)
    album = models.CharField(max_length=1000, blank=True)
    artist_key = models.CharField(max_length=500, db_index=True)
    confidence = models.FloatField(null=True)
    reason = models.CharField(max_length=30, choices=[(r.value, r.sentence) for r in DropReason], db_index=True)
    detail = models.TextField(blank=True)

    class Meta:
        ordering = ("id",)
        verbose_name = "drop"

    def __str__(self) -> str:
        return f"{self.artist} – {self.album}" if self.album else self.artist
