"""Recommendations and the owner's decisions about them: what waits, why, and what each button will do."""

from collections.abc import Callable, Sequence
from functools import partial
from typing import Any

from django.contrib import admin, messages
from django.contrib.auth.models import AbstractBaseUser
from django.db.models import QuerySet
from django.http import HttpRequest
from django.urls import reverse
from django.utils import timezone
from django.utils.formats import date_format
from django.utils.html import format_html, format_html_join
from django.utils.safestring import SafeString
from pydantic import TypeAdapter

from providers.admin.buttons import Button, LedgerAdmin
from providers.admin.shown import row_link
from recommendations.admin.verdicts import score_parts, standing
from recommendations.domain.types import IdentityOption
from recommendations.models import Recommendation
from recommendations.services.review import DecisionRefused, approve, choose_identity, reject, reject_for_good

Status = Recommendation.Status
Decide = Callable[..., int]
OPTIONS = TypeAdapter(list[IdentityOption])

APPROVE = "Approve: put on its list, where Lidarr takes it from"
REJECT = "Reject: take off, and not again for as long as the list says"
NEVER = "Never again: on no list; in an artist list the artist with all records"

# What may be decided about a recommendation, by where it stands; whatever is decided can be decided anew.
OPEN: dict[str, Sequence[str]] = {
    Status.WAITING: ("approve", "reject", "never"),
    Status.UNRESOLVED: ("reject", "never"),
    Status.LISTED: ("reject", "never"),
    Status.REJECTED: ("approve", "never"),
    Status.NEVER: ("approve", "reject"),
    Status.IN_LIBRARY: (),
    Status.EXPIRED: ("approve", "never"),
}
SHORT = {"approve": "Approve", "reject": "Reject", "never": "Never"}


@admin.register(Recommendation)
class RecommendationAdmin(LedgerAdmin):
    change_form_template = "admin/recommendations/recommendation.html"
    list_display = ("what", "why", "score_shown", "confidence_shown", "standing", "decide")
    list_fullwidth = True
    list_display_links = ("what",)
    list_filter = ("status", "list", "review_reason", "model")
    list_select_related = ("list",)
    search_fields = ("artist", "album", "artist_key", "artist_mbid", "release_group_mbid")
    ordering = ("-created_at", "-score", "pk")
    list_per_page = 50
    actions = ("approve_all", "reject_all", "never_all")
    list_intro = f"{APPROVE}. {REJECT}. {NEVER}. A decision can be changed here at any time."

    def get_list_display(self, request: HttpRequest) -> Any:
        columns = super().get_list_display(request)
        return columns if self.may_press(request) else [column for column in columns if column != "decide"]

    @admin.display(description="artist / album", ordering="artist_key")
    def what(self, row: Recommendation) -> SafeString:
        year = f" ({row.year})" if row.album and row.year else ""
        below = format_html('<br><span class="text-subtle">{}{}</span>', row.album, year) if row.album else ""
        return format_html("{}{}", row.artist, below)

    @admin.display(description="stands", ordering="status")
    def standing(self, row: Recommendation) -> SafeString:
        when = date_format(timezone.localtime(row.created_at), "j M Y")
        return format_html(
            '<span class="stands">{}<br><span class="text-subtle">{}, {}</span></span>', standing(row), row.list, when
        )

    @admin.display(description="why")
    def why(self, row: Recommendation) -> SafeString:
        texts = [("", row.reason)]
        if row.because_of:
            texts.append(("text-subtle", f"Because of {', '.join(row.because_of)}"))
        if row.review_reason and row.status in (Status.WAITING, Status.UNRESOLVED):
            texts.append(("text-subtle", row.get_review_reason_display()))
        shown = format_html_join("", '<span class="block {}">{}</span>', ((tone, text) for tone, text in texts if text))
        return format_html('<div class="prose-cell">{}</div>', shown or "–")

    @admin.display(description="score", ordering="score")
    def score_shown(self, row: Recommendation) -> SafeString:
        return score_parts(row)

    @admin.display(description="confidence", ordering="confidence")
    def confidence_shown(self, row: Recommendation) -> str:
        return "not given" if row.confidence is None else f"{row.confidence:.2f}"

    @admin.display(description="decide")
    def decide(self, row: Recommendation) -> SafeString:
        names = [name for name in OPEN[row.status] if name != "approve" or row.is_identified]
        buttons = (
            (self.press_address(row, name), SHORT[name], row, "is-main" if name == "approve" else "", SHORT[name])
            for name in names
        )
        address = reverse("admin:recommendations_recommendation_change", args=[row.pk])
        choose = format_html('<a href="{}" class="decision">Choose which</a>', address) if row.options else ""
        return format_html('<span class="decide">{}{}</span>', choose, format_html_join("", _ROW_BUTTON, buttons))

    @admin.action(description=APPROVE, permissions=["press"])
    def approve_all(self, request: HttpRequest, queryset: QuerySet[Recommendation]) -> None:
        decide(approve, "on their lists", request, queryset)

    @admin.action(description=REJECT, permissions=["press"])
    def reject_all(self, request: HttpRequest, queryset: QuerySet[Recommendation]) -> None:
        decide(reject, "rejected", request, queryset)

    @admin.action(description=NEVER, permissions=["press"])
    def never_all(self, request: HttpRequest, queryset: QuerySet[Recommendation]) -> None:
        decide(reject_for_good, "never again", request, queryset)

    def buttons(self, request: HttpRequest, row: Recommendation) -> Sequence[Button]:
        days = row.list.rejection_window_days
        window = f"for {days} days" if days else "again"
        whole = "this record again" if row.is_album else "this artist again, nor any record by it"
        adds = "this album" if row.is_album else "this artist"
        offered = {
            "approve": Button(
                "approve",
                "Approve",
                partial(_one, approve, f"is on “{row.list}”"),
                f"Puts it on “{row.list}”; Lidarr adds {adds} at its next look.",
                is_main=True,
            ),
            "reject": Button(
                "reject", "Reject", partial(_one, reject, "is rejected"), f"Not on “{row.list}” {window}."
            ),
            "never": Button(
                "never",
                "Never again",
                partial(_one, reject_for_good, "will not come back"),
                f"No list ever gets {whole}.",
            ),
        }
        choices = [
            Button(_choice(option), "This one", partial(_choose, option), is_in_panel=False)
            for option in OPTIONS.validate_python(row.options)
        ]
        return (*(offered[name] for name in OPEN[row.status] if name != "approve" or row.is_identified), *choices)

    def shown(self, request: HttpRequest, row: Recommendation) -> dict[str, Any]:
        return {**super().shown(request, row), "standing": standing(row), "options": self._options(request, row)}

    def _options(self, request: HttpRequest, row: Recommendation) -> list[tuple[IdentityOption, str]]:
        """The artists the name could mean, each with the address that settles for it, if this user may."""
        may = self.may_press(request)
        options = OPTIONS.validate_python(row.options)
        return [(option, self.press_address(row, _choice(option)) if may else "") for option in options]


_ROW_BUTTON = '<button type="submit" formaction="{}" aria-label="{} {}" class="decision {}">{}</button>'


def decide(carry_out: Decide, outcome: str, request: HttpRequest, rows: QuerySet[Recommendation]) -> None:
    """Carry out one decision about many recommendations, or about none of them."""
    try:
        count = carry_out(rows.select_related("list"), _person(request), timezone.now())
    except DecisionRefused as refusal:
        messages.error(request, str(refusal))
    else:
        messages.success(request, f"{count} {outcome}.")


def _one(carry_out: Decide, outcome: str, request: HttpRequest, row: Recommendation) -> None:
    try:
        carry_out([row], _person(request), timezone.now())
    except DecisionRefused as refusal:
        messages.error(request, str(refusal))
    else:
        page = row_link("recommendations_recommendation", row.pk, row)
        messages.success(request, format_html("{} {}. Open it to change your mind.", page, outcome))


def _choice(option: IdentityOption) -> str:
    return f"choose:{option.artist_mbid}:{option.release_group_mbid}"


def _choose(option: IdentityOption, request: HttpRequest, row: Recommendation) -> None:
    try:
        choose_identity(row, option)
    except DecisionRefused as refusal:
        messages.error(request, str(refusal))
    else:
        which = f"{option.name} ({option.disambiguation})" if option.disambiguation else option.name
        messages.success(request, f"It is {which}. Approve it to put it on “{row.list}”.")


def _person(request: HttpRequest) -> AbstractBaseUser | None:
    return request.user if isinstance(request.user, AbstractBaseUser) else None
