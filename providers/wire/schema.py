"""Makes a JSON Schema fit for vendors that refuse part of the standard."""

from collections.abc import Mapping
from typing import Any

_KEPT = frozenset(
    {"type", "enum", "const", "$ref", "description", "title", "required", "additionalProperties", "format"}
)
_NAMED, _LISTED = frozenset({"properties", "$defs"}), frozenset({"anyOf", "allOf"})


def without_bounds(schema: Mapping[str, Any]) -> dict[str, Any]:
    """The schema with bounds, patterns and the like moved into descriptions, where the model may still heed them.

    Anthropic answers 400 to minimum, maxItems, pattern and their kin
    (platform.claude.com/docs/en/build-with-claude/structured-outputs).
    """
    plain: dict[str, Any] = {}
    lost: list[str] = []
    for name, value in schema.items():
        if name in _NAMED:
            plain[name] = {key: without_bounds(part) for key, part in value.items()}
        elif name in _LISTED:
            plain[name] = [without_bounds(part) for part in value]
        elif name == "items":
            plain[name] = without_bounds(value)
        elif name in _KEPT:
            plain[name] = value
        else:
            lost.append(f"{name}: {value}")
    if lost:
        plain["description"] = " ".join(part for part in (plain.get("description"), f"({'; '.join(lost)})") if part)
    return plain
