"""Makes the first start usable: an owner who can sign in, with a password nobody else knows."""

import os
import secrets
from pathlib import Path

from django.conf import settings
from django.contrib.auth import get_user_model

NAME = "admin"


def welcome() -> str:
    """Create the owner's login if nobody has one; returns what to tell the owner, or "" on any later start."""
    users = get_user_model().objects
    if users.exists():
        return ""
    password = settings.ADMIN_PASSWORD or _written_down(Path(settings.DATA_DIR) / "first_password")
    users.create_superuser(NAME, password=password)
    source = "BRAINARR_ADMIN_PASSWORD" if settings.ADMIN_PASSWORD else f"{settings.DATA_DIR}/first_password"
    return f"First start: sign in at {settings.PUBLIC_URL}/admin/ as “{NAME}” with the password in {source}."


def _written_down(path: Path) -> str:
    """A fresh password, in a file only the owner of the data folder can read; never in the log."""
    password = secrets.token_urlsafe(12)
    descriptor = os.open(path, os.O_CREAT | os.O_TRUNC | os.O_WRONLY, 0o600)
    with os.fdopen(descriptor, "w", encoding="ascii") as file:
        file.write(f"{password}\n")
    return password
