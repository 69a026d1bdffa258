"""What counts as a key, and what of it may be shown."""

import pytest

from providers.keys import hint_of, is_placeholder


@pytest.mark.parametrize(
    "text",
    ["changeme", "CHANGE-ME", "your-api-key-here", "<YOUR_API_KEY>", " todo ", "xxxxxxxx", "••••••••", "********"],
)
def test_what_examples_write_is_a_placeholder(text: str) -> None:
    assert is_placeholder(text)


@pytest.mark.parametrize("text", ["sk-proj-8hQ2", "gsk_changeme9f2", "0123456789abcdef0123456789abcdef", ""])
def test_a_real_key_is_none(text: str) -> None:
    assert not is_placeholder(text)


def test_a_hint_is_the_end_of_a_long_key_and_nothing_of_a_short_one() -> None:
    assert hint_of("sk-abcdefgh1234") == "1234"
    assert hint_of("short-12345") == ""
