"""The ledger of calls: what was asked of whom, what it cost, what came. Read-only."""

from django.contrib import admin
from django.db.models import QuerySet
from django.http import HttpRequest
from django.utils.safestring import SafeString

from providers.admin.buttons import LedgerAdmin
from providers.admin.shown import BAD, GOING_ON, GOOD, WAITING, badge, duration, verbatim
from providers.models import ProviderCall

TONES = {
    ProviderCall.STARTED: GOING_ON,
    ProviderCall.COMPLETE: GOOD,
    ProviderCall.OUTPUT_LIMIT: WAITING,
    ProviderCall.PARTIAL: WAITING,
    ProviderCall.INTERRUPTED: WAITING,
}


def outcome_badge(outcome: str) -> SafeString:
    return badge(outcome.replace("_", " "), TONES.get(outcome, BAD))


def cost_shown(call: ProviderCall) -> str:
    return "not estimated" if call.cost is None else f"{call.cost.normalize():f}"


@admin.register(ProviderCall)
class CallAdmin(LedgerAdmin):
    list_display = ("started_at", "account", "model", "step", "outcome_shown", "tokens", "cost_shown", "took_shown")
    list_select_related = ("account",)
    list_filter = ("outcome", "account", "model")
    search_fields = ("correlation", "model", "request_id", "said")
    search_help_text = "A run's id, a model, the vendor's request id, or its words"
    date_hierarchy = "started_at"
    list_intro = "Every attempt at a model, one row each. Nothing here can be changed."
    readonly_fields = (
        "outcome_shown",
        "cost_shown",
        "took_shown",
        "waited",
        "system_sent",
        "prompt_sent",
        "answer_came",
    )
    fieldsets = (
        (None, {"fields": (("outcome_shown", "started_at"), ("waited", "took_shown"), "said")}),
        ("Whom", {"fields": (("account", "provider"), ("model", "model_answered"), ("key_hint", "request_id"))}),
        (
            "How much",
            {"fields": (("estimated_tokens", "input_tokens"), ("cached_input_tokens", "output_tokens"), "cost_shown")},
        ),
        ("What for", {"fields": (("correlation", "step"), ("attempt", "structure"), "table_version")}),
        ("What was sent", {"fields": ("system_sent", "prompt_sent")}),
        ("What came", {"fields": ("answer_came",)}),
    )

    def get_queryset(self, request: HttpRequest) -> QuerySet[ProviderCall]:
        # The texts are the bulk of the table; a page of a single call fetches them when it shows them.
        return super().get_queryset(request).defer("system", "prompt", "answer")

    @admin.display(description="outcome", ordering="outcome")
    def outcome_shown(self, call: ProviderCall) -> SafeString:
        return outcome_badge(call.outcome)

    @admin.display(description="tokens in / out")
    def tokens(self, call: ProviderCall) -> str:
        return f"{_count(call.input_tokens)} / {_count(call.output_tokens)}"

    @admin.display(description="US dollars", ordering="cost")
    def cost_shown(self, call: ProviderCall) -> str:
        return cost_shown(call)

    @admin.display(description="took")
    def took_shown(self, call: ProviderCall) -> str:
        return duration(call.finished_at - call.started_at if call.finished_at else None)

    @admin.display(description="first token after")
    def waited(self, call: ProviderCall) -> str:
        return duration(call.first_token_at - call.started_at if call.first_token_at else None)

    @admin.display(description="instructions")
    def system_sent(self, call: ProviderCall) -> SafeString:
        return verbatim(call.system)

    @admin.display(description="prompt")
    def prompt_sent(self, call: ProviderCall) -> SafeString:
        return verbatim(call.prompt)

    @admin.display(description="answer")
    def answer_came(self, call: ProviderCall) -> SafeString:
        return verbatim(call.answer)


def _count(tokens: int | None) -> str:
    return "–" if tokens is None else f"{tokens:,}"
