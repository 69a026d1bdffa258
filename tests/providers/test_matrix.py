"""Every vendor through everything that can happen to a question: what was sent, what the ledger counts, who is told.

Over real HTTP, through the only door. Cells that have to wait for a clock are marked slow.
"""

import socket
import threading
from collections.abc import Iterator, Sequence
from contextlib import ExitStack
from datetime import UTC, datetime, timedelta
from typing import Any, cast

import pytest

from providers.accounts import declare_account
from providers.contracts import LanguageAdapter, Structure
from providers.errors import (
    AuthenticationFailed,
    ConnectionFailed,
    ContentRefused,
    CutOff,
    EmptyAnswer,
    NotFound,
    Overloaded,
    Phase,
    ProviderError,
    QuotaExhausted,
    RateLimited,
    TimedOut,
)
from providers.gateway import Answer, Question, choose_model, complete
from providers.llm.ollama import Ollama
from providers.models import AccountPatience, ProviderAccount, ProviderCall
from providers.simulators.scripted import BROKEN_OFF, CUT_AT_LIMIT, DEFAULT_ANSWER, EMPTY, REFUSAL
from recommendations.domain.types import Batch, Brief, Mode, Prompt
from recommendations.stage import Library, RunContext
from recommendations.stages.ask import NothingReadable, ask
from tests.providers.places import KEY, MODEL, VENDORS, Place, key_of, model_of, place_of

pytestmark = pytest.mark.django_db
PROMPT = Prompt("You answer in JSON.", "The library.\n\nChoose 1 artist and answer in JSON.", 20, 1, "1")


@pytest.fixture(scope="module")
def places() -> Iterator[dict[str, Place]]:
    with ExitStack() as running:
        made = {adapter.slug: place_of(adapter) for adapter in VENDORS}
        for place in made.values():
            running.enter_context(place.server)
        yield made


@pytest.fixture(scope="module")
def deaf_address() -> Iterator[str]:
    """A port that takes connections and never shakes hands."""
    with socket.create_server(("127.0.0.1", 0), backlog=128) as deaf:
        yield f"https://127.0.0.1:{deaf.getsockname()[1]}"


@pytest.fixture(params=VENDORS, ids=lambda adapter: adapter.slug)
def place(request: pytest.FixtureRequest, places: dict[str, Place]) -> Iterator[Place]:
    adapter: LanguageAdapter = request.param
    found = places[adapter.slug]
    yield found
    found.server.requests.clear()
    found.server.faults.clear()
    found.server.unscript()
    found.server.pace = 0.0


@pytest.fixture
def account(place: Place) -> ProviderAccount:
    return account_at(place.base_url, place.adapter)


@pytest.fixture(autouse=True)
def impatient(monkeypatch: pytest.MonkeyPatch) -> None:
    """Failed attempts are repeated at once."""
    monkeypatch.setattr("providers.guard.retry.FIRST_WAIT", timedelta(milliseconds=5))


@pytest.fixture
def single(monkeypatch: pytest.MonkeyPatch) -> None:
    """One attempt: these cells wait for a clock, and three attempts wait three times."""
    monkeypatch.setattr("providers.guard.retry.RETRIES", 0)


def account_at(base_url: str, adapter: LanguageAdapter, **settings: Any) -> ProviderAccount:
    settings = {"base_url": base_url, "model": MODEL, "base_timeout_seconds": 1, **settings}
    return declare_account(f"Mine at {adapter.label}", adapter.slug, KEY, **settings)


def question(account: ProviderAccount, *, tick: Any = lambda: None, **changes: Any) -> Answer:
    asked = Question(
        account_id=account.pk,
        model="",
        system=PROMPT.system,
        user=PROMPT.user,
        correlation="run-1",
        step="1:ask",
        structure=Structure.TEXT,
        **changes,
    )
    return complete(asked, tick=tick)


def ledger() -> list[ProviderCall]:
    return list(ProviderCall.objects.order_by("attempt", "id"))


def outcomes() -> list[str]:
    return [call.outcome for call in ledger()]


def refused(account: ProviderAccount, kind: type[ProviderError]) -> ProviderError:
    """The error a question ends with; its words to the owner name the account and never the key."""
    with pytest.raises(ProviderError) as caught:
        question(account)
    told = caught.value.message_for_owner()
    assert type(caught.value) is kind
    assert account.name in told
    assert KEY not in told + "".join(f"{call.said}{call.answer}" for call in ledger())
    return caught.value


def test_success(place: Place, account: ProviderAccount) -> None:
    answer = question(account)

    (sent,) = place.asked()
    (call,) = ledger()
    assert answer.text == call.answer == DEFAULT_ANSWER
    assert (model_of(sent), key_of(sent)) == (MODEL, KEY)
    assert KEY not in sent.body.decode() + sent.path + str(sent.query)
    assert (call.outcome, call.model, call.model_answered) == ("complete", MODEL, MODEL)
    assert call.key_hint == KEY[-4:]
    assert call.cost is None
    assert call.finished_at is not None
    assert call.first_token_at is not None
    if getattr(place.adapter, "asks_for_usage", True):
        assert call.input_tokens
        assert call.output_tokens == len(DEFAULT_ANSWER) // 4


def test_an_answered_step_is_never_paid_for_again(place: Place, account: ProviderAccount) -> None:
    assert question(account) == question(account)

    assert len(place.asked()) == 1


def test_429_with_a_wait_is_waited_out(place: Place, account: ProviderAccount) -> None:
    place.server.fault("status", status=429, body="{}", headers={"Retry-After": "0.3"})

    assert question(account).text == DEFAULT_ANSWER

    first, second = place.asked()
    assert second.at - first.at >= 0.3
    assert outcomes() == ["rate_limited", "complete"]


def test_429_without_a_wait_is_tried_again(place: Place, account: ProviderAccount) -> None:
    place.server.fault("status", status=429, body="{}")

    assert question(account).text == DEFAULT_ANSWER
    assert outcomes() == ["rate_limited", "complete"]


def test_429_for_good_is_told(place: Place, account: ProviderAccount) -> None:
    place.server.fault("status", status=429, body='{"error": {"message": "slow down"}}', times=-1)

    assert "slow down" in refused(account, RateLimited).message_for_owner()
    assert outcomes() == ["rate_limited"] * 3


@pytest.mark.parametrize("status", [500, 502, 503, 529])
def test_5xx_then_success(place: Place, account: ProviderAccount, status: int) -> None:
    place.server.fault("status", status=status, body='{"error": {"message": "upstream"}}', times=2)

    assert question(account).text == DEFAULT_ANSWER
    assert outcomes() == ["overloaded", "overloaded", "complete"]
    assert "upstream" in ledger()[0].said


def test_an_error_inside_a_begun_answer_is_tried_again(place: Place, account: ProviderAccount) -> None:
    place.server.script(BROKEN_OFF)

    assert question(account).text == DEFAULT_ANSWER
    assert outcomes() == ["overloaded", "complete"]
    assert ledger()[0].answer == BROKEN_OFF.text


def test_a_line_that_breaks_after_something_useful_is_paid_once(place: Place, account: ProviderAccount) -> None:
    place.server.fault("drop", after=8)

    answer = question(account, is_useful=lambda text: text.startswith('{"rec'))

    assert DEFAULT_ANSWER.startswith(answer.text)
    assert outcomes() == ["partial"]
    assert len(place.asked()) == 1


def test_a_closed_port(place: Place) -> None:
    account = account_at("http://127.0.0.1:1", place.adapter)

    assert "could not be reached" in refused(account, ConnectionFailed).message_for_owner()
    assert outcomes() == ["connection"] * 3


@pytest.mark.slow
@pytest.mark.usefixtures("single")
def test_connect_timeout(place: Place, deaf_address: str) -> None:
    error = refused(account_at(deaf_address, place.adapter), TimedOut)

    assert isinstance(error, TimedOut)
    assert error.phase is Phase.CONNECT
    assert outcomes() == ["timeout"]


@pytest.mark.slow
@pytest.mark.usefixtures("single")
def test_idle_stall(place: Place, account: ProviderAccount) -> None:
    AccountPatience.objects.create(account=account, heartbeat_s=0.5, stall_multiplier=2)
    place.server.fault("stall", times=-1, after=6, seconds=9)

    error = refused(account, TimedOut)

    assert isinstance(error, TimedOut)
    assert error.phase is Phase.IDLE
    assert outcomes() == ["timeout"]
    assert "time limits" in error.message_for_owner()


class Canceled(Exception):
    pass


def test_cancel_in_the_middle(place: Place, account: ProviderAccount) -> None:
    place.server.pace = 0.1

    def tick() -> None:
        raise Canceled

    with pytest.raises(Canceled):
        question(account, tick=tick)

    (call,) = ledger()
    assert (call.outcome, call.finished_at is not None) == ("interrupted", True)
    assert not [thread for thread in threading.enumerate() if thread.name.startswith("read ")]


def test_a_refusal(place: Place, account: ProviderAccount) -> None:
    if isinstance(place.adapter, Ollama):
        # Its models refuse in words, and nothing marks them: they come back as an answer like any other.
        place.server.script("I cannot help with that.")
        assert question(account).text == "I cannot help with that."
        assert outcomes() == ["complete"]
        return
    place.server.script(REFUSAL)

    assert "declined" in refused(account, ContentRefused).message_for_owner()
    assert outcomes() == ["refused"]


def test_an_empty_answer(place: Place, account: ProviderAccount) -> None:
    place.server.script(*[EMPTY] * 3)

    assert "answered with nothing" in refused(account, EmptyAnswer).message_for_owner()
    assert outcomes() == ["empty"] * 3


def test_cut_off_at_the_limit(place: Place, account: ProviderAccount) -> None:
    place.server.script(CUT_AT_LIMIT)

    error = refused(account, CutOff)

    assert isinstance(error, CutOff)
    assert error.text == CUT_AT_LIMIT.text
    assert outcomes() == ["output_limit"]


def test_a_wrong_key(place: Place) -> None:
    account = account_at(place.base_url, place.adapter)
    account.keys.all().delete()
    account.keys.create(secret="sk-simulated-another-one")

    told = refused(account, AuthenticationFailed).message_for_owner()

    assert "Enter a current key" in told
    assert "sk-simulated" not in told + ledger()[0].said
    assert outcomes() == ["authentication"]


def test_the_allowance_is_used_up(place: Place, account: ProviderAccount) -> None:
    place.server.fault("status", status=402, body='{"error": {"message": "no credit left"}}')

    assert "Add credit" in refused(account, QuotaExhausted).message_for_owner()
    assert outcomes() == ["quota_exhausted"]


def test_a_model_that_does_not_exist(place: Place) -> None:
    account = account_at(place.base_url, place.adapter, model="retired-model")

    assert "retired-model" in refused(account, NotFound).message_for_owner()
    assert outcomes() == ["not_found"]


def test_another_servers_page(place: Place, account: ProviderAccount) -> None:
    place.server.fault("malformed", times=-1)

    with pytest.raises(ProviderError, match="login screen"):
        question(account)
    assert outcomes() == ["malformed"] * 3


def test_an_unwell_vendor_is_told_after_three_tries(place: Place, account: ProviderAccount) -> None:
    place.server.fault("status", status=503, body="<html><title>Down</title></html>", times=-1)

    assert "status page" in refused(account, Overloaded).message_for_owner()
    assert len(place.asked()) == 3


def context(account: ProviderAccount) -> RunContext:
    return RunContext(
        run_id=1,
        correlation="run-1",
        brief=Brief(1, "jazz", "Jazz", Mode.ARTISTS),
        account_id=account.pk,
        chosen=choose_model(account.pk, ""),
        connection_ids=(),
        seed=1,
        now=datetime(2026, 11, 21, tzinfo=UTC),
        library=cast(Library, None),
        kept_for_later=(),
        tick=lambda: None,
    )


def steps() -> Sequence[str]:
    return [call.step for call in ProviderCall.objects.order_by("id")]


def test_json_as_asked_for(place: Place, account: ProviderAccount) -> None:
    batch = ask(Batch(prompt=PROMPT), context(account))

    assert batch.answer == DEFAULT_ANSWER
    assert steps() == ["1:ask"]
    asks_for_schema = b"because_of" in place.asked()[0].body
    assert asks_for_schema == (context(account).chosen.structure is Structure.JSON_SCHEMA)


def test_json_that_is_none_is_repaired(place: Place, account: ProviderAccount) -> None:
    place.server.script("I would love to!", DEFAULT_ANSWER)

    batch = ask(Batch(prompt=PROMPT), context(account))

    assert batch.answer == DEFAULT_ANSWER
    assert steps() == ["1:ask", "1:repair"]
    assert b"I would love to!" in place.asked()[1].body
    assert "asked to repair it" in batch.notes[0]


def test_json_that_is_hopeless(place: Place, account: ProviderAccount) -> None:
    place.server.script(*["I would love to!"] * 3)

    with pytest.raises(NothingReadable, match=account.name):
        ask(Batch(prompt=PROMPT), context(account))

    has_form = context(account).chosen.structure is not Structure.TEXT
    assert steps() == ["1:ask", "1:repair", *(["1:plain"] if has_form else [])]
    assert outcomes().count("complete") == len(place.asked())
