"""Rows for tests, with only what a test does not care about filled in."""

from datetime import UTC, datetime
from typing import Any

from recommendations.models import Recommendation, RecommendationList
from recommendations.services import publishing, tokens

NOW = datetime(2026, 11, 21, 4, 0, tzinfo=UTC)
TOKEN = "a-token-of-the-owner"


def make_list(slug: str = "jazz", *, token: str = TOKEN, **fields: Any) -> RecommendationList:
    return RecommendationList.objects.create(
        name=slug, slug=slug, token=token, token_digest=tokens.digest(token), **fields
    )


def make_published_list(slug: str = "jazz", **fields: Any) -> RecommendationList:
    made = make_list(slug, **fields)
    publishing.render(made.pk, NOW)
    return made


def make_listed(recommendation_list: RecommendationList, number: int, **fields: Any) -> Recommendation:
    """A recommendation on the list, by artist `number`; in album mode give a release_group_mbid."""
    return Recommendation.objects.create(
        **{
            "list": recommendation_list,
            "status": Recommendation.Status.LISTED,
            "artist": f"Artist {number}",
            "artist_key": f"artist {number}",
            "artist_mbid": mbid(number),
            "score": 0.5,
            "created_at": NOW,
            "first_listed_at": NOW,
            **fields,
        }
    )


def mbid(number: int) -> str:
    return f"{number:08x}-0000-4000-8000-000000000000"
