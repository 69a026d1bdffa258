"""How Lidarr is told of a list: the address to copy and the steps to take there."""

from django.conf import settings
from django.template.loader import render_to_string
from django.utils.html import format_html
from django.utils.safestring import SafeString

from providers.errors import SecretUnreadable
from recommendations.domain.types import Mode
from recommendations.models import RecommendationList


def address_of(list_: RecommendationList) -> SafeString:
    """The list's address with its token, ready to be copied, and where it goes in Lidarr."""
    try:
        token = list_.token.open()
    except SecretUnreadable as problem:
        return format_html("{} Or press “Make a new token” above.", problem)
    custom = f"{settings.PUBLIC_URL}/lists/{list_.slug}?apikey={token}"
    if list_.mode == Mode.ALBUMS:
        kind, fields = "Lidarr", [("Full URL", f"{settings.PUBLIC_URL}/lidarr/{list_.slug}"), ("API Key", token)]
        last = "Set Monitor to “Specific Album”, so that a new artist comes with the recommended album only."
    else:
        kind, fields, last = "Custom List", [("List URL", custom)], ""
    return render_to_string(
        "admin/recommendations/address.html",
        {
            "kind": kind,
            "fields": fields,
            "last": last,
            "tags": ", ".join(list_.lidarr_tags),
            "artists_only": custom if list_.mode == Mode.ALBUMS else "",
        },
    )
