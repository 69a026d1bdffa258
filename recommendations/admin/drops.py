"""Drops: the answer to “why was X not recommended?”. Read-only, and searchable by any spelling of the name."""

from typing import Any

from django.contrib import admin
from django.db.models import Q, QuerySet
from django.http import HttpRequest
from django.utils.safestring import SafeString

from providers.admin.buttons import LedgerAdmin
from providers.admin.shown import row_link
from recommendations.admin.verdicts import remedy, why
from recommendations.domain.names import artist_key
from recommendations.models import DroppedCandidate


@admin.register(DroppedCandidate)
class DropAdmin(LedgerAdmin):
    list_display = ("what", "why", "where", "confidence", "for_list", "run_link")
    list_display_links = ("what",)
    list_filter = ("reason", "run__list", "stage")
    list_select_related = ("run__list",)
    search_fields = ("artist", "album")
    search_help_text = "An artist, however it is spelled, or an album"
    ordering = ("-id",)
    list_intro = "Why was it not recommended? Everything a model suggested that did not make it, newest first."
    readonly_fields = ("why", "what_to_do", "where", "for_list", "run_link")
    fieldsets = (
        (None, {"fields": ("artist", "album", "why", "what_to_do")}),
        ("Where", {"fields": ("for_list", "run_link", "where", "confidence")}),
    )

    def get_search_results(self, request: HttpRequest, queryset: QuerySet[Any], search_term: str) -> Any:
        found, may_repeat = super().get_search_results(request, queryset, search_term)
        if key := artist_key(search_term):
            # Neither "bjork" nor "The XX" is how the model wrote it.
            found = queryset.filter(Q(pk__in=found.values("pk")) | Q(artist_key__contains=key))
        return found, may_repeat

    @admin.display(description="what", ordering="artist_key")
    def what(self, drop: DroppedCandidate) -> str:
        return str(drop)

    @admin.display(description="why", ordering="reason")
    def why(self, drop: DroppedCandidate) -> str:
        return why(drop)

    @admin.display(description="What you could do")
    def what_to_do(self, drop: DroppedCandidate) -> str:
        return remedy(drop) or "Nothing: this is as it should be."

    @admin.display(description="where")
    def where(self, drop: DroppedCandidate) -> str:
        return f"Round {drop.round}, {drop.stage.replace('_', ' ')}"

    @admin.display(description="list", ordering="run__list__name")
    def for_list(self, drop: DroppedCandidate) -> str:
        return drop.run.list.name

    @admin.display(description="run", ordering="run")
    def run_link(self, drop: DroppedCandidate) -> SafeString:
        return row_link("recommendations_run", drop.run_id, f"Run {drop.run_id}")
