"""Sets up whom Brainarr talks to: the owner's accounts at vendors, and their Lidarr servers."""

from collections.abc import Iterable
from typing import Any

from django.db.models import QuerySet

from providers.errors import SecretUnreadable
from providers.keys import hint_of, is_placeholder
from providers.models import ApiKey, LidarrConnection, ProviderAccount, Sealed


class KeyRefused(Exception):
    """What was entered as a key is none; the message says what to do."""


def check_key(key: str) -> None:
    """Raise KeyRefused for a placeholder that was never replaced."""
    if is_placeholder(key):
        raise KeyRefused(f"“{key}” is a placeholder; enter the real key.")


def declare_lidarr(name: str, base_url: str, api_key: str) -> LidarrConnection:
    """Create or change a Lidarr connection; an empty key keeps the stored one. Raises KeyRefused if there is none."""
    row = LidarrConnection.objects.filter(name=name).first() or LidarrConnection(name=name)
    check_key(api_key)
    if not api_key and not row.api_key:
        raise KeyRefused(f"“{name}” has no API key; copy it from Lidarr: Settings → General → Security.")
    row.base_url = base_url.rstrip("/")
    row.is_enabled = True
    if api_key and not _holds(row.api_key, api_key):
        row.api_key = api_key
    row.save()
    return row


def declare_account(name: str, provider: str, api_key: str, **settings: Any) -> ProviderAccount:
    """Create or change an account; `settings` are its columns. A new key replaces the stored ones, none keeps them."""
    row = ProviderAccount.objects.filter(name=name).first() or ProviderAccount(name=name)
    check_key(api_key)
    row.provider = provider
    row.is_enabled = True
    for field, value in settings.items():
        setattr(row, field, value)
    row.save()
    if api_key and not any(_holds(kept.secret, api_key) for kept in row.keys.all()):
        row.keys.all().delete()
        ApiKey.objects.create(account=row, secret=api_key, hint=hint_of(api_key))
    return row


def _holds(secret: Sealed, key: str) -> bool:
    try:
        return secret.open() == key
    except SecretUnreadable:
        # Entering it again is the way out when the encryption keys are lost.
        return False


def all_accounts() -> QuerySet[ProviderAccount]:
    """Every account, for choosing one."""
    return ProviderAccount.objects.all()


def find_account(name: str) -> ProviderAccount | None:
    return ProviderAccount.objects.filter(name=name).first()


def find_lidarrs(names: Iterable[str]) -> dict[str, LidarrConnection]:
    """Those of the named Lidarr connections that exist."""
    return {row.name: row for row in LidarrConnection.objects.filter(name__in=list(names))}


def enabled_lidarrs() -> list[LidarrConnection]:
    return list(LidarrConnection.objects.filter(is_enabled=True))
