"""Rows that several processes change at once: whoever has read the latest version may store the next."""

from typing import Any

from django.db import models


class Versioned(models.Model):
    """Load, decide, `swap`; when somebody was quicker, load and decide again."""

    version = models.PositiveBigIntegerField(default=0, editable=False)

    class Meta:
        abstract = True

    def swap(self, **changes: Any) -> bool:
        """Store the changes if the row is still as it was read; says whether it was."""
        rows = type(self)._default_manager.filter(pk=self.pk, version=self.version)
        return rows.update(version=self.version + 1, **changes) == 1
