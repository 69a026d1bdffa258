"""The ledger: one row for every attempt at a model, written before it starts and never deleted by a failure."""

from django.db import models
from django.db.models import Q

from providers.models.account import ProviderAccount


class ProviderCall(models.Model):
    """One attempt. `correlation` and `step` say what it was for; a complete row answers that step for good.

    started → complete | output_limit | partial | refused | interrupted | <category of providers.errors>
    `partial` is an answer whose line broke after something useful had come.
    """

    STARTED = "started"
    COMPLETE = "complete"
    OUTPUT_LIMIT = "output_limit"
    PARTIAL = "partial"
    REFUSED = "refused"
    INTERRUPTED = "interrupted"

    account = models.ForeignKey(ProviderAccount, null=True, on_delete=models.SET_NULL, related_name="calls")
    provider = models.CharField(max_length=40)
    model = models.CharField(max_length=200)
    model_answered = models.CharField(max_length=200, blank=True)
    correlation = models.CharField(max_length=64, db_index=True)
    step = models.CharField(max_length=40)
    attempt = models.PositiveSmallIntegerField()
    key_hint = models.CharField(max_length=12, blank=True)
    table_version = models.CharField(max_length=16)
    structure = models.CharField(max_length=20)
    outcome = models.CharField(max_length=20, default=STARTED, db_index=True)
    said = models.TextField(blank=True)
    started_at = models.DateTimeField(db_index=True)
    first_token_at = models.DateTimeField(null=True)
    finished_at = models.DateTimeField(null=True)
    took = models.DurationField(null=True)
    estimated_tokens = models.PositiveIntegerField(null=True)
    input_tokens = models.PositiveIntegerField(null=True)
    cached_input_tokens = models.PositiveIntegerField(null=True)
    output_tokens = models.PositiveIntegerField(null=True)
    cost = models.DecimalField(
        "cost in US dollars", max_digits=14, decimal_places=8, null=True, help_text="Empty means not estimated."
    )
    request_id = models.CharField(max_length=200, blank=True)
    system = models.TextField(blank=True)
    prompt = models.TextField(blank=True)
    answer = models.TextField(blank=True)

    class Meta:
        ordering = ("-started_at", "-id")
        verbose_name = "call"
        # The latest calls of a model, without reading those of the others: time-outs and error rates come from them.
        indexes = (models.Index(fields=("account", "model", "outcome", "-started_at"), name="calls_of_a_model"),)
        constraints = (
            models.UniqueConstraint(
                fields=("correlation", "step"),
                condition=Q(outcome__in=("complete", "output_limit", "partial")),
                name="one_paid_answer_per_step",
            ),
        )

    def __str__(self) -> str:
        return f"{self.provider} {self.model} {self.step}"
