"""The last sign of life from the task queue, written by a task: a cluster that looks alive may not be working."""

from typing import ClassVar

from django.db import models


class Heartbeat(models.Model):
    """One row; `token` is the question that was answered."""

    ONLY: ClassVar[int] = 1

    token = models.CharField(max_length=40)
    beaten_at = models.DateTimeField()

    def __str__(self) -> str:
        return f"{self.beaten_at:%Y-%m-%d %H:%M:%S}"
