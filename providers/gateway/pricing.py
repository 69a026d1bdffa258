"""What a call costs, and how many tokens a text is when nobody counted."""

import math
from decimal import Decimal

from providers.contracts import Price, Usage

MILLION = Decimal(1_000_000)


def tokens_in(text: str) -> int:
    """Rather too many than too few, in any script: a third of the bytes and 15 % more."""
    return math.ceil(len(text.encode("utf-8", "replace")) / 3 * 1.15)


def cost_of(usage: Usage, price: Price | None) -> Decimal | None:
    """US dollars; the vendor's own figure first, else tokens at list price, else None: not estimated."""
    if usage.cost is not None:
        return usage.cost
    if price is None or usage.input_tokens is None or usage.output_tokens is None:
        return None
    cached, written = usage.cached_input_tokens or 0, usage.written_input_tokens or 0
    cached_price = price.cached_input if price.cached_input is not None else price.input
    written_price = price.cache_write if price.cache_write is not None else price.input
    fresh = usage.input_tokens - cached - written
    sent = fresh * price.input + cached * cached_price + written * written_price
    return (sent + usage.output_tokens * price.output) / MILLION
