"""The breaker of each model of an account, and everything it ever did."""

from django.db import models

from providers.guard.breaker import Phase
from providers.models.account import ProviderAccount
from providers.models.versioned import Versioned

PHASES = [(phase.value, phase.value.replace("_", "-")) for phase in Phase]


class Breaker(Versioned):
    """`guard.breaker.State` in columns."""

    account = models.ForeignKey(ProviderAccount, on_delete=models.CASCADE, related_name="breakers")
    model = models.CharField(max_length=200)
    phase = models.CharField(max_length=10, choices=PHASES, default=Phase.CLOSED.value)
    in_a_row = models.PositiveSmallIntegerField("failures in a row", default=0)
    recent = models.CharField(max_length=20, blank=True, help_text="Latest calls, newest last: F failed, S succeeded.")
    opens_until = models.DateTimeField(null=True, blank=True)
    trial = models.CharField(max_length=40, blank=True)
    trial_until = models.DateTimeField(null=True, blank=True)
    successes = models.PositiveSmallIntegerField(default=0)
    reason = models.TextField(blank=True)

    class Meta:
        ordering = ("account", "model")
        constraints = (models.UniqueConstraint(fields=("account", "model"), name="one_breaker_per_model"),)

    def __str__(self) -> str:
        return f"{self.account} {self.model}"


class BreakerChange(models.Model):
    """Why a breaker opened, tried again or closed."""

    breaker = models.ForeignKey(Breaker, on_delete=models.CASCADE, related_name="changes")
    before = models.CharField(max_length=10, choices=PHASES)
    after = models.CharField(max_length=10, choices=PHASES)
    reason = models.TextField()
    at = models.DateTimeField(db_index=True)

    class Meta:
        ordering = ("-at", "-id")
        verbose_name = "breaker change"

    def __str__(self) -> str:
        return f"{self.before} → {self.after}: {self.reason}"
