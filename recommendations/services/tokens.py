"""Tokens that let a Lidarr read a list: made here, kept sealed, compared by digest."""

import hashlib
import secrets
from datetime import datetime

from django.db import transaction

from recommendations.models import RecommendationList
from recommendations.services import publishing


def new_token() -> str:
    """192 random bits that need no escaping in an address."""
    return secrets.token_urlsafe(24)


def digest(token: str) -> str:
    """What is stored for comparing: SHA-256, as hex. The token is random, so no salt or stretching is needed."""
    return hashlib.sha256(token.encode("utf-8", "replace")).hexdigest()


def rotate(recommendation_list: RecommendationList, now: datetime) -> str:
    """Give the list a token and publish that only this one counts from now on. Returns it in clear."""
    token = new_token()
    recommendation_list.token = token
    recommendation_list.token_digest = digest(token)
    with transaction.atomic():
        recommendation_list.save(update_fields=("token", "token_digest"))
        publishing.render(recommendation_list.pk, now)
    return token
