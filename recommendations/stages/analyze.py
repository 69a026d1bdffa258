"""Draw the owner's profile from the library, or take the saved one of a library that has not changed."""

from dataclasses import replace

from recommendations.domain.profile import build_profile
from recommendations.domain.types import Batch
from recommendations.stage import RunContext

NEW_RELEASE_YEARS = 2


def analyze(batch: Batch, context: RunContext) -> Batch:
    library = context.library
    profile = library.saved_profile(batch.library_hash)
    if profile is None:
        new_releases = library.new_releases(context.now.year - NEW_RELEASE_YEARS)
        profile = build_profile(context.artists(), library.decades(), new_releases, context.now)
        library.save_profile(batch.library_hash, profile)
    return replace(batch, profile=profile)
