"""How long an attempt may take, phase by phase."""

import math
from collections.abc import Sequence
from datetime import timedelta

from providers.http import Limits

JITTER = 0.25
LONGEST = timedelta(minutes=10)
CONNECT = timedelta(seconds=10)
# A local server may have to read a model of many gigabytes from a slow disk before its first token.
LOCAL_PATIENCE = 10

SHORTEST = timedelta(seconds=5)
CALLS_KNOWN = 20
CALLS_LOOKED_AT = 100
MARGIN = 1.5


def adaptive_base(base: timedelta, durations: Sequence[timedelta]) -> timedelta:
    """How long to wait for life, from how long the model's latest complete calls took; `base` until 20 are known.

    1.5 times the 95th percentile (nearest rank), between 5 seconds and 10 minutes.
    """
    if len(durations) < CALLS_KNOWN:
        return base
    slow: timedelta = sorted(durations)[math.ceil(0.95 * len(durations)) - 1]
    return min(max(slow * MARGIN, SHORTEST), LONGEST)


def attempt_limits(base: timedelta, *, is_local: bool, dice: float) -> Limits:
    """The limits of one streamed attempt: `base` plus up to 25 %; `dice` is uniform in 0 to 1.

    The jitter keeps several processes that were cut off together from coming back together.
    """
    life = base * (1 + JITTER * dice)
    first = min(life * LOCAL_PATIENCE, LONGEST) if is_local else life
    return Limits(connect=min(CONNECT, life), first_token=first, idle=life, total=LONGEST)
