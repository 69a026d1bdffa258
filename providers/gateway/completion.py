"""The door to the language models: one question in, one stored answer out, every attempt guarded and in the ledger."""

import random
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field, replace
from datetime import timedelta
from decimal import Decimal
from functools import partial

from django.db import IntegrityError, OperationalError, transaction
from django.utils import timezone
from tenacity import RetryCallState, Retrying, retry_if_exception, stop_after_attempt

from providers import registry
from providers.contracts import (
    CompletionRequest,
    Delta,
    Ending,
    Endpoint,
    Event,
    Finish,
    LanguageAdapter,
    ModelKey,
    ModelSpec,
    Schema,
    Structure,
    Thinking,
    ThinkingMode,
    Usage,
)
from providers.errors import (
    AuthenticationFailed,
    ContentRefused,
    CutOff,
    EmptyAnswer,
    NotFound,
    ProviderError,
    SecretUnreadable,
    TimedOut,
)
from providers.gateway.choosing import choose_model
from providers.gateway.guards.budget import Charged
from providers.gateway.guards.flag import features_for
from providers.gateway.guards.keys import key_for, rest_key
from providers.gateway.guards.limiter import limits_of
from providers.gateway.guards.passage import Passage, Traveler, passage
from providers.gateway.guards.timeout import base_for
from providers.gateway.lock import check_lock, open_lock
from providers.gateway.pricing import cost_of, tokens_in
from providers.gateway.reader import read_aside
from providers.gateway.watch import CallWatch, can_stall, patience_for
from providers.guard import retry
from providers.guard.budget import Amounts
from providers.guard.patience import Watch
from providers.guard.rollout import Feature
from providers.guard.timeout import attempt_limits
from providers.http import open_client
from providers.models import ApiKey, ProviderAccount, ProviderCall
from providers.queries import known_spec

PAID = (ProviderCall.COMPLETE, ProviderCall.OUTPUT_LIMIT, ProviderCall.PARTIAL)
# A vendor that asks for more is done for this run; its worker has others to serve.
LONGEST_WAIT = timedelta(minutes=2)
STORE_WITHIN = timedelta(minutes=5)
# No answer of ours is longer. Where a budget watches, the model is told so and cannot cost more than was set aside.
LONGEST_OUTPUT = 32_000


@dataclass(frozen=True, slots=True)
class Question:
    """What to ask whom. `correlation` and `step` name it: a step that has been answered is never paid for again.

    `is_useful` says of a text that broke off whether it is worth keeping. `thinking` None leaves it to the account.
    `list_id` and `user_id` say for whom it is asked: they may have budgets.
    """

    account_id: int
    model: str
    system: str
    user: str
    correlation: str
    step: str
    schema: Schema | None = None
    structure: Structure | None = None
    max_output_tokens: int | None = None
    estimated_tokens: int | None = None
    thinking: Thinking | None = None
    list_id: int | None = None
    user_id: int | None = None
    is_useful: Callable[[str], bool] = field(default=lambda text: False)


@dataclass(frozen=True, slots=True)
class Answer:
    """The model's text and the ledger row that holds it."""

    call_id: int
    text: str


def complete(
    question: Question, *, tick: Callable[[], None], on_state: Callable[[str], None] = lambda sentence: None
) -> Answer:
    """Ask, streaming, and return the whole answer. Raises ProviderError, Locked, or whatever `tick` raises.

    HeldBack, a ProviderError, means that nothing was sent: a budget, a breaker, a limit or resting keys forbade it.

    `tick` is called about five times a second while waiting and may raise to end the call. `on_state` gets a sentence
    for the owner when the provider is slow, and as it goes on.
    """
    check_lock(question.correlation, question.account_id, question.model)
    stored = _paid_for(question)
    if stored is not None:
        return _usable(stored, question)
    # Only a process that died can have left these behind: a run has one worker at a time.
    ProviderCall.objects.filter(
        correlation=question.correlation, step=question.step, outcome=ProviderCall.STARTED
    ).update(outcome=ProviderCall.INTERRUPTED, finished_at=timezone.now())
    return _Asking(question, tick, on_state).answer()


class _Asking:
    """One question on its way: the account and model it goes to, and what has come of the current attempt."""

    def __init__(self, question: Question, tick: Callable[[], None], on_state: Callable[[str], None]) -> None:
        self.question = question
        self.tick = tick
        self.on_state = on_state
        self.account = ProviderAccount.objects.get(pk=question.account_id)
        self.adapter: LanguageAdapter = registry.language_adapter(self.account.provider)
        self.chosen = choose_model(question.account_id, question.model)
        self.key = ModelKey(self.account.pk, self.chosen.model)
        self.features = features_for(self.key, question.correlation)
        self.has_next_key = False
        self.lock = open_lock(question.correlation)
        self.patience = patience_for(self.account, self.lock, is_local=self.adapter.is_local)
        self.waited = timedelta(0)
        self.pieces: list[str] = []

    def answer(self) -> Answer:
        retrying = Retrying(
            stop=stop_after_attempt(1 + retry.RETRIES),
            retry=retry_if_exception(self._is_worth_retrying),
            wait=_seconds_before,
            sleep=self._sleep,
            reraise=True,
        )
        return retrying(self._attempt)

    def _attempt(self) -> Answer:
        self.pieces = []
        if not self.chosen.model:
            raise NotFound(self.account.name, "no model is chosen, and its own list suggests none")
        self.has_next_key = False
        key = key_for(self.account, timezone.now(), is_needed=self.adapter.needs_key)
        with passage(self._traveler(), tick=self.tick) as way:
            call = self._open_row(key)
            # Made here and not in the reader's thread, which would open a database connection that nobody closes.
            request = self._request(has_budget=way.has_budget)
            watch = Watch(self.patience, can_stall(self.adapter, request, self.question.correlation))
            self.watch = CallWatch(call, self.account.name, self.lock, watch, self.on_state)
            try:
                ending = self._stream(key, call, request, way)
            except ProviderError as error:
                self.waited += self.watch.waited
                way.error, way.actual = error, self._spent(call, error)
                self.has_next_key = key is not None and rest_key(key, error, timezone.now())
                return self._close_failed(call, error)
            except BaseException as error:
                # Cancelled, past its deadline, or the lease is gone: the caller's exception goes on, the row says so.
                way.actual = self._spent(call, error)
                self._close(call, ProviderCall.INTERRUPTED)
                raise
            way.actual = self._amounts(ending.usage)
            return self._close_ended(call, ending)

    def _traveler(self) -> Traveler:
        return Traveler(
            key=self.key,
            label=self.account.name,
            defaults=registry.guard_defaults(self.account.provider),
            limits=limits_of(self.account),
            charged=Charged(self.account.pk, self.question.list_id, self.question.user_id),
            worst=self._worst,
        )

    def _is_worth_retrying(self, error: BaseException) -> bool:
        # Whoever has been waited for this long is not tried again without asking the owner. Pauses the vendor asked
        # for and the queues before our own guards are not counted.
        has_waited_enough = self.waited >= self.patience.deep_wait
        return self.has_next_key or (_may_pass_soon(error) and not has_waited_enough)

    def _stream(self, key: ApiKey | None, call: ProviderCall, request: CompletionRequest, way: Passage) -> Ending:
        limits = self.watch.limits(
            attempt_limits(
                base_for(self.key, self.account.base_timeout),
                is_local=self.adapter.is_local,
                dice=random.random(),  # noqa: S311 (jitter)
            )
        )
        endpoint = Endpoint(
            base_url=self.account.base_url or self.adapter.base_url,
            label=self.account.name,
            secret=self._open(key) if key else "",
        )
        with open_client(self.account.name, limits) as client:
            client.event_hooks["response"].append(lambda response: setattr(way, "headers", dict(response.headers)))
            events = read_aside(
                lambda: self.adapter.stream(client, endpoint, request),
                provider=self.account.name,
                limits=limits,
                abort=client.abort,
                tick=partial(self._tick, way),
            )
            return self._listen(events, call)

    def _listen(self, events: Iterator[Event], call: ProviderCall) -> Ending:
        for event in events:
            self.watch.heard()
            if call.first_token_at is None:
                call.first_token_at = timezone.now()
            if isinstance(event, Delta):
                self.pieces.append(event.text)
            elif isinstance(event, Ending):
                return event
        raise EmptyAnswer(self.account.name, "the stream ended without an ending")

    def _tick(self, way: Passage) -> None:
        way.tick()
        self.watch.tick()

    def _request(self, *, has_budget: bool) -> CompletionRequest:
        structure = self._structure()
        wanted = self.question.max_output_tokens or self.account.max_output_tokens
        spec = known_spec(self.account, self.chosen.model) or ModelSpec(self.chosen.model)
        wished = Thinking(ThinkingMode(self.account.thinking), self.account.thinking_budget_tokens)
        may_think = spec.can_think and self.features.get(Feature.THINKING, True)
        return CompletionRequest(
            model=self.chosen.model,
            system=self.question.system,
            user=self.question.user,
            structure=structure,
            schema=self.question.schema if structure is Structure.JSON_SCHEMA else None,
            max_output_tokens=self._output_limit() if has_budget else wanted,
            temperature=self.account.temperature if spec.accepts_temperature else None,
            thinking=(self.question.thinking or wished) if may_think else Thinking(),
            context_window=self.account.context_window,
            may_stream=self.features.get(Feature.STREAMING, True),
        )

    def _structure(self) -> Structure:
        if not self.features.get(Feature.STRUCTURED_OUTPUT, True):
            return Structure.TEXT
        return self.question.structure or self.chosen.structure

    def _output_limit(self) -> int | None:
        """What the answer may be long where a budget watches; None for a model whose own limit nobody knows."""
        wanted = self.question.max_output_tokens or self.account.max_output_tokens
        return wanted or (min(self.chosen.max_output, LONGEST_OUTPUT) if self.chosen.max_output else None)

    def _worst(self) -> Amounts:
        # Some vendors charge more for a prompt that they keep for later calls.
        return self._amounts(
            Usage(written_input_tokens=self._sent(), output_tokens=self._output_limit() or LONGEST_OUTPUT)
        )

    def _sent(self) -> int:
        return max(self.question.estimated_tokens or 0, tokens_in(self.question.system + self.question.user))

    def _amounts(self, usage: Usage) -> Amounts:
        """What a call costs; tokens that nobody counted are estimated, so that a silent vendor is not a free one."""
        sent = self._sent()
        usage = replace(
            usage,
            input_tokens=sent if usage.input_tokens is None else usage.input_tokens,
            output_tokens=tokens_in("".join(self.pieces)) if usage.output_tokens is None else usage.output_tokens,
        )
        dollars = cost_of(usage, self.chosen.price)
        if dollars is None and self.adapter.is_local:
            dollars = Decimal(0)
        return Amounts(dollars, (usage.input_tokens or 0) + (usage.output_tokens or 0))

    def _spent(self, call: ProviderCall, error: BaseException) -> Amounts:
        """What an attempt that did not end well is charged: nothing for one that was turned away."""
        is_turned_away = isinstance(error, ProviderError) and not isinstance(error, TimedOut)
        if is_turned_away and call.first_token_at is None:
            return Amounts(Decimal(0), 0)
        return self._amounts(Usage())

    def _open(self, key: ApiKey) -> str:
        try:
            return str(key.secret.open())
        except SecretUnreadable as error:
            raise AuthenticationFailed(self.account.name, str(error)) from error

    def _open_row(self, key: ApiKey | None) -> ProviderCall:
        question = self.question
        earlier = ProviderCall.objects.filter(correlation=question.correlation, step=question.step).count()
        return ProviderCall.objects.create(
            account=self.account,
            provider=self.account.provider,
            model=self.chosen.model,
            correlation=question.correlation,
            step=question.step,
            attempt=earlier + 1,
            key_hint=key.hint if key else "",
            table_version=self.chosen.table_version,
            structure=self._structure(),
            started_at=timezone.now(),
            estimated_tokens=question.estimated_tokens,
            system=question.system,
            prompt=question.user,
        )

    def _close_ended(self, call: ProviderCall, ending: Ending) -> Answer:
        call.model_answered = ending.model
        call.request_id = ending.request_id
        call.input_tokens = ending.usage.input_tokens
        call.cached_input_tokens = ending.usage.cached_input_tokens
        call.output_tokens = ending.usage.output_tokens
        call.cost = cost_of(ending.usage, self.chosen.price)
        if ending.finish is Finish.REFUSED:
            self._close(call, ProviderCall.REFUSED)
            raise ContentRefused(self.account.name, call.answer[:200])
        is_whole = ending.finish is Finish.COMPLETE
        self._close(call, ProviderCall.COMPLETE if is_whole else ProviderCall.OUTPUT_LIMIT)
        return _usable(_paid_for(self.question) or call, self.question)

    def _close_failed(self, call: ProviderCall, error: ProviderError) -> Answer:
        call.said = str(error)
        call.request_id = error.request_id
        if self._has_useful_text():
            # What came before the line broke has been paid for and can be used; asking again would pay twice.
            self._close(call, ProviderCall.PARTIAL, error)
            return _usable(_paid_for(self.question) or call, self.question)
        self._close(call, error.category, error)
        raise error

    def _close(self, call: ProviderCall, outcome: str, error: ProviderError | None = None) -> None:
        call.answer = "".join(self.pieces)
        call.outcome = outcome
        call.finished_at = timezone.now()
        call.took = call.finished_at - call.started_at
        give_up_at = time.monotonic() + STORE_WITHIN.total_seconds()
        while True:
            try:
                with transaction.atomic():
                    call.save()
                    self.watch.ended(error, with_answer=outcome in PAID)
            except IntegrityError:
                # A worker that was taken for dead has answered this step after all: one answer counts, and it is first.
                call.outcome = ProviderCall.INTERRUPTED
            except OperationalError:
                # An answer that was paid for waits for room on the disk rather than be lost.
                if not call.answer or time.monotonic() > give_up_at:
                    raise
                self._sleep(1.0)
            else:
                return

    def _has_useful_text(self) -> bool:
        return bool(self.pieces) and self.question.is_useful("".join(self.pieces))

    def _sleep(self, seconds: float) -> None:
        """Wait, ticking: a cancelled run must not sleep out its retry."""
        until = time.monotonic() + seconds
        while (left := until - time.monotonic()) > 0:
            self.tick()
            time.sleep(min(left, 0.2))


def _paid_for(question: Question) -> ProviderCall | None:
    answers = ProviderCall.objects.filter(correlation=question.correlation, step=question.step, outcome__in=PAID)
    return answers.first()


def _usable(call: ProviderCall, question: Question) -> Answer:
    """The answer in the row. Raises CutOff for one that met the output limit before anything of use had come."""
    if call.outcome == ProviderCall.OUTPUT_LIMIT and not question.is_useful(call.answer):
        raise CutOff(call.account.name if call.account else call.provider, call.answer)
    return Answer(call.pk, call.answer)


def _may_pass_soon(error: BaseException) -> bool:
    asked = error.retry_after if isinstance(error, ProviderError) else None
    return retry.is_worth_retrying(error) and (asked is None or asked <= LONGEST_WAIT)


def _seconds_before(state: RetryCallState) -> float:
    # What the vendor asks for beyond this, the limiter keeps to, for every process.
    return retry.wait_before(state.attempt_number, None, random.random()).total_seconds()  # noqa: S311 (jitter)
