"""`manage.py probe`: ask a model for one word, as a run would, and say how that went."""

import json
from datetime import datetime
from typing import Any
from uuid import uuid4

from django.core.management.base import BaseCommand, CommandError, CommandParser

from providers.contracts import Structure, Thinking, ThinkingMode
from providers.errors import ProviderError
from providers.gateway import Question, complete
from providers.models import ProviderAccount, ProviderCall

MOST_TOKENS = 16


class Command(BaseCommand):
    help = "Make one real, cheap call with an account and tell how long it took and what it cost. It is in the ledger."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("account", help="name of the account")
        parser.add_argument("--model", default="", metavar="ID", help="another model than the account's")
        parser.add_argument("--json", action="store_true", help="print one JSON object")

    def handle(self, *args: Any, **options: Any) -> None:
        account = ProviderAccount.objects.filter(name=options["account"]).first()
        if account is None:
            names = ", ".join(f"“{name}”" for name in ProviderAccount.objects.values_list("name", flat=True))
            raise CommandError(f"There is no account “{options['account']}”; there are {names or 'none'}.")
        question = Question(
            account_id=account.pk,
            model=options["model"],
            system="",
            user="Answer with the word ok.",
            correlation=f"probe-{uuid4()}",
            step="probe",
            structure=Structure.TEXT,
            max_output_tokens=MOST_TOKENS,
            thinking=Thinking(ThinkingMode.OFF),
            # A model that cannot stop thinking may have no token left for the word; it has answered all the same.
            is_useful=lambda text: True,
        )
        problem = ""
        try:
            complete(question, tick=lambda: None)
        except ProviderError as error:
            problem = error.message_for_owner()
        told = _told(ProviderCall.objects.filter(correlation=question.correlation).first(), problem)
        self.stdout.write(json.dumps(told) if options["json"] else _lines(told))
        if problem:
            raise CommandError(problem)


def _told(call: ProviderCall | None, problem: str) -> dict[str, Any]:
    """What the ledger holds of the call; the bare problem where it did not come to a call."""
    if call is None:
        return {"ok": False, "problem": problem}
    return {
        "ok": not problem,
        "problem": problem,
        "answer": call.answer,
        "model_asked": call.model,
        "model_answered": call.model_answered,
        "seconds_to_first_token": _seconds(call.started_at, call.first_token_at),
        "seconds_in_all": _seconds(call.started_at, call.finished_at),
        "input_tokens": call.input_tokens,
        "output_tokens": call.output_tokens,
        "cost": None if call.cost is None else f"{call.cost:f}",
        "attempts": call.attempt,
    }


def _seconds(start: datetime, end: datetime | None) -> float | None:
    return None if end is None else round((end - start).total_seconds(), 3)


def _lines(told: dict[str, Any]) -> str:
    if "answer" not in told:
        return "No call was made."
    cost = "not estimated" if told["cost"] is None else f"{told['cost']} US dollars"
    return "\n".join(
        [
            f"Answer          {told['answer'].strip() or '(no words)'}",
            f"Model asked     {told['model_asked']}",
            f"Model answered  {told['model_answered'] or 'not said'}",
            f"First token     {_after(told['seconds_to_first_token'])}",
            f"Whole answer    {_after(told['seconds_in_all'])}",
            f"Tokens          {_or_unknown(told['input_tokens'])} in, {_or_unknown(told['output_tokens'])} out",
            f"Cost            {cost}",
            f"Attempts        {told['attempts']}",
        ]
    )


def _after(seconds: float | None) -> str:
    return "never came" if seconds is None else f"after {seconds:.2f} s"


def _or_unknown(count: int | None) -> str:
    return "?" if count is None else str(count)
