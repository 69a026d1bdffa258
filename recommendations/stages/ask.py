"""Ask the model, and ask again, briefly, when its answer cannot be read."""

from dataclasses import replace
from functools import partial

from providers.contracts import Schema, Structure
from providers.errors import ProviderError
from providers.gateway import Answer, Question, complete
from recommendations.domain.salvage import parse_answer
from recommendations.domain.types import Batch, Mode, Prompt
from recommendations.prompts.repair import repair_prompt
from recommendations.prompts.sections import ANSWER_SCHEMA, system_text
from recommendations.stage import RunContext

SCHEMA = Schema(name="recommendations", body=ANSWER_SCHEMA)


class NothingToAsk(Exception):
    """The stage was reached without a prompt; the pipeline's order is broken."""


class NothingReadable(ProviderError):
    """The model answered, and was asked again, and nothing can be taken from what it said."""

    category = "unreadable"
    what = "{provider} named nothing that Brainarr could read"
    remedy = "Choose another model, best a larger one, or say more plainly in the list's brief what it wants."


def ask(batch: Batch, context: RunContext) -> Batch:
    if batch.prompt is None:
        raise NothingToAsk
    chosen = context.chosen
    question = partial(_put, context, batch.round)
    answer = question("ask", batch.prompt, chosen.structure)
    problem = _problem(answer.text, context.brief.mode)
    notes = batch.notes
    if problem:
        system, user = repair_prompt(answer.text, problem, chosen.structure)
        answer = question("repair", replace(batch.prompt, system=system, user=user), chosen.structure)
        notes = (*notes, f"The answer could not be read ({problem}); the model was asked to repair it.")
        problem = _problem(answer.text, context.brief.mode)
    if problem and chosen.allows_text_fallback and chosen.structure is not Structure.TEXT:
        # The rules of the first question speak of a form that goes along with it; here none does.
        in_words = replace(batch.prompt, system=system_text(context.brief, Structure.TEXT))
        answer = question("plain", in_words, Structure.TEXT)
        notes = (*notes, f"The repair could not be read either ({problem}); the model was asked in plain text.")
        problem = _problem(answer.text, context.brief.mode)
    if problem:
        raise NothingReadable(chosen.label, problem)
    return replace(batch, answer=answer.text, call_id=answer.call_id, notes=notes)


def _put(context: RunContext, round_: int, purpose: str, prompt: Prompt, structure: Structure) -> Answer:
    return complete(
        Question(
            account_id=context.account_id,
            model=context.chosen.model,
            system=prompt.system,
            user=prompt.user,
            correlation=context.correlation,
            list_id=context.brief.list_id,
            step=f"{round_}:{purpose}" if context.turn == 1 else f"{round_}:{purpose}:{context.turn}",
            schema=SCHEMA,
            structure=structure,
            estimated_tokens=prompt.estimated_tokens,
            is_useful=lambda text: not _problem(text, context.brief.mode),
        ),
        tick=context.tick,
        on_state=context.show,
    )


def _problem(text: str, mode: Mode) -> str:
    """Why nothing can be taken from the text; empty when something can."""
    parsed = parse_answer(text, mode)
    return "" if parsed.items else parsed.problem
