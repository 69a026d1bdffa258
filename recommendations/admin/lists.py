"""The owner's lists: what to recommend, whom to ask, and the address that Lidarr reads."""

from collections.abc import Sequence
from typing import Any

from django.contrib import admin, messages
from django.db.models import Count, OuterRef, Q, QuerySet, Subquery
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.urls import reverse
from django.utils import timezone
from django.utils.safestring import SafeString

from providers.accounts import all_accounts, enabled_lidarrs
from providers.admin.buttons import Button, ButtonedAdmin
from providers.admin.unfolded import CheckboxSelectMultiple, TabularInline
from providers.queries import model_warnings
from recommendations.admin.addresses import address_of
from recommendations.admin.list_form import CHOICES, ListForm
from recommendations.admin.preview import preview_page
from recommendations.admin.runs import status_badge
from recommendations.domain.types import Mode, ReviewPolicy
from recommendations.models import DroppedCandidate, FallbackAccount, Recommendation, RecommendationList, Run
from recommendations.services import tokens
from recommendations.services.lists import delete_list, save_list
from recommendations.services.runs import RunRefused, enqueue, request_cancel, start_run

_LAST_RUN = Run.objects.filter(list=OuterRef("pk")).order_by("-queued_at", "-pk")
_DESTINATIONS = {
    ReviewPolicy.AUTOMATIC: "what is sure goes onto the list",
    ReviewPolicy.BORDERLINE: "what is sure goes onto the list, what falls just short waits for you",
    ReviewPolicy.EVERYTHING: "everything waits for your review",
}


class FallbackInline(TabularInline):
    model = FallbackAccount
    extra = 0
    hide_title = True
    verbose_name_plural = "Fallbacks: whom “automatic” asks next, lowest position first, each for its own model"


@admin.register(RecommendationList)
class ListAdmin(ButtonedAdmin):
    form = ListForm
    inlines = (FallbackInline,)
    list_display = ("name", "mode", "account", "listed", "waiting", "last_run", "next_run_at", "is_enabled")
    list_filter = ("is_enabled", "mode", "account")
    list_select_related = ("account",)
    search_fields = ("name", "slug", "wish")
    prepopulated_fields = {"slug": ("name",)}  # noqa: RUF012 (Django's own shape)
    readonly_fields = ("next_run_at", "address")
    radio_fields = {"mode": admin.VERTICAL, "discovery": admin.VERTICAL, "review_policy": admin.VERTICAL}  # noqa: RUF012
    list_intro = "Each list is recommended for by itself and read by Lidarr at its own address."
    fieldsets = (
        (None, {"fields": (("name", "slug"), "is_enabled", "mode")}),
        ("What you would like", {"fields": ("wish", "styles", "discovery", "target")}),
        ("Whom to ask", {"fields": (("account", "model"), "on_trouble", "connections")}),
        (
            "How sure to be",
            {"fields": (("minimum_confidence", "per_artist_cap"), "requires_mbid", "review_policy")},
        ),
        ("When", {"fields": ("schedule", ("quiet_from", "quiet_until"), "next_run_at")}),
        ("What may come back", {"fields": (("rejection_window_days", "suggestion_window_days"),)}),
        ("How hard to try", {"fields": (("max_rounds", "sensitivity"), "sampling")}),
        ("In Lidarr", {"fields": ("lidarr_tags", "address")}),
    )

    def get_queryset(self, request: HttpRequest) -> QuerySet[RecommendationList]:
        rows: QuerySet[RecommendationList] = super().get_queryset(request)
        return rows.annotate(
            listed_count=Count("recommendations", Q(recommendations__status=Recommendation.Status.LISTED)),
            waiting_count=Count("recommendations", Q(recommendations__status=Recommendation.Status.WAITING)),
            last_status=Subquery(_LAST_RUN.values("status")[:1]),
        )

    @admin.display(description="on the list", ordering="listed_count")
    def listed(self, list_: Any) -> int:
        return int(list_.listed_count)

    @admin.display(description="to review", ordering="waiting_count")
    def waiting(self, list_: Any) -> int:
        return int(list_.waiting_count)

    @admin.display(description="last run")
    def last_run(self, list_: Any) -> SafeString | str:
        return status_badge(list_.last_status) if list_.last_status else "none yet"

    @admin.display(description="How Lidarr reads this list")
    def address(self, list_: RecommendationList) -> SafeString:
        return address_of(list_)

    def get_fieldsets(self, request: HttpRequest, obj: Any = None) -> Any:
        fieldsets = super().get_fieldsets(request, obj)
        if obj is None or not self.has_change_permission(request, obj):
            # The address holds the token: whoever has it can read the list.
            *rest, (name, _) = fieldsets
            return (*rest, (name, {"fields": ("lidarr_tags",)}))
        return fieldsets

    def get_changeform_initial_data(self, request: HttpRequest) -> dict[str, Any]:
        enabled = all_accounts().filter(is_enabled=True)
        return {
            "connections": enabled_lidarrs(),
            "account": enabled.get() if enabled.count() == 1 else None,
            **super().get_changeform_initial_data(request),
        }

    def formfield_for_choice_field(self, db_field: Any, request: HttpRequest, **kwargs: Any) -> Any:
        if db_field.name in CHOICES:
            kwargs["choices"] = CHOICES[db_field.name]
        return super().formfield_for_choice_field(db_field, request, **kwargs)

    def formfield_for_dbfield(self, db_field: Any, request: HttpRequest, **kwargs: Any) -> Any:
        field = super().formfield_for_dbfield(db_field, request, **kwargs)
        if field and db_field.name == "wish":
            field.widget.attrs["rows"] = 3
        return field

    def formfield_for_manytomany(self, db_field: Any, request: HttpRequest, **kwargs: Any) -> Any:
        return super().formfield_for_manytomany(db_field, request, **{"widget": CheckboxSelectMultiple(), **kwargs})

    def save_model(self, request: HttpRequest, obj: RecommendationList, form: Any, change: bool) -> None:  # noqa: FBT001 (Django's own signature)
        save_list(obj, timezone.now())
        if obj.account and obj.model:
            for warning in model_warnings(obj.account, obj.model, timezone.localdate()):
                messages.warning(request, warning)

    def delete_model(self, request: HttpRequest, obj: RecommendationList) -> None:
        delete_list(obj)

    def delete_queryset(self, request: HttpRequest, queryset: QuerySet[RecommendationList]) -> None:
        for list_ in queryset:
            delete_list(list_)

    def get_deleted_objects(self, objs: Any, request: HttpRequest) -> Any:
        # Django would name every row of every run, and refuse because nobody may delete those by hand.
        counts = {
            "lists": len(objs),
            "runs": Run.objects.filter(list__in=objs).count(),
            "recommendations": Recommendation.objects.filter(list__in=objs).count(),
            "drops": DroppedCandidate.objects.filter(run__list__in=objs).count(),
        }
        return [f"{list_}; its address answers “not found” from then on" for list_ in objs], counts, set(), []

    def buttons(self, request: HttpRequest, row: RecommendationList) -> Sequence[Button]:
        active = row.runs.filter(status__in=Run.ACTIVE).first()
        kind = "albums" if row.mode == Mode.ALBUMS else "artists"
        asks = f"Asks {row.account or 'the account'} for {row.target} {kind}"
        starts = (
            Button(
                "run", "Run now", self._run, f"{asks}; {_DESTINATIONS[ReviewPolicy(row.review_policy)]}.", is_main=True
            ),
            Button(
                "try", "Try without publishing", self._try, f"{asks} and checks them, and puts nothing on the list."
            ),
        )
        cancel = Button("cancel", "Cancel run", self._cancel, "Stops the run under way; nothing of it is published.")
        return (
            *((cancel,) if active else starts),
            Button(
                "preview", "Preview prompt", self._preview, "Shows what would be sent. Reads Lidarr, asks no model."
            ),
            Button(
                "rotate",
                "Make a new token",
                self._rotate,
                warning="The address Lidarr has now stops working at once. Enter the new one in Lidarr afterwards.",
            ),
        )

    def _run(self, request: HttpRequest, list_: RecommendationList, *, is_dry: bool = False) -> HttpResponse | None:
        try:
            run = start_run(list_, trigger=Run.Trigger.OWNER, now=timezone.now(), is_dry=is_dry)
        except RunRefused as refusal:
            messages.error(request, str(refusal))
            return None
        enqueue(run)
        return HttpResponseRedirect(reverse("admin:recommendations_run_change", args=[run.pk]))

    def _try(self, request: HttpRequest, list_: RecommendationList) -> HttpResponse | None:
        return self._run(request, list_, is_dry=True)

    def _cancel(self, request: HttpRequest, list_: RecommendationList) -> None:
        for run in list_.runs.filter(status__in=Run.ACTIVE):
            request_cancel(run.pk, timezone.now(), request.user.get_username())
        messages.success(request, "The run is being cancelled.")

    def _preview(self, request: HttpRequest, list_: RecommendationList) -> HttpResponse | None:
        return preview_page(self.admin_site, request, list_)

    def _rotate(self, request: HttpRequest, list_: RecommendationList) -> None:
        tokens.rotate(list_, timezone.now())
        messages.success(request, "The list has a new token. Copy its new address, at the end of this page, to Lidarr.")
