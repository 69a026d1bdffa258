"""What came out of runs: recommendations with their reasons, where each stands, and who decided."""

from django.conf import settings
from django.db import models
from django.db.models import Q

from recommendations.domain.reasons import ReviewReason
from recommendations.models.lists import RecommendationList
from recommendations.models.runs import Run


class Recommendation(models.Model):
    """A candidate that survived and was saved.

    waiting → listed → in_library
            → rejected | never
    unresolved → (looked up again by the next run) waiting | listed | expired
    """

    class Status(models.TextChoices):
        WAITING = "waiting", "Suggested"
        LISTED = "listed", "On the list"
        IN_LIBRARY = "in_library", "In your library"
        REJECTED = "rejected"
        NEVER = "never", "Never again"
        UNRESOLVED = "unresolved", "Looked up later"
        EXPIRED = "expired"

    run = models.ForeignKey(Run, null=True, on_delete=models.SET_NULL, related_name="recommendations")
    status = models.CharField(max_length=10, choices=Status.choices, db_index=True)
    artist = models.CharField(max_length=500)
    album = models.CharField(max_length=1000, blank=True)
    artist_key = models.CharField(max_length=500, db_index=True)
    album_key = models.CharField(max_length=1500, blank=True, db_index=True)
    artist_mbid = models.CharField("artist MBID", max_length=36, blank=True, db_index=True)
    release_group_mbid = models.CharField("release group MBID", max_length=36, blank=True, db_index=True)
    year = models.SmallIntegerField(null=True, blank=True)
    genres = models.JSONField(default=list)
    confidence = models.FloatField(null=True, blank=True)
    score = models.FloatField(null=True, blank=True)
    score_parts = models.JSONField(default=list)
    reason = models.TextField(blank=True)
    because_of = models.JSONField(default=list)
    evidence = models.CharField(max_length=1000, blank=True, help_text="The record the model named for this artist.")
    provider = models.CharField(max_length=40, blank=True)
    model = models.CharField(max_length=200, blank=True)
    review_reason = models.CharField(max_length=24, blank=True, choices=[(r.value, r.sentence) for r in ReviewReason])
    options = models.JSONField(default=list, help_text="The artists this name could mean.")
    created_at = models.DateTimeField(db_index=True)
    first_listed_at = models.DateTimeField(null=True, blank=True)
    decided_at = models.DateTimeField(null=True, blank=True)
    decided_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, null=True, blank=True, on_delete=models.SET_NULL, related_name="+"
    )
    # Last, because below it the name means this field and no longer Python's list.
    list = models.ForeignKey(RecommendationList, on_delete=models.CASCADE, related_name="recommendations")

    class Meta:
        ordering = ("-created_at", "-score", "id")
        constraints = (
            models.UniqueConstraint(
                fields=("list", "artist_mbid", "release_group_mbid"),
                condition=~Q(artist_mbid=""),
                name="one_recommendation_per_record",
            ),
        )

    def __str__(self) -> str:
        return f"{self.artist} – {self.album}" if self.album else self.artist

    @property
    def is_album(self) -> bool:
        """True for a record, False for an artist; in artist mode the named record is mere evidence."""
        return bool(self.album_key)

    @property
    def is_identified(self) -> bool:
        """True when it has every MBID its kind needs to be on a list."""
        return bool(self.artist_mbid) and (bool(self.release_group_mbid) or not self.is_album)


class ListedArtist(models.Model):
    """The number by which the albums contract names an artist; stable for ever, as Lidarr joins on it."""

    artist_mbid = models.CharField(max_length=36, unique=True)
    name = models.CharField(max_length=500)

    def __str__(self) -> str:
        return self.name
