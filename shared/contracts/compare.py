"""Whether readers of yesterday's contracts can read what is told today.

A reader drops fields that it does not know. It needs those it does know, in the
type it knows, and it does not know new words of an enumeration.
"""

from collections.abc import Iterator, Mapping
from typing import Any, TypeAlias

Schema: TypeAlias = Mapping[str, Any]

SAID = frozenset({"description", "title", "x-words", "default", "$defs", "properties", "required"})
"""What may change without anybody reading wrong, or is compared by itself."""


def breaks_between(released: Schema, current: Schema | None) -> list[str]:
    """Return what a reader of the released schema of a message could not read, in lines."""
    name = str(released["x-type"])
    if current is None:
        return [f"{name} is not told any more"]
    parts = {name: (released, current)}
    for part, was in released.get("$defs", {}).items():
        parts[f"{name}: {part}"] = (was, current.get("$defs", {}).get(part))
    return [each for where, pair in parts.items() for each in broken(where, *pair)]


def broken(where: str, was: Schema, now: Schema | None) -> Iterator[str]:
    """Return what one part of a message breaks."""
    if now is None:
        yield f"{where} is gone"
        return
    if bare(was) != bare(now):
        yield f"{where} is of another type: {bare(was)} became {bare(now)}"
    before, after = was.get("properties", {}), now.get("properties", {})
    for field, schema in before.items():
        if field not in after:
            yield f"{where}: the field {field} is gone"
        elif bare(schema) != bare(after[field]):
            yield f"{where}: the field {field} is of another type"
    for field in set(now.get("required", ())) - set(was.get("required", ())):
        yield f"{where}: the field {field} is required now"
    for field in set(was.get("required", ())) - set(now.get("required", ())):
        yield f"{where}: the field {field} is not always told any more"


def bare(schema: Schema) -> dict[str, Any]:
    """Return what of a schema matters to who reads."""
    return {
        key: bare(value) if isinstance(value, Mapping) else value
        for key, value in schema.items()
        if key not in SAID
    }
