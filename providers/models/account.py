"""Whom we may ask: accounts at language model vendors with their keys, and the Lidarr servers we read and feed."""

from datetime import timedelta

from django.core.validators import MaxValueValidator, MinValueValidator
from django.db import models

from providers import registry
from providers.contracts import Structure, ThinkingMode
from providers.models.fields import SealedField


class ProviderAccount(models.Model):
    """One vendor or server, as the owner set it up. Empty fields mean what the vendor's own file says."""

    name = models.CharField(max_length=100, unique=True, help_text="How you call it, for example “Groq, free plan”.")
    provider = models.CharField(max_length=40, choices=registry.provider_choices)
    base_url = models.CharField(
        "base URL", max_length=500, blank=True, help_text="Leave empty for the vendor's own address."
    )
    model = models.CharField(
        max_length=200,
        blank=True,
        help_text="The model's exact id. It is sent as typed, and it is the one that is priced.",
    )
    context_window = models.PositiveIntegerField(
        null=True, blank=True, help_text="In tokens. Leave empty unless your server is set to another size."
    )
    max_output_tokens = models.PositiveIntegerField(null=True, blank=True)
    temperature = models.FloatField(null=True, blank=True, validators=[MinValueValidator(0.0), MaxValueValidator(2.0)])
    thinking = models.CharField(
        max_length=4,
        choices=[
            (ThinkingMode.OFF.value, "Off, or as little as the model can"),
            (ThinkingMode.AUTO.value, "As its vendor sets it"),
            (ThinkingMode.ON.value, "On"),
        ],
        default=ThinkingMode.AUTO.value,
        help_text="Only for models that can think before they answer; others are not told.",
    )
    thinking_budget_tokens = models.PositiveIntegerField(
        "thinking budget",
        null=True,
        blank=True,
        help_text="In tokens, with thinking on. Models that know levels of effort get the nearest.",
    )
    structure = models.CharField(
        max_length=20,
        blank=True,
        choices=[(form.value, form.name.replace("_", " ").capitalize()) for form in Structure],
        help_text="How firmly answers are held to a form. Leave empty for what the model is known to support.",
    )
    allows_text_fallback = models.BooleanField(
        "ask without a form when the form fails",
        default=True,
        help_text="After an unreadable answer and one repair, ask once more in plain text.",
    )
    shares = models.CharField(
        "what leaves the house",
        max_length=8,
        choices=[
            ("names", "Artists' names, genres and eras"),
            ("genres", "Genres and eras only"),
            ("nothing", "Nothing but the list's brief"),
        ],
        default="names",
    )
    base_timeout_seconds = models.PositiveIntegerField(
        default=30, validators=[MinValueValidator(5), MaxValueValidator(600)], help_text="How long to wait for life."
    )
    requests_per_minute = models.PositiveIntegerField(
        null=True,
        blank=True,
        validators=[MinValueValidator(1), MaxValueValidator(100_000)],
        help_text="To each of its models. Leave empty for what the vendor is known to allow.",
    )
    calls_at_once = models.PositiveSmallIntegerField(
        null=True,
        blank=True,
        validators=[MinValueValidator(1), MaxValueValidator(100)],
        help_text="To each of its models. Leave empty for 1 on a local server and 4 elsewhere.",
    )
    is_enabled = models.BooleanField(default=True)
    created_at = models.DateTimeField(auto_now_add=True)

    class Meta:
        ordering = ("name",)
        verbose_name = "account"

    def __str__(self) -> str:
        return self.name

    @property
    def base_timeout(self) -> timedelta:
        return timedelta(seconds=self.base_timeout_seconds)


class ApiKey(models.Model):
    """A key of an account. The first enabled one is used."""

    account = models.ForeignKey(ProviderAccount, on_delete=models.CASCADE, related_name="keys")
    secret = SealedField("key", help_text="Stored encrypted; shown nowhere.")
    hint = models.CharField(max_length=12, editable=False, blank=True)
    is_enabled = models.BooleanField(default=True)
    created_at = models.DateTimeField(auto_now_add=True)

    class Meta:
        ordering = ("id",)
        verbose_name = "API key"

    def __str__(self) -> str:
        return self.hint or "key"


class LidarrConnection(models.Model):
    """A Lidarr whose library is read and whose import lists we feed."""

    name = models.CharField(max_length=100, unique=True)
    base_url = models.CharField("URL", max_length=500, help_text="For example http://lidarr:8686, with its URL base.")
    api_key = SealedField("API key", help_text="In Lidarr: Settings → General → Security. Stored encrypted.")
    is_enabled = models.BooleanField(default=True)
    created_at = models.DateTimeField(auto_now_add=True)

    class Meta:
        ordering = ("name",)
        verbose_name = "Lidarr connection"

    def __str__(self) -> str:
        return self.name
