"""Drop what cannot be a real record, before anybody is asked about it."""

from recommendations.domain.types import Batch
from recommendations.domain.validating import judge
from recommendations.stage import RunContext


def validate(batch: Batch, context: RunContext) -> Batch:
    for candidate in batch.candidates:
        if rejection := judge(candidate, context.brief.mode, context.now):
            batch = batch.drop(candidate, rejection.reason, rejection.detail)
    return batch
