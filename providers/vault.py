"""Seals secrets before they reach the database and opens them again, or fails; it never returns anything else.

The master keys stand newest first in the setting ENCRYPTION_KEYS: the first seals, all of them open.
"""

from functools import cache

from cryptography.fernet import Fernet, InvalidToken, MultiFernet
from django.conf import settings

from providers import redaction
from providers.errors import SecretUnreadable

PREFIX = "v1:"


def seal(plain: str) -> str:
    """The secret, encrypted and marked with its format. Raises SecretUnreadable when there is no usable key."""
    return PREFIX + _keys().encrypt(plain.encode()).decode()


def unseal(sealed: str) -> str:
    """The secret in clear. Raises SecretUnreadable: the ciphertext itself must never be sent as a key."""
    if not sealed.startswith(PREFIX):
        raise SecretUnreadable("A stored secret is not in a form this version knows; enter it again.")
    try:
        plain = _keys().decrypt(sealed.removeprefix(PREFIX).encode()).decode()
    except InvalidToken:
        raise SecretUnreadable(
            "A stored secret does not open with the encryption keys at hand; restore encryption_keys in the data "
            "folder (or BRAINARR_ENCRYPTION_KEYS) from your backup, or enter the secret again."
        ) from None
    redaction.remember(plain)
    return plain


@cache
def _keys() -> MultiFernet:
    try:
        return MultiFernet([Fernet(key) for key in settings.ENCRYPTION_KEYS.replace(",", " ").split()])
    except ValueError as error:
        raise SecretUnreadable(f"The encryption keys cannot be used ({error}); restore them from a backup.") from error
