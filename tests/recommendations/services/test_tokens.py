"""Tokens: long, unlike each other, and stored in no readable form."""

import re

import pytest
from django.db import connection

from recommendations.models import PublishedList, RecommendationList
from recommendations.services import tokens
from tests.factories import NOW, make_published_list


def test_a_token_has_128_bits_or_more_and_needs_no_escaping() -> None:
    made = {tokens.new_token() for _ in range(100)}

    assert len(made) == 100
    # Six bits a character.
    assert all(re.fullmatch(r"[A-Za-z0-9_-]{22,}", token) for token in made)


@pytest.mark.django_db
def test_rotating_publishes_the_new_digest_and_seals_the_token() -> None:
    made = make_published_list()

    token = tokens.rotate(made, NOW)

    stored = RecommendationList.objects.get()
    assert stored.token.open() == token
    assert stored.token_digest == PublishedList.objects.get().token_digest == tokens.digest(token)
    with connection.cursor() as cursor:
        cursor.execute("SELECT token, token_digest FROM recommendations_recommendationlist")
        assert token not in str(cursor.fetchall())
