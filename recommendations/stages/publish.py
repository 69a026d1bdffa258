"""Save what survived and render the list; a dry run saves nothing."""

from dataclasses import replace

from recommendations.domain.types import Batch, Drop
from recommendations.models import Run
from recommendations.services.review import save_candidates
from recommendations.stage import RunContext


def publish(batch: Batch, context: RunContext) -> Batch:
    run = Run.objects.select_related("list").get(pk=context.run_id)
    if run.is_dry:
        return replace(batch, notes=(*batch.notes, "A dry run: nothing was published."))
    batch = _without_news(batch, context)
    save_candidates(run, batch.accepted, context.now)
    return batch


def _without_news(batch: Batch, context: RunContext) -> Batch:
    """Rounds take minutes, and outages hours: what the owner decided or got meanwhile, or another list took, stands."""
    known = context.library.known(batch.accepted)
    drops = [Drop(c, k.reason, k.detail) for c, k in zip(batch.accepted, known, strict=True) if k]
    accepted = tuple(c for c, k in zip(batch.accepted, known, strict=True) if k is None)
    return replace(batch, accepted=accepted, drops=(*batch.drops, *drops))
