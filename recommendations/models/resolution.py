"""What MusicBrainz said of a name, kept so that it is not asked twice."""

from django.db import models


class Resolution(models.Model):
    """The verdict on one question: found ones are kept for 90 days, not-found ones for 7."""

    question = models.CharField(max_length=64, unique=True, help_text="A digest of everything the verdict rests on.")
    candidate = models.JSONField()
    verdict = models.CharField(max_length=12)
    expires_at = models.DateTimeField(db_index=True)

    def __str__(self) -> str:
        return self.verdict
