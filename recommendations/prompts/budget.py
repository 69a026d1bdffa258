"""How many tokens a text costs at most, how many a prompt may use, and how long an answer may get."""

from math import ceil

from recommendations.domain.types import Sampling

DEFAULT_WINDOW = 8192

_CEILING = 12_000
_SHORTEST_PROMPT = 1_400
_WRAPPING = 160
_ANSWER_EACH = 110
_ANSWER_FRAME = 120
_LIBRARY_FLOOR = 1_950
_SHARES = {Sampling.MINIMAL: 0.35, Sampling.BALANCED: 0.60, Sampling.COMPREHENSIVE: 1.0}


def estimate_tokens(text: str, calibration: float = 1.0) -> int:
    """An upper bound for the tokens of a text: its UTF-8 bytes / 3, and 15 % on top.

    Measured against o200k, bytes / 3 alone errs by -13 % on Chinese and Japanese, -2 % on JSON, +10 % on lists of
    artists, +41 % on Russian and +65 % on English prose; so with the 15 % it meets the worst of these and is nearly
    twice the truth for prose. Characters / 4 would be 75 % too low for Chinese. Vocabularies that fall back to single
    bytes (Llama 2 and its kin) can exceed it on scripts other than Latin: pass the `calibration` learned from
    the vendor's own counts (their tokens / our estimate), which may also lower it.
    """
    return ceil(len(text.encode("utf-8", "replace")) / 3 * 1.15 * calibration)


def bytes_within(tokens: int, calibration: float = 1.0) -> int:
    """The most UTF-8 bytes that `estimate_tokens` puts at no more than so many tokens."""
    return int(tokens * 3 / 1.15 / calibration)


def answer_tokens(asked_for: int) -> int:
    """Tokens to leave for an answer of so many recommendations; a pretty-printed one measures about 100."""
    return _ANSWER_FRAME + _ANSWER_EACH * asked_for


def answerable(context_window: int | None, asked_for: int) -> int:
    """How many recommendations can be asked for so that the shortest useful prompt and the answer fit the window."""
    free = _room(context_window, 0) - _SHORTEST_PROMPT
    return max(1, min(asked_for, free // _ANSWER_EACH))


def token_budget(context_window: int | None, sampling: Sampling, asked_for: int) -> int:
    """Tokens the whole prompt may use: the sampling's share of what the window leaves beside the answer.

    Never less than the shortest useful prompt where the window holds it, and never above 12,000: beyond some 1,500
    names a taste gets no clearer (models lose what stands in the middle of long prompts: Liu et al. 2023,
    arXiv:2307.03172), every round pays for the prompt again, and a home server reads 12,000 tokens for a minute.
    A window that is not known counts as 8,192. It is sized for windows from 2,048 up.
    """
    room = _room(context_window, asked_for)
    wished = int(min(room, _CEILING) * _SHARES[sampling])
    return max(wished, min(room, _SHORTEST_PROMPT))


def library_budget(budget: int, artist_count: int) -> int:
    """The part of a budget that is worth spending on so large a library.

    1,000 artists stay under 2,000 tokens whatever the window, larger libraries under two tokens an artist, which is
    about a fiftieth of the library written out.
    """
    return min(budget, max(_LIBRARY_FLOOR, artist_count * _LIBRARY_FLOOR // 1000))


def sample_size(budget: int, artist_count: int) -> int:
    """How many artists to draw so that a prompt of this budget has a few to spare; a name is about 6 tokens."""
    return max(24, library_budget(budget, artist_count) // 8)


def _room(context_window: int | None, asked_for: int) -> int:
    # A chat template and a JSON schema cost tokens that are not in the prompt's text.
    window = DEFAULT_WINDOW if context_window is None else context_window
    return max(0, window - window // 50 - _WRAPPING - answer_tokens(asked_for))
