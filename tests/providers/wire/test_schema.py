"""Schemas for vendors that refuse part of the standard."""

from providers.wire.schema import without_bounds
from recommendations.prompts.sections import ANSWER_SCHEMA


def test_what_is_refused_moves_into_the_description_at_every_depth() -> None:
    schema = {
        "type": "object",
        "additionalProperties": False,
        "required": ["a"],
        "properties": {
            "a": {"type": "array", "maxItems": 3, "items": {"type": "string", "pattern": "x+", "description": "An x."}},
            "b": {"anyOf": [{"type": "integer", "minimum": 1, "maximum": 9}, {"type": "null"}]},
        },
    }

    assert without_bounds(schema) == {
        "type": "object",
        "additionalProperties": False,
        "required": ["a"],
        "properties": {
            "a": {
                "type": "array",
                "items": {"type": "string", "description": "An x. (pattern: x+)"},
                "description": "(maxItems: 3)",
            },
            "b": {"anyOf": [{"type": "integer", "description": "(minimum: 1; maximum: 9)"}, {"type": "null"}]},
        },
    }


def test_our_own_schema_needs_no_change() -> None:
    assert without_bounds(ANSWER_SCHEMA) == ANSWER_SCHEMA
