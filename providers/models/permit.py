"""How fast a model is called: the bucket of permits that each model of an account draws from."""

from django.db import models

from providers.models.account import ProviderAccount
from providers.models.versioned import Versioned


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
