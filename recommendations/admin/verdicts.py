"""How verdicts look: where a recommendation stands, what its score is made of, why a candidate was dropped."""

from typing import Any

from django.utils.html import format_html, format_html_join
from django.utils.safestring import SafeString

from providers.admin.shown import BAD, GOOD, PLAIN, WAITING, badge
from recommendations.domain.reasons import DropReason
from recommendations.models import DroppedCandidate, Recommendation

Status = Recommendation.Status
TONES = {
    Status.WAITING: WAITING,
    Status.LISTED: GOOD,
    Status.IN_LIBRARY: GOOD,
    Status.REJECTED: BAD,
    Status.NEVER: BAD,
    Status.UNRESOLVED: WAITING,
    Status.EXPIRED: PLAIN,
}
_PART = (
    '<span class="part" title="{}"><span class="bar" aria-hidden="true"><span style="width: {}%"></span></span>'
    '<span class="number">{} {}</span></span>'
)


def standing(row: Recommendation) -> SafeString:
    """Where a recommendation stands, as a badge."""
    known = Status(row.status)
    return badge(str(known.label), TONES[known])


def score_parts(row: Recommendation) -> SafeString:
    """The score and, below it, each part with its share and its reason."""
    if row.score is None:
        return SafeString("–")
    parts = format_html_join("", _PART, (_part(part) for part in row.score_parts))
    return format_html(
        '<span class="score"><span class="font-semibold number">{}</span>{}</span>', f"{row.score:.2f}", parts
    )


def why(drop: DroppedCandidate) -> str:
    """The reason in the owner's words; a reason this version no longer knows is shown as stored."""
    try:
        sentence = DropReason(drop.reason).sentence
    except ValueError:
        sentence = drop.reason
    return f"{sentence}: {drop.detail}" if drop.detail else sentence


def remedy(drop: DroppedCandidate) -> str:
    """What the owner could change so that the like of it comes through; may be empty."""
    try:
        return DropReason(drop.reason).remedy
    except ValueError:
        return ""


def _part(part: dict[str, Any]) -> tuple[str, str, str, str]:
    because = f"{part['because']} ({part['weight']:.0%} of the score)"
    return because, f"{part['value'] * 100:.0f}", part["name"], f"{part['value']:.2f}"
