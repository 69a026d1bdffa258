"""Which features a run gets from the owner's flags."""

from collections.abc import Mapping

from providers.contracts import ModelKey
from providers.guard.rollout import Feature, is_included
from providers.models import Flag


def features_for(key: ModelKey, correlation: str) -> Mapping[Feature, bool]:
    """On or off for every feature that has a flag; a flag for the model goes before one for the whole account."""
    rows = [row for row in Flag.objects.filter(account_id=key.account_id) if row.model in ("", key.model)]
    return {
        Feature(row.feature): row.is_enabled and is_included(key, Feature(row.feature), correlation, row.percent)
        for row in sorted(rows, key=lambda row: row.model)
    }
