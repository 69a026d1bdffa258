"""Accounts at language model vendors: who is asked, with which model and key, and what they are told."""

from collections.abc import Sequence
from typing import Any, ClassVar

from django import forms
from django.contrib import admin, messages
from django.core.validators import RegexValidator
from django.db.models import QuerySet
from django.http import HttpRequest
from django.utils import timezone
from django.utils.safestring import SafeString

from providers import registry
from providers.admin.buttons import Button, ButtonedAdmin
from providers.admin.secrets import SecretField, keep_secret
from providers.admin.shown import BAD, badge, lines
from providers.admin.suggestions import SuggestingInput
from providers.admin.unfolded import StackedInline, TabularInline
from providers.contracts import ModelSpec, OfferedModel
from providers.gateway import list_models
from providers.keys import hint_of
from providers.models import AccountPatience, ApiKey, ProviderAccount
from providers.queries import discovered_models, known_models, known_spec, model_warnings

web_address = RegexValidator(
    r"^https?://[^\s/]+", "Enter a whole address that begins with http:// or https://.", code="address"
)
MOST_NAMED = 12


class ApiKeyForm(forms.ModelForm):  # type: ignore[type-arg]  # not a generic class at run time
    secret = SecretField(label="Key")

    class Meta:
        model = ApiKey
        fields = ("secret", "is_enabled")

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        keep_secret(self, "secret", self.instance.secret, self.instance.hint)

    def save(self, commit: bool = True) -> Any:  # noqa: FBT001, FBT002 (Django's own signature)
        if isinstance(entered := self.cleaned_data["secret"], str):
            self.instance.hint = hint_of(entered)
        return super().save(commit)


class ApiKeyInline(TabularInline):
    model = ApiKey
    form = ApiKeyForm
    hide_title = True
    verbose_name_plural = "API keys: the first enabled one is used; an empty field keeps the key it has"

    def get_extra(self, request: HttpRequest, obj: Any = None, **kwargs: Any) -> int:
        return 0 if obj and obj.keys.exists() else 1


class PatienceInline(StackedInline):
    model = AccountPatience
    verbose_name_plural = "Patience: how long to stay with a slow answer, where it is not what this kind gets"
    fields = ("profile", ("normal_s", "extended_s", "deep_wait_s"), ("heartbeat_s", "stall_multiplier"))


class AccountForm(forms.ModelForm):  # type: ignore[type-arg]  # not a generic class at run time
    class Meta:
        model = ProviderAccount
        fields = "__all__"
        widgets: ClassVar = {"model": SuggestingInput()}
        labels: ClassVar = {
            "is_enabled": "Enabled",
            "context_window": "Context window, in tokens",
            "max_output_tokens": "Longest answer, in tokens",
            "base_timeout_seconds": "Time limit, in seconds",
        }
        help_texts: ClassVar = {
            "base_timeout_seconds": "How long to wait for a sign of life; ten times as long for a local server's first."
        }

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        if "base_url" not in self.fields:
            return
        self.fields["base_url"].validators.append(web_address)
        widget = self.fields["model"].widget
        if isinstance(widget, SuggestingInput):
            widget.suggestions = suggested_models([self.instance] if self.instance.pk else [])

    def clean_base_url(self) -> str:
        return str(self.cleaned_data["base_url"]).rstrip("/")


def suggested_models(accounts: Sequence[ProviderAccount]) -> list[tuple[str, str]]:
    """(id, label) of the models these accounts' vendors are known to have; of every vendor when there are none."""
    if not accounts:
        vendors = registry.provider_choices()
        return [(id_, f"{vendor}: {label}") for slug, vendor in vendors for id_, label in known_models(slug)]
    found: dict[str, str] = {}
    for account in accounts:
        found |= dict(known_models(account.provider))
        found |= {model.id: model.label or model.id for model in discovered_models(account) if model.id not in found}
    return list(found.items())


@admin.register(ProviderAccount)
class AccountAdmin(ButtonedAdmin):
    form = AccountForm
    inlines = (ApiKeyInline, PatienceInline)
    list_display = ("name", "vendor", "model", "key_hint", "shares", "is_enabled")
    list_filter = ("is_enabled",)
    search_fields = ("name", "model")
    readonly_fields = ("model_facts",)
    list_intro = "Whom your lists may ask. Each account is one vendor or server, with your key for it."
    fieldsets = (
        (None, {"fields": ("name", "provider", "is_enabled")}),
        ("The model", {"fields": ("model", "model_facts", ("context_window", "max_output_tokens"), "temperature")}),
        ("Thinking", {"fields": (("thinking", "thinking_budget_tokens"),)}),
        ("What leaves the house", {"fields": ("shares",)}),
        ("Answers", {"fields": ("structure", "allows_text_fallback", "base_timeout_seconds")}),
        ("Address", {"fields": ("base_url",), "description": "Only for a server of your own, or a proxy."}),
    )

    def formfield_for_choice_field(self, db_field: Any, request: HttpRequest, **kwargs: Any) -> Any:
        if db_field.name == "structure":
            kwargs["choices"] = [("", "What the model is known to support"), *db_field.flatchoices]
        return super().formfield_for_choice_field(db_field, request, **kwargs)

    def get_queryset(self, request: HttpRequest) -> QuerySet[ProviderAccount]:
        return super().get_queryset(request).prefetch_related("keys")

    @admin.display(description="provider", ordering="provider")
    def vendor(self, account: ProviderAccount) -> str:
        return account.get_provider_display()

    @admin.display(description="key")
    def key_hint(self, account: ProviderAccount) -> SafeString | str:
        key = next((key for key in account.keys.all() if key.is_enabled), None)
        if key:
            return f"{key.secret}{key.hint}"
        adapter = registry.language_adapters().get(account.provider)
        return badge("no key", BAD) if adapter and adapter.needs_key else "not needed"

    @admin.display(description="What is known of it")
    def model_facts(self, account: ProviderAccount) -> SafeString:
        if not account.pk:
            return lines(["Shown once the account is saved."])
        is_known = account.model and account.provider in registry.language_adapters()
        spec = known_spec(account, account.model) if is_known else None
        warnings = model_warnings(account, account.model, timezone.localdate())
        return lines([*(_facts(spec) if spec else []), *warnings] or ["The model its server offers is used."])

    def buttons(self, request: HttpRequest, row: ProviderAccount) -> Sequence[Button]:
        says = "Asks for its list of models with the saved key. Costs nothing."
        return (Button("test", "Test", self._test, says=says),)

    def save_related(self, request: HttpRequest, form: Any, formsets: Any, change: bool) -> None:  # noqa: FBT001 (Django's own signature)
        super().save_related(request, form, formsets, change)
        account = form.instance
        for warning in model_warnings(account, account.model, timezone.localdate()):
            messages.warning(request, warning)
        adapter = registry.language_adapters().get(account.provider)
        if adapter and adapter.needs_key and not account.keys.filter(is_enabled=True).exists():
            messages.warning(request, f"{adapter.label} needs an API key and this account has none; enter it below.")

    def _test(self, request: HttpRequest, account: ProviderAccount) -> None:
        try:
            discovery = list_models(account.pk, refresh=True)
        except LookupError as problem:
            messages.error(request, str(problem))
            return
        if discovery.problem:
            messages.error(request, discovery.problem)
            return
        messages.success(request, _answered(account, discovery.models))
        for warning in _offer_warnings(account, discovery.models):
            messages.warning(request, warning)


def _facts(spec: ModelSpec) -> list[str]:
    facts = [spec.label or spec.id]
    if spec.context_window:
        facts.append(f"{spec.context_window:,} tokens of context")
    if spec.max_output:
        facts.append(f"answers of up to {spec.max_output:,}")
    if spec.price:
        facts.append(
            f"{spec.price.input.normalize():f} US dollars per million tokens in, {spec.price.output.normalize():f} out "
            f"(read on {spec.price.read_on:%-d %B %Y})"
        )
    return [", ".join(facts)]


def _answered(account: ProviderAccount, offered: Sequence[OfferedModel]) -> str:
    if not offered:
        return f"{account.name} answered, and lists no models."
    names = ", ".join(model.id for model in offered[:MOST_NAMED])
    more = f" and {len(offered) - MOST_NAMED} more" if len(offered) > MOST_NAMED else ""
    count = "one model" if len(offered) == 1 else f"{len(offered)} models"
    return f"{account.name} answered. It lists {count}: {names}{more}."


def _offer_warnings(account: ProviderAccount, offered: Sequence[OfferedModel]) -> list[str]:
    warnings = model_warnings(account, account.model, timezone.localdate())
    if account.model and offered and account.model not in {model.id for model in offered}:
        warnings.append(f"“{account.model}” is not among them; check its id, or that your key may use it.")
    return warnings
