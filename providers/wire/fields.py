"""Reads single fields of a vendor's JSON, where anything may be missing or of another kind than promised."""

from collections.abc import Mapping
from datetime import UTC, date, datetime
from email.utils import parsedate_to_datetime
from typing import Any


def number_at(tree: Any, *path: str) -> int | None:
    """The whole number at the end of this path, zero included."""
    for name in path:
        tree = tree.get(name) if isinstance(tree, dict) else None
    return tree if type(tree) is int and tree >= 0 else None


def text_at(tree: Any, *path: str) -> str:
    """The text at the end of this path, else an empty one."""
    for name in path:
        tree = tree.get(name) if isinstance(tree, dict) else None
    return tree if isinstance(tree, str) else ""


def count(entry: Mapping[str, Any], *names: str) -> int | None:
    """The first of these fields that holds a positive whole number."""
    values = (entry.get(name) for name in names)
    return next((value for value in values if type(value) is int and value > 0), None)


def day(value: Any) -> date | None:
    """A day given as ISO text, as an HTTP date or as seconds since 1970."""
    try:
        if type(value) is int:
            return datetime.fromtimestamp(value, UTC).date()
        text = str(value)
        return (datetime.fromisoformat(text) if text[:1].isdigit() else parsedate_to_datetime(text)).date()
    except (ValueError, OverflowError, OSError):
        return None
