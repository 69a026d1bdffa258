"""Which key a call goes out with, and which rest."""

import hashlib
from collections.abc import Iterable
from datetime import datetime

from providers.errors import AuthenticationFailed, KeysResting, ProviderError
from providers.guard.key_choice import KnownKey, all_rest_until, choose_key, rest_after
from providers.models import ApiKey, KeyRest, ProviderAccount


def key_for(account: ProviderAccount, now: datetime, *, is_needed: bool) -> ApiKey | None:
    """The first enabled key that does not rest; None when the account has none and the vendor needs none.

    Raises AuthenticationFailed when one is needed, KeysResting when all of them rest.
    """
    rows = list(account.keys.filter(is_enabled=True).select_related("rest"))
    known = _known(rows)
    chosen = choose_key(known, now)
    if chosen is not None:
        return next(row for row in rows if row.pk == chosen)
    if not rows:
        if is_needed:
            raise AuthenticationFailed(account.name, "no API key is set up")
        return None
    until = all_rest_until(known)
    reasons = {rest.reason for row in rows if (rest := _rest_of(row))}
    raise KeysResting(
        account.name, f"all rest until {until:%Y-%m-%d %H:%M} UTC: {'; '.join(sorted(reasons))}", until=until
    )


def rest_key(key: ApiKey, error: ProviderError, now: datetime) -> bool:
    """Let the key rest if `error` is its fault; says whether that was so and another key can take its place."""
    until = rest_after(error, now)
    if until is None:
        return False
    KeyRest.objects.update_or_create(key=key, defaults={"seal": _seal_of(key), "until": until, "reason": str(error)})
    others = key.account.keys.filter(is_enabled=True).exclude(pk=key.pk).select_related("rest")
    return choose_key(_known(others), now) is not None


def _known(rows: Iterable[ApiKey]) -> list[KnownKey]:
    return [KnownKey(row.pk, rest.until if (rest := _rest_of(row)) else None) for row in rows]


def _rest_of(key: ApiKey) -> KeyRest | None:
    rest: KeyRest | None = getattr(key, "rest", None)
    return rest if rest is not None and rest.seal == _seal_of(key) else None


def _seal_of(key: ApiKey) -> str:
    return hashlib.sha256(key.secret.stored.encode()).hexdigest()
