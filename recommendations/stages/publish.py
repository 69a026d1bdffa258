"""Save what survived and render the list; a dry run saves nothing."""

from dataclasses import replace

from recommendations.domain.types import Batch
from recommendations.models import Run
from recommendations.services.review import save_candidates
from recommendations.stage import RunContext


def publish(batch: Batch, context: RunContext) -> Batch:
    run = Run.objects.select_related("list").get(pk=context.run_id)
    if run.is_dry:
        return replace(batch, notes=(*batch.notes, "A dry run: nothing was published."))
    save_candidates(run, batch.accepted, context.now)
    return batch
