"""What an account's vendor last said it offers, and whether the latest try to ask it failed."""

from collections.abc import Sequence

from django.db import models
from pydantic import TypeAdapter

from providers.contracts import OfferedModel
from providers.models.account import ProviderAccount

_OFFERED = TypeAdapter(tuple[OfferedModel, ...])


class DiscoveredModels(models.Model):
    """The last good list of an account's models and its age; `problem` is why the latest try brought none.

    `source` is whom the list came from: after the account is pointed elsewhere it is no longer true.
    """

    account = models.OneToOneField(ProviderAccount, on_delete=models.CASCADE, related_name="discovered")
    source = models.CharField(max_length=600)
    offered = models.JSONField(default=list)
    fetched_at = models.DateTimeField(null=True)
    tried_at = models.DateTimeField()
    problem = models.TextField(blank=True)

    class Meta:
        verbose_name = "list of models"
        verbose_name_plural = "lists of models"

    def __str__(self) -> str:
        return self.source

    @property
    def models(self) -> tuple[OfferedModel, ...]:
        return _OFFERED.validate_python(self.offered)

    @staticmethod
    def stored(offered: Sequence[OfferedModel]) -> list[dict[str, object]]:
        """The models as the column keeps them: exact prices and days as text."""
        kept: list[dict[str, object]] = _OFFERED.dump_python(tuple(offered), mode="json")
        return kept
