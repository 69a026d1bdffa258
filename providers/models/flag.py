"""Changes the owner tries on a share of the runs."""

from django.core.validators import MaxValueValidator
from django.db import models

from providers.guard.rollout import Feature
from providers.models.account import ProviderAccount


class Flag(models.Model):
    """Which share of runs gets a feature. Without a row every run gets what the model and the account say."""

    account = models.ForeignKey(ProviderAccount, on_delete=models.CASCADE, related_name="flags")
    model = models.CharField(max_length=200, blank=True, help_text="Leave empty for every model of the account.")
    feature = models.CharField(
        max_length=20, choices=[(feature.value, feature.value.replace("_", " ")) for feature in Feature]
    )
    percent = models.PositiveSmallIntegerField(
        default=10, validators=[MaxValueValidator(100)], help_text="Of the runs; always the same ones."
    )
    is_enabled = models.BooleanField(default=True, help_text="Turn off to withdraw the feature from every run.")

    class Meta:
        constraints = (models.UniqueConstraint(fields=("account", "model", "feature"), name="one_flag_per_feature"),)

    def __str__(self) -> str:
        return f"{self.account} {self.model or 'every model'} {self.feature}"
