"""Whether and when a failed attempt is repeated."""

from datetime import timedelta

from providers.errors import ProviderError

RETRIES = 2
FIRST_WAIT = timedelta(seconds=1)
LONGEST_WAIT = timedelta(seconds=10)
JITTER = 0.1


def is_worth_retrying(error: BaseException) -> bool:
    """True for an error that may pass by itself."""
    return isinstance(error, ProviderError) and error.is_retryable


def wait_before(attempt: int, error: BaseException | None, dice: float) -> timedelta:
    """How long to wait after failed attempt number `attempt` (from 1); `dice` is uniform in 0 to 1.

    Exponential from 1 s to 10 s with ±10 % jitter, and never less than the other side asked for.
    """
    asked = error.retry_after if isinstance(error, ProviderError) else None
    wait: timedelta = min(FIRST_WAIT * 2 ** (attempt - 1), LONGEST_WAIT) * (1 + JITTER * (2 * dice - 1))
    return max(wait, asked) if asked else wait
