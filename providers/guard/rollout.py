"""Which runs a change is tried on: a share of them, always the same ones, and more when the share grows."""

import hashlib
from enum import StrEnum

from providers.contracts import ModelKey


class Feature(StrEnum):
    """What can be rolled out per account and model."""

    STRUCTURED_OUTPUT = "structured_output"
    THINKING = "thinking"
    STREAMING = "streaming"


def is_included(key: ModelKey, feature: Feature, correlation: str, percent: int) -> bool:
    """Whether the run named `correlation` is among the `percent` (0 to 100) that get the feature."""
    name = f"{key.account_id}\0{key.model}\0{feature}\0{correlation}"
    drawn = int.from_bytes(hashlib.sha256(name.encode()).digest()[:8])
    return drawn % 10_000 < percent * 100
