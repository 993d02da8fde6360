"""Whether consumers of released contracts can read the messages published today.

A consumer ignores fields that it does not know. It needs the fields that it knows,
of the type that it knows, and it does not know new values of an enumeration.
"""

from collections.abc import Iterator, Mapping
from typing import Any, TypeAlias

Schema: TypeAlias = Mapping[str, Any]

IGNORED_KEYS = frozenset(
    {"description", "title", "x-words", "default", "$defs", "properties", "required"}
)
"""What may change without effect on consumers, or is compared separately."""


def breaking_changes(released: Schema, current: Schema | None) -> list[str]:
    """Return what a consumer of a message's released schema could not read, in lines."""
    name = str(released["x-type"])
    if current is None:
        return [f"{name} is no longer published"]
    parts = {name: (released, current)}
    for part, was in released.get("$defs", {}).items():
        parts[f"{name}: {part}"] = (was, current.get("$defs", {}).get(part))
    return [each for where, pair in parts.items() for each in part_breaking_changes(where, *pair)]


def part_breaking_changes(where: str, was: Schema, now: Schema | None) -> Iterator[str]:
    """Yield the breaking changes of one part of a message."""
    if now is None:
        yield f"{where} was removed"
        return
    old, new = comparable_schema(was), comparable_schema(now)
    if old != new:
        yield f"{where} has another type: {old} became {new}"
    before, after = was.get("properties", {}), now.get("properties", {})
    for field, schema in before.items():
        if field not in after:
            yield f"{where}: the field {field} was removed"
        elif comparable_schema(schema) != comparable_schema(after[field]):
            yield f"{where}: the field {field} has another type"
    for field in set(now.get("required", ())) - set(was.get("required", ())):
        yield f"{where}: the field {field} is required now"
    for field in set(was.get("required", ())) - set(now.get("required", ())):
        yield f"{where}: the field {field} is no longer required"


def comparable_schema(schema: Schema) -> dict[str, Any]:
    """Return the parts of a schema that matter to consumers."""
    return {
        key: comparable_schema(value) if isinstance(value, Mapping) else value
        for key, value in schema.items()
        if key not in IGNORED_KEYS
    }
