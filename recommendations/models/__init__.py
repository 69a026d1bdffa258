"""Rows of the house: library, lists, runs, recommendations, resolutions, the sign of life."""

from recommendations.models.heartbeat import Heartbeat
from recommendations.models.library import (
    LibraryAlbum,
    LibraryArtist,
    LibraryExclusion,
    LibraryProfile,
    LibrarySync,
)
from recommendations.models.lists import FallbackAccount, PublishedList, RecommendationList
from recommendations.models.recommendation import ListedArtist, Recommendation
from recommendations.models.resolution import Resolution
from recommendations.models.runs import Checkpoint, DroppedCandidate, Run, StageReport

__all__ = [
    "Checkpoint",
    "DroppedCandidate",
    "FallbackAccount",
    "Heartbeat",
    "LibraryAlbum",
    "LibraryArtist",
    "LibraryExclusion",
    "LibraryProfile",
    "LibrarySync",
    "ListedArtist",
    "PublishedList",
    "Recommendation",
    "RecommendationList",
    "Resolution",
    "Run",
    "StageReport",
]
