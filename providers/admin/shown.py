"""How values look in the admin: badges, moments, quoted text, links. Everything is escaped."""

from datetime import timedelta

from django.urls import reverse
from django.utils.html import format_html, format_html_join
from django.utils.safestring import SafeString

GOOD = "bg-green-100 text-green-700 dark:bg-green-500/20 dark:text-green-400"
WAITING = "bg-orange-100 text-orange-700 dark:bg-orange-500/20 dark:text-orange-400"
BAD = "bg-red-100 text-red-700 dark:bg-red-500/20 dark:text-red-400"
GOING_ON = "bg-blue-100 text-blue-700 dark:bg-blue-500/20 dark:text-blue-400"
_SHAPE = "inline-block font-semibold h-6 leading-6 px-2 rounded-default text-xs whitespace-nowrap"
PLAIN = "bg-base-500/8 text-base-700 dark:bg-base-500/20 dark:text-base-200"


def badge(text: str, tone: str = PLAIN) -> SafeString:
    """A short status in color; the words say it all, for those who do not see colors."""
    return format_html('<span class="{} {}">{}</span>', _SHAPE, tone, text)


def verbatim(text: str) -> SafeString:
    """Text as it was sent or came, line by line, in a box that scrolls."""
    return format_html('<pre class="verbatim">{}</pre>', text) if text else SafeString("–")


def lines(texts: list[str]) -> SafeString:
    """One sentence a line."""
    return format_html_join(SafeString("<br>"), "{}", ((text,) for text in texts))


def row_link(name: str, pk: object, text: object) -> SafeString:
    """A link to a row's page in the admin; `name` is app_model."""
    return format_html('<a class="text-link" href="{}">{}</a>', reverse(f"admin:{name}_change", args=[pk]), text)


def duration(length: timedelta | None) -> str:
    """“0.4 s”, “12 s”, “3 min 5 s”; a dash when it is not known."""
    if length is None:
        return "–"
    seconds = length.total_seconds()
    if seconds < 10:
        return f"{seconds:.1f} s"
    return f"{seconds:.0f} s" if seconds < 60 else f"{seconds // 60:.0f} min {seconds % 60:.0f} s"
