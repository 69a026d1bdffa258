"""The page that shows what a run would send, before anything is sent."""

from decimal import Decimal

from django.contrib import messages
from django.contrib.admin import AdminSite
from django.http import HttpRequest, HttpResponse
from django.template.response import TemplateResponse
from django.utils import timezone

from providers.contracts import Price
from providers.errors import ProviderError
from providers.gateway import choose_model
from recommendations.execution import preview_list
from recommendations.models import RecommendationList
from recommendations.services.library import LibraryUnavailable

MILLION = Decimal(1_000_000)
_SHARED = {
    "names": "Names of artists you own or turned down, genres and eras, and the list's brief",
    "genres": "Genres and eras, and the list's brief; no names",
    "nothing": "The list's brief; nothing of your library",
}


def preview_page(site: AdminSite, request: HttpRequest, list_: RecommendationList) -> HttpResponse | None:
    """The prompt of the list's next run with its size and price; None, with a message, when there is none to show."""
    if list_.account is None:
        messages.error(request, f"“{list_}” has no account to ask; choose one under “Whom to ask”.")
        return None
    try:
        chosen = choose_model(list_.account.pk, list_.model)
        batch = preview_list(list_, timezone.now())
    except (ProviderError, LibraryUnavailable, LookupError) as problem:
        messages.error(request, str(problem))
        return None
    if batch.prompt is None:
        messages.error(request, "The run would have nothing to ask.")
        return None
    where = "stays in the house" if chosen.is_local else f"goes to {chosen.label}"
    context = {
        **site.each_context(request),
        "title": f"What “{list_}” would send",
        "list": list_,
        "batch": batch,
        "prompt": batch.prompt,
        "model": chosen.model,
        "cost": estimated_cost(chosen.price, batch.prompt.estimated_tokens),
        "leaves": f"{_SHARED[chosen.shares]}. It {where}.",
    }
    return TemplateResponse(request, "admin/recommendations/preview.html", context)


def estimated_cost(price: Price | None, tokens: int) -> str:
    """What so many input tokens cost at list price, as the owner reads it."""
    if price is None:
        return "Not estimated: the model's price is not known."
    if not price.input and not price.output:
        return "Nothing."
    dollars = (price.input * tokens / MILLION).quantize(Decimal("0.00001")).normalize()
    return f"At most {dollars:f} US dollars. The answer is charged on top."
