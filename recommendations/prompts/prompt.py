"""Puts the sections together so that the prompt fits its budget and its head stays the same from round to round."""

from providers.contracts import Structure
from recommendations.domain.types import Brief, Profile, Prompt
from recommendations.prompts.budget import answerable, bytes_within, estimate_tokens, library_budget, token_budget
from recommendations.prompts.samples import Sample
from recommendations.prompts.sections import (
    PROMPT_VERSION,
    Avoid,
    Clean,
    avoid_text,
    library_text,
    reach_text,
    system_text,
    task_text,
    wish_text,
)

_LIBRARY_SHARE = 0.7


def compose(
    brief: Brief,
    profile: Profile,
    sample: Sample,
    avoid: Avoid,
    asked_for: int,
    year: int,
    window: int | None,
    structure: Structure,
    clean: Clean,
    calibration: float = 1.0,
) -> Prompt:
    """Write the prompt for one round: rules, library, wish, then what to avoid and how many.

    `clean` disarms text from the library. `window` is the model's in tokens; where the answer to `asked_for` would not
    fit beside the shortest useful prompt, the prompt asks for fewer and says so in its `asked_for`. What an account may
    not tell its vendor is left out by the caller: an empty `Sample` and `Avoid` send genres only, an empty `Profile`
    as well sends nothing.
    """
    asked_for = answerable(window, asked_for)
    whole = token_budget(window, brief.sampling, asked_for)
    budget = library_budget(whole, profile.artist_count)
    system = system_text(brief, structure)
    wish = f"{wish_text(brief, bytes_within(budget // 4, calibration))}\n{reach_text(brief.discovery)}"
    task = task_text(brief, asked_for, year)
    free = bytes_within(budget, calibration) - len(f"{system}\n\n\n\n{wish}\n\n{task}".encode())
    # The library's part never depends on the list of names to avoid, which grows with every round: the vendor's cache
    # would miss from the first changed character on.
    library, named = library_text(profile, sample, int(free * _LIBRARY_SHARE), clean)
    # Names given in this run are not the library: dropping them would pay for the same answer twice.
    given = min(len("; ".join(avoid.given).encode()), bytes_within(whole - budget, calibration))
    rest = free + given - len(library.encode())
    avoiding = avoid_text(avoid, named, rest, clean)
    user = "\n\n".join(part for part in (library, wish, avoiding, task) if part)
    return Prompt(system, user, estimate_tokens(system + user, calibration), asked_for, PROMPT_VERSION)
