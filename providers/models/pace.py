"""How fast the whole installation may ask a public service: one row a service, shared by every process."""

from django.db import models


class Pace(models.Model):
    """When the next request to a service may leave, in seconds since the epoch."""

    service = models.CharField(max_length=200, unique=True)
    next_at = models.FloatField(default=0.0)

    def __str__(self) -> str:
        return self.service
