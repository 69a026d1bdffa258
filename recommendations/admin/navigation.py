"""The pages of the admin in the order an owner needs them; a user sees those they may open."""

from typing import Any

from django.http import HttpRequest
from django.urls import reverse

from recommendations.models import Recommendation

_WAITING = f"status__exact={Recommendation.Status.WAITING}"

# Group → (title, icon, app, model, query).
_GROUPS: tuple[tuple[str, tuple[tuple[str, str, str, str, str], ...]], ...] = (
    (
        "Recommendations",
        (
            ("Lists", "queue_music", "recommendations", "recommendationlist", ""),
            ("Review", "rate_review", "recommendations", "recommendation", _WAITING),
            ("All recommendations", "library_add_check", "recommendations", "recommendation", ""),
            ("Runs", "play_circle", "recommendations", "run", ""),
            ("Decisions", "contact_support", "providers", "fallbackrequest", ""),
            ("Why not?", "help", "recommendations", "droppedcandidate", ""),
        ),
    ),
    (
        "Providers",
        (
            ("Accounts", "key", "providers", "provideraccount", ""),
            ("Calls", "receipt_long", "providers", "providercall", ""),
            ("Budgets", "savings", "providers", "budget", ""),
            ("Budget alerts", "notifications", "providers", "budgetalert", ""),
            ("Unusual days", "trending_up", "providers", "costanomaly", ""),
            ("Breakers", "electrical_services", "providers", "breaker", ""),
            ("Breaker changes", "manage_history", "providers", "breakerchange", ""),
            ("Health", "monitor_heart", "providers", "accounthealth", ""),
            ("Health checks", "vital_signs", "providers", "healthcheck", ""),
            ("Flags", "flag", "providers", "flag", ""),
            ("Locks", "lock", "providers", "providerlock", ""),
            ("Audit of locks", "history", "providers", "lockevent", ""),
        ),
    ),
    (
        "Lidarr",
        (
            ("Connections", "dns", "providers", "lidarrconnection", ""),
            ("Artists", "artist", "recommendations", "libraryartist", ""),
            ("Albums", "album", "recommendations", "libraryalbum", ""),
            ("Exclusions", "block", "recommendations", "libraryexclusion", ""),
            ("Syncs", "sync", "recommendations", "librarysync", ""),
        ),
    ),
    ("Household", (("Users", "person", "auth", "user", ""), ("Groups", "group", "auth", "group", ""))),
)


def sidebar(request: HttpRequest) -> list[dict[str, Any]]:
    """The navigation in the form unfold's settings give it."""
    return [
        {"title": title, "separator": True, "items": [_item(request, *page) for page in pages if _may(request, *page)]}
        for title, pages in _GROUPS
    ]


def _may(request: HttpRequest, title: str, icon: str, app: str, model: str, query: str) -> bool:
    return any(request.user.has_perm(f"{app}.{act}_{model}") for act in ("view", "change"))


def _item(request: HttpRequest, title: str, icon: str, app: str, model: str, query: str) -> dict[str, Any]:
    address = reverse(f"admin:{app}_{model}_changelist")
    is_here = request.path.startswith(address)
    if model == "recommendation":
        is_here = is_here and (_WAITING in request.GET.urlencode()) == bool(query)
    badge = "recommendations.admin.navigation.waiting" if query else None
    link = f"{address}?{query}" if query else address
    return {"title": title, "icon": icon, "link": link, "active": is_here, **({"badge": badge} if badge else {})}


def waiting(request: HttpRequest) -> str:
    """How many recommendations wait for the owner; nothing when none does."""
    count = Recommendation.objects.filter(status=Recommendation.Status.WAITING).count()
    return str(count) if count else ""
