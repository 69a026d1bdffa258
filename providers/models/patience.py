"""How patient the owner wants us to be with an account, where that is not what its kind of provider gets."""

from django.core.validators import MinValueValidator
from django.db import models

from providers.guard.patience import Profile
from providers.models.account import ProviderAccount


class AccountPatience(models.Model):
    """Empty fields mean the default of local or cloud providers; the profile applies to both."""

    account = models.OneToOneField(ProviderAccount, on_delete=models.CASCADE, related_name="patience")
    profile = models.CharField(
        max_length=12,
        choices=[
            (Profile.CONSERVATIVE.value, "Conservative: ask me sooner"),
            (Profile.BALANCED.value, "Balanced"),
            (Profile.LONG_FORM.value, "Long-form: answers take their time"),
        ],
        default=Profile.BALANCED.value,
    )
    normal_s = models.FloatField(
        "normal, in seconds", null=True, blank=True, validators=[MinValueValidator(0.0)], help_text="Nothing is shown."
    )
    extended_s = models.FloatField(
        "extended, in seconds",
        null=True,
        blank=True,
        validators=[MinValueValidator(0.0)],
        help_text="Shown as slow but working.",
    )
    deep_wait_s = models.FloatField(
        "deep wait, in seconds",
        null=True,
        blank=True,
        validators=[MinValueValidator(0.0)],
        help_text="A failure after this long is not repeated without asking.",
    )
    heartbeat_s = models.FloatField(
        "heartbeat, in seconds",
        null=True,
        blank=True,
        validators=[MinValueValidator(0.05)],
        help_text="How often a streamed answer is expected to show a sign of life.",
    )
    stall_multiplier = models.FloatField(
        null=True,
        blank=True,
        validators=[MinValueValidator(1.0)],
        help_text="After so many missed heartbeats in a row the provider counts as stalled.",
    )

    class Meta:
        verbose_name = "patience"
        verbose_name_plural = "patience"

    def __str__(self) -> str:
        return f"{self.account}: {self.profile}"
