"""How each account was when it was last looked at, and the looks before that."""

from django.db import models

from providers.guard.health import Status
from providers.models.account import ProviderAccount
from providers.models.versioned import Versioned

STATUSES = [(status.value, status.value) for status in Status]


class AccountHealth(Versioned):
    """The latest probe. `checked_at` is set when a process takes the probe on, so that no other does the same."""

    account = models.OneToOneField(ProviderAccount, on_delete=models.CASCADE, related_name="health")
    status = models.CharField(max_length=10, choices=STATUSES, blank=True)
    said = models.TextField(blank=True)
    latency_ms = models.PositiveIntegerField(null=True)
    error_rate = models.FloatField(null=True, help_text="Of the latest calls, 0 to 1; empty when there were too few.")
    checked_at = models.DateTimeField(null=True)

    class Meta:
        verbose_name = "account health"
        verbose_name_plural = "account health"

    def __str__(self) -> str:
        return f"{self.account}: {self.status or 'not looked at yet'}"


class HealthCheck(models.Model):
    """One probe of the past."""

    account = models.ForeignKey(ProviderAccount, on_delete=models.CASCADE, related_name="health_checks")
    status = models.CharField(max_length=10, choices=STATUSES)
    said = models.TextField(blank=True)
    latency_ms = models.PositiveIntegerField()
    checked_at = models.DateTimeField()

    class Meta:
        ordering = ("-checked_at", "-id")
        verbose_name = "health check"
        indexes = (models.Index(fields=("account", "-checked_at"), name="checks_of_an_account"),)

    def __str__(self) -> str:
        return f"{self.account}: {self.status}"
