"""The calls under way: one numbered place each, held until given back or expired."""

from django.db import models

from providers.models.account import ProviderAccount


class Lease(models.Model):
    """A place at a model. `holder` names the call; it is empty when the place is free."""

    account = models.ForeignKey(ProviderAccount, on_delete=models.CASCADE, related_name="leases")
    model = models.CharField(max_length=200)
    number = models.PositiveSmallIntegerField()
    holder = models.CharField(max_length=40, blank=True)
    expires_at = models.DateTimeField()

    class Meta:
        constraints = (models.UniqueConstraint(fields=("account", "model", "number"), name="one_lease_per_place"),)

    def __str__(self) -> str:
        return f"{self.account} {self.model} place {self.number}"
