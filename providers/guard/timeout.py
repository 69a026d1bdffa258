"""How long an attempt may take, phase by phase."""

from datetime import timedelta

from providers.http import Limits

JITTER = 0.25
LONGEST = timedelta(minutes=10)
CONNECT = timedelta(seconds=10)
# A local server may have to read a model of many gigabytes from a slow disk before its first token.
LOCAL_PATIENCE = 10


def attempt_limits(base: timedelta, *, is_local: bool, dice: float) -> Limits:
    """The limits of one streamed attempt: `base` plus up to 25 %; `dice` is uniform in 0 to 1.

    The jitter keeps several processes that were cut off together from coming back together.
    """
    life = base * (1 + JITTER * dice)
    first = min(life * LOCAL_PATIENCE, LONGEST) if is_local else life
    return Limits(connect=min(CONNECT, life), first_token=first, idle=life, total=LONGEST)
