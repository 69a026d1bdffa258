"""How fast and how many at once: the owner's limits, and the bucket of permits each model of an account draws from."""

from django.core.validators import MaxValueValidator, MinValueValidator
from django.db import models

from providers.models.account import ProviderAccount
from providers.models.versioned import Versioned


class RateLimit(models.Model):
    """The owner's limits for a model, or for all models of an account. Empty means what the vendor's file says."""

    account = models.ForeignKey(ProviderAccount, on_delete=models.CASCADE, related_name="rate_limits")
    model = models.CharField(max_length=200, blank=True, help_text="Leave empty for every model of the account.")
    requests_per_minute = models.PositiveIntegerField(
        null=True, blank=True, validators=[MinValueValidator(1), MaxValueValidator(100_000)]
    )
    calls_at_once = models.PositiveSmallIntegerField(
        null=True, blank=True, validators=[MinValueValidator(1), MaxValueValidator(100)]
    )

    class Meta:
        ordering = ("account", "model")
        verbose_name = "limit"
        constraints = (models.UniqueConstraint(fields=("account", "model"), name="one_limit_per_model"),)

    def __str__(self) -> str:
        return f"{self.account} {self.model or 'every model'}"


class PermitBucket(Versioned):
    """`guard.limiter.Bucket` in columns."""

    account = models.ForeignKey(ProviderAccount, on_delete=models.CASCADE, related_name="permit_buckets")
    model = models.CharField(max_length=200)
    level = models.FloatField()
    at = models.DateTimeField()
    held_until = models.DateTimeField(null=True)
    share = models.FloatField(default=1.0)
    slowed_at = models.DateTimeField(null=True)

    class Meta:
        verbose_name = "permits"
        verbose_name_plural = "permits"
        constraints = (models.UniqueConstraint(fields=("account", "model"), name="one_bucket_per_model"),)

    def __str__(self) -> str:
        return f"{self.account} {self.model}"
