"""What reaches the log."""

import logging

import pytest

from brainarr_site.logs import RedactingFormatter
from providers import vault


@pytest.fixture
def formatter() -> RedactingFormatter:
    return RedactingFormatter("%(levelname)s %(message)s")


def record(message: str, **fields: object) -> logging.LogRecord:
    made = logging.LogRecord("x", logging.INFO, "f.py", 1, message, None, None)
    vars(made).update(fields)
    return made


def test_fields_stand_behind_the_message(formatter: RedactingFormatter) -> None:
    assert formatter.format(record("Run ended", run=7)) == "INFO Run ended run=7"


def test_a_secret_that_was_opened_is_hidden_wherever_it_turns_up(formatter: RedactingFormatter) -> None:
    vault.unseal(vault.seal("canary-no-known-shape"))

    line = formatter.format(record("asked with canary-no-known-shape", url="http://x/canary-no-known-shape"))

    assert "canary" not in line


def test_a_secret_in_a_traceback_is_hidden(formatter: RedactingFormatter) -> None:
    vault.unseal(vault.seal("canary-in-a-traceback"))
    made = record("failed")
    try:
        int("canary-in-a-traceback")
    except ValueError as error:
        made.exc_info = (type(error), error, error.__traceback__)

    assert "canary" not in formatter.format(made)


def test_a_list_token_in_an_address_is_hidden(formatter: RedactingFormatter) -> None:
    assert "abcdef123456" not in formatter.format(record("GET /lists/weekly?apikey=abcdef123456"))
