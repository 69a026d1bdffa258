"""Write the prompt: the library's picture, the list's wishes, what to avoid, and how many to name."""

from dataclasses import replace

from recommendations.domain.reasons import DropReason
from recommendations.domain.sanitizing import clean_tag
from recommendations.domain.types import Batch, Candidate, Mode, Profile
from recommendations.prompts.budget import sample_size, token_budget
from recommendations.prompts.prompt import compose
from recommendations.prompts.samples import Sample, sample
from recommendations.prompts.sections import Avoid
from recommendations.stage import RunContext

MOST_NAMES = 200


def build_prompt(batch: Batch, context: RunContext) -> Batch:
    chosen = context.chosen
    profile, drawn = batch.profile, Sample()
    avoid = Avoid(given=_given(batch, context.brief.mode))
    if chosen.shares == "names":
        # The same names in every round, however the round reaches: a changed head would miss the vendor's cache.
        budget = token_budget(chosen.context_window, context.brief.sampling, context.brief.target)
        size = sample_size(budget, profile.artist_count)
        drawn = sample(context.artists(), profile, context.brief.discovery, size, context.seed)
        avoid = replace(
            avoid,
            owned=_owned(batch, context.brief.mode),
            rejected=context.library.turned_down(MOST_NAMES),
            suggested=context.library.suggested(MOST_NAMES),
        )
    elif chosen.shares == "nothing":
        profile = Profile()
    prompt = compose(
        replace(context.brief, discovery=batch.discovery),
        profile,
        drawn,
        avoid,
        batch.wanted,
        context.now.year,
        chosen.context_window,
        chosen.structure,
        clean_tag,
    )
    return replace(batch, prompt=prompt)


def _given(batch: Batch, mode: Mode) -> tuple[str, ...]:
    """What this run has had already, kept or not, so that no round pays for the same names again."""
    others = [drop.candidate for drop in batch.drops if drop.reason is not DropReason.OWNED]
    return tuple(dict.fromkeys(_name(candidate, mode) for candidate in (*batch.accepted, *others)))


def _owned(batch: Batch, mode: Mode) -> tuple[str, ...]:
    """Owned records and artists that the model has suggested all the same: the ones it must be told of."""
    drops = [drop.candidate for drop in batch.drops if drop.reason is DropReason.OWNED]
    return tuple(dict.fromkeys(_name(candidate, mode) for candidate in reversed(drops)))


def _name(candidate: Candidate, mode: Mode) -> str:
    return f"{candidate.artist} – {candidate.album}" if mode is Mode.ALBUMS else candidate.artist
