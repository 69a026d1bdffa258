"""Canaries pushed through every path on which words travel: errors, their repr, logs, tracebacks."""

import logging
import traceback
from datetime import timedelta

import httpcore
import httpx
import pytest

from providers import errors
from providers.errors import InvalidRequest, ProviderError, TimedOut
from providers.http import Limits, open_client, redact, translate
from providers.http.translation import translated
from providers.simulators.server import Reply, Request, Simulator

CANARY = "canary-7f3d99aa11"
LIMITS = Limits(*[timedelta(seconds=5)] * 4)


class Hello(Simulator):
    def answer(self, request: Request) -> Reply:
        return Reply.of({})


@pytest.mark.parametrize(
    "words",
    [
        f"Authorization: Bearer {CANARY}",
        f"sent Basic {CANARY}",
        f"sent bearer {CANARY}",
        f"Authorization: {CANARY}",
        f'{{"authorization": "Bearer {CANARY}"}}',
        f"x-api-key: {CANARY}",
        f"GET http://nas:8686/api/v1/artist?apikey={CANARY}&page=1",
        f"http://host/?api_key={CANARY}",
        f"http://host/?access_token={CANARY}",
        f"http://host/?token={CANARY}",
        f"https://generativelanguage.example/v1?key={CANARY}",
        f"http://owner:{CANARY}@nas:8686/lidarr",
        f"password={CANARY}",
        "Incorrect API key provided: sk-proj-********************canary-7f3d99aa11.",
        f"the key gsk_{CANARY.replace('-', '')}canary-7f3d99aa11 is unknown",
    ],
)
def test_anything_shaped_like_a_secret_is_hidden(words: str) -> None:
    assert "canary" not in redact(words)


@pytest.mark.parametrize(
    "words", [f"you sent {CANARY}", 'you sent "a\\"b c"', "you sent a%22b%20c", "you sent a%22b+c"]
)
def test_a_known_secret_is_hidden_in_every_spelling(words: str) -> None:
    hidden = redact(words, (CANARY, 'a"b c'))

    assert hidden.replace('"', "") == "you sent [hidden]"


@pytest.mark.parametrize(
    "words",
    [
        "This model's maximum context length is 8192 tokens, however you requested 9000 tokens.",
        "Rate limit reached on tokens per minute (TPM): Limit 6000, Used 5900. Please try again in 5.289s.",
        "The model `gpt-6-luna` does not exist or you do not have access to it.",
        "see https://platform.example.com/account/api-keys",
        "a basic request without a bearer token",
    ],
)
def test_ordinary_words_are_left_alone(words: str) -> None:
    assert redact(words) == words


def test_no_log_line_holds_a_url_with_a_key_or_a_header(caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.DEBUG)

    with Hello() as server, open_client("Lidarr", LIMITS) as client:
        client.get(f"{server.url}/feed?apikey={CANARY}", headers={"Authorization": f"Bearer {CANARY}"})

    assert CANARY not in caplog.text


@pytest.mark.parametrize("key", [f"{CANARY}\n", f"{CANARY}é", f"{CANARY}\x00"])
def test_a_key_that_cannot_be_sent_is_not_quoted_by_the_error_about_it(key: str) -> None:
    with (
        Hello() as server,
        open_client("Lidarr", LIMITS) as client,
        pytest.raises(InvalidRequest) as caught,
        translate("Lidarr"),
    ):
        client.get(server.url, headers={"X-Api-Key": key})

    told = "".join(traceback.format_exception(caught.value)) + repr(caught.value) + str(vars(caught.value))
    assert CANARY not in told


def test_an_exceptions_own_words_are_redacted() -> None:
    with pytest.raises(ProviderError) as caught, translate("Lidarr"):
        raise httpx.ConnectError(f"http://nas/?apikey={CANARY}")

    assert CANARY not in "".join(traceback.format_exception(caught.value))


def exceptions_of(module: object) -> list[type[Exception]]:
    return [kind for kind in vars(module).values() if isinstance(kind, type) and issubclass(kind, Exception)]


@pytest.mark.parametrize(
    "kind", [*exceptions_of(httpx), *exceptions_of(httpcore)], ids=lambda kind: f"{kind.__module__}.{kind.__name__}"
)
def test_no_exception_of_the_http_library_is_left_untranslated(kind: type[Exception]) -> None:
    error = kind.__new__(kind, "boom")

    with pytest.raises(ProviderError) as caught, translate("Lidarr"):
        raise error

    assert type(caught.value) is not ProviderError


def test_time_outs_say_where_they_struck() -> None:
    assert isinstance(connect := translated("X", httpx.ConnectTimeout("")), TimedOut)
    assert isinstance(read := translated("X", httpcore.ReadTimeout("")), TimedOut)
    assert (connect.phase, read.phase) == (errors.Phase.CONNECT, errors.Phase.IDLE)
