"""What came of a run, as plain data for scripts and for showing."""

from typing import Any

from recommendations.domain.reasons import DropReason
from recommendations.models import Run


def outcome_of(run: Run) -> dict[str, Any]:
    """The run with its recommendations, drops and stages, ready for JSON."""
    return {
        "run": run.pk,
        "list": run.list.slug,
        "status": run.status,
        "mode": run.brief["mode"],
        "provider": run.provider,
        "model": run.model,
        "rounds": run.round,
        "suggested": run.suggested,
        "published": run.published,
        "in_review": run.in_review,
        "problem": run.problem,
        "summary": run.summary,
        "seconds": (run.finished_at - run.started_at).total_seconds() if run.finished_at and run.started_at else None,
        "recommendations": [
            {
                "status": row.status,
                "artist": row.artist,
                "album": row.album,
                "artist_mbid": row.artist_mbid,
                "release_group_mbid": row.release_group_mbid,
                "year": row.year,
                "confidence": row.confidence,
                "score": row.score,
                "parts": row.score_parts,
                "reason": row.reason,
                "because_of": row.because_of,
                "review_reason": row.review_reason,
            }
            for row in run.recommendations.order_by("-score", "pk")
        ],
        "drops": [
            {
                "artist": row.artist,
                "album": row.album,
                "stage": row.stage,
                "round": row.round,
                "reason": row.reason,
                "why": DropReason(row.reason).sentence,
                "detail": row.detail,
            }
            for row in run.drops.all()
        ],
        "stages": [
            {
                "round": row.round,
                "stage": row.stage,
                "came_in": row.came_in,
                "went_out": row.went_out,
                "dropped": row.dropped,
                "milliseconds": row.took_ms,
                "note": row.note,
            }
            for row in run.reports.all()
        ],
    }
