"""Bring the library up to date from each Lidarr the list draws on; one that is away leaves its last good snapshot."""

import hashlib
from dataclasses import replace

from recommendations.domain.types import Batch
from recommendations.services.library import import_library
from recommendations.stage import RunContext


def sync_library(batch: Batch, context: RunContext) -> Batch:
    snapshots = [
        import_library(connection_id, now=context.now, tick=context.tick) for connection_id in context.connection_ids
    ]
    states = [f"{id_}:{shot.library_hash}" for id_, shot in zip(context.connection_ids, snapshots, strict=True)]
    problems = tuple(shot.problem for shot in snapshots if shot.problem)
    library_hash = hashlib.sha256("|".join(states).encode()).hexdigest()
    return replace(batch, library_hash=library_hash, notes=batch.notes + problems)
