"""Whether readers of yesterday's contracts can read what is told today.

A reader drops fields that it does not know. It needs those it does know, in the
type it knows, and it does not know new words of an enumeration.
"""

from collections.abc import Iterator, Mapping
from typing import Any, TypeAlias

Schema: TypeAlias = Mapping[str, Any]

IGNORED_KEYS = frozenset(
    {"description", "title", "x-words", "default", "$defs", "properties", "required"}
)
"""What may change without anybody reading wrong, or is compared by itself."""


def breaking_changes(released: Schema, current: Schema | None) -> list[str]:
    """Return what a reader of the released schema of a message could not read, in lines."""
    name = str(released["x-type"])
    if current is None:
        return [f"{name} is not told any more"]
    parts = {name: (released, current)}
    for part, was in released.get("$defs", {}).items():
        parts[f"{name}: {part}"] = (was, current.get("$defs", {}).get(part))
    return [each for where, pair in parts.items() for each in part_changes(where, *pair)]


def part_changes(where: str, was: Schema, now: Schema | None) -> Iterator[str]:
    """Return what one part of a message breaks."""
    if now is None:
        yield f"{where} is gone"
        return
    old, new = comparable_schema(was), comparable_schema(now)
    if old != new:
        yield f"{where} is of another type: {old} became {new}"
    before, after = was.get("properties", {}), now.get("properties", {})
    for field, schema in before.items():
        if field not in after:
            yield f"{where}: the field {field} is gone"
        elif comparable_schema(schema) != comparable_schema(after[field]):
            yield f"{where}: the field {field} is of another type"
    for field in set(now.get("required", ())) - set(was.get("required", ())):
        yield f"{where}: the field {field} is required now"
    for field in set(was.get("required", ())) - set(now.get("required", ())):
        yield f"{where}: the field {field} is not always told any more"


def comparable_schema(schema: Schema) -> dict[str, Any]:
    """Return what of a schema matters to who reads."""
    return {
        key: comparable_schema(value) if isinstance(value, Mapping) else value
        for key, value in schema.items()
        if key not in IGNORED_KEYS
    }
