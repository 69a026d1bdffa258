"""The owner's lists, and what Lidarr reads of each: bytes made when something changes, not when they are asked for."""

from django.core.validators import MaxValueValidator, MinValueValidator
from django.db import models

from providers.models import SealedField
from recommendations.domain.types import Discovery, Mode, OnTrouble, ReviewPolicy, Sampling, Sensitivity


def _choices(kind: type[Mode | Discovery | Sampling | Sensitivity | ReviewPolicy | OnTrouble]) -> list[tuple[str, str]]:
    return [(member.value, member.value.capitalize()) for member in kind]


class RecommendationList(models.Model):
    """What to recommend, whom to ask, and how sure to be."""

    name = models.CharField(max_length=100)
    slug = models.SlugField(max_length=60, unique=True, help_text="Part of the address that Lidarr reads.")
    token = SealedField(editable=False)
    token_digest = models.CharField(max_length=64, editable=False)
    mode = models.CharField(max_length=10, choices=_choices(Mode), default=Mode.ARTISTS)
    wish = models.TextField(
        "brief", blank=True, max_length=2000, help_text="In your words: “more like Talk Talk, less metal”."
    )
    styles = models.JSONField(default=list, blank=True, help_text="Only these styles. Empty means all.")
    discovery = models.CharField(max_length=12, choices=_choices(Discovery), default=Discovery.SIMILAR)
    sampling = models.CharField(
        max_length=14,
        choices=_choices(Sampling),
        default=Sampling.BALANCED,
        help_text="How much of the model's window the picture of your library may fill.",
    )
    target = models.PositiveSmallIntegerField(
        default=20, validators=[MinValueValidator(1), MaxValueValidator(100)], help_text="New recommendations per run."
    )
    minimum_confidence = models.FloatField(default=0.6, validators=[MinValueValidator(0.0), MaxValueValidator(1.0)])
    requires_mbid = models.BooleanField("MBID required", default=True)
    review_policy = models.CharField(max_length=12, choices=_choices(ReviewPolicy), default=ReviewPolicy.BORDERLINE)
    per_artist_cap = models.PositiveSmallIntegerField(default=2, validators=[MinValueValidator(1)])
    sensitivity = models.CharField(
        "stop sensitivity",
        max_length=12,
        choices=_choices(Sensitivity),
        default=Sensitivity.NORMAL,
        help_text="How soon to stop asking again when answers bring little.",
    )
    max_rounds = models.PositiveSmallIntegerField(default=5, validators=[MinValueValidator(1), MaxValueValidator(20)])
    rejection_window_days = models.PositiveSmallIntegerField(
        default=365, help_text="Days before something you rejected may come back. 0 means never."
    )
    suggestion_window_days = models.PositiveSmallIntegerField(
        default=90, help_text="Days before something suggested may be suggested again."
    )
    schedule = models.CharField(
        max_length=100, blank=True, help_text="Cron, for example “0 4 * * 1” for Mondays at four. Empty: by hand only."
    )
    quiet_from = models.TimeField(null=True, blank=True, help_text="No scheduled run starts from here …")
    quiet_until = models.TimeField(null=True, blank=True, help_text="… until here.")
    next_run_at = models.DateTimeField(null=True, editable=False, db_index=True)
    account = models.ForeignKey(
        "providers.ProviderAccount", null=True, blank=True, on_delete=models.PROTECT, related_name="+"
    )
    model = models.CharField(max_length=200, blank=True, help_text="Leave empty for the account's own model.")
    on_trouble = models.CharField(
        "when the provider fails",
        max_length=10,
        choices=_choices(OnTrouble),
        default=OnTrouble.ASK,
        help_text="Automatic goes along the chain of fallbacks; nothing else ever asks another provider unasked.",
    )
    fallbacks = models.ManyToManyField(
        "providers.ProviderAccount", blank=True, related_name="+", through="FallbackAccount"
    )
    connections = models.ManyToManyField(
        "providers.LidarrConnection", blank=True, related_name="+", verbose_name="Lidarr connections"
    )
    lidarr_tags = models.JSONField(default=list, blank=True, help_text="Tags Lidarr puts on what it adds.")
    is_enabled = models.BooleanField(default=True)
    seed = models.PositiveIntegerField(default=0, editable=False)
    created_at = models.DateTimeField(auto_now_add=True)

    class Meta:
        ordering = ("name",)
        verbose_name = "list"

    def __str__(self) -> str:
        return self.name


class FallbackAccount(models.Model):
    """A link of a list's chain: who is asked when those before it failed. Lower positions come first."""

    list = models.ForeignKey(RecommendationList, on_delete=models.CASCADE, related_name="chain")
    account = models.ForeignKey("providers.ProviderAccount", on_delete=models.CASCADE, related_name="+")
    position = models.PositiveSmallIntegerField()

    class Meta:
        ordering = ("position", "pk")
        verbose_name = "fallback"
        constraints = (models.UniqueConstraint(fields=("list", "account"), name="one_link_per_account"),)

    def __str__(self) -> str:
        return str(self.account)


class PublishedList(models.Model):
    """Everything a reader of the list needs, in one row: who may read, and the bytes to send."""

    list = models.OneToOneField(RecommendationList, on_delete=models.CASCADE, related_name="published")
    slug = models.CharField(max_length=60, unique=True)
    token_digest = models.CharField(max_length=64)
    is_enabled = models.BooleanField()
    custom = models.BinaryField()
    artists = models.BinaryField()
    albums = models.BinaryField()
    etag = models.CharField(max_length=40)
    rendered_at = models.DateTimeField()

    def __str__(self) -> str:
        return self.slug
