"""The owner's browser."""

import pytest
from django.contrib.auth import get_user_model
from django.test import Client


@pytest.fixture
def admin_client(db: None) -> Client:
    """Signed in as the owner, without the seconds that hashing a password takes."""
    client = Client()
    client.force_login(get_user_model().objects.create(username="owner", is_staff=True, is_superuser=True))
    return client
