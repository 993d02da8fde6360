"""Plans of publications: what each entry would change, field by field, without changing it."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from enum import StrEnum
from typing import Any, NamedTuple

import msgspec

MISSING = None
"""The value of a field that a document does not have."""

NAMES = ("id", "name", "kind")
"""The fields by which the objects of a list are told apart, the first that all of them have."""


class Difference(NamedTuple):
    """A field whose value differs."""

    field: str
    """A JSON pointer, in which objects of a list are named by their id or name."""

    before: Any
    after: Any


def differences(before: object, after: object, at: str = "") -> Iterator[Difference]:
    """Yield the fields in which two documents, as JSON values, differ."""
    if before == after:
        return
    fields_before, fields_after = fields_of(before), fields_of(after)
    if fields_before is None or fields_after is None:
        yield Difference(at, before, after)
        return
    for name in dict.fromkeys((*fields_before, *fields_after)):
        values = fields_before.get(name, MISSING), fields_after.get(name, MISSING)
        yield from differences(*values, f"{at}/{name}")


def fields_of(value: object) -> Mapping[str, object] | None:
    """Return the fields of an object, or the objects of a list by name; None for other values."""
    if isinstance(value, Mapping):
        return value
    if not isinstance(value, Sequence) or isinstance(value, str):
        return None
    for name in NAMES:
        if all(isinstance(each, Mapping) and name in each for each in value):
            named = {str(each[name]): each for each in value}
            return named if len(named) == len(value) else None
    return None


class PlannedState(StrEnum):
    """What a publication does with an entry."""

    NEW = "new"
    """There is no entry of this name yet."""

    CHANGED = "changed"
    """It differs from the entry that there is, or is another version of it."""

    UNCHANGED = "unchanged"


class PlannedChange(NamedTuple):
    """What the publication of one entry would change."""

    entry: str
    """Its kind, name and version."""

    state: PlannedState
    differences: tuple[Difference, ...] = ()
    missing: tuple[str, ...] = ()
    """The blueprints that it needs and that are not published: `ftth/new`."""

    unknown_kinds: tuple[str, ...] = ()
    """The kinds of resources that it needs and that are not known (yet)."""

    fragments: tuple[str, ...] = ()
    """The fragments that it includes: `bar/1`."""


def plan_change(
    entry: str, before: object | None, after: object, missing: Iterable[str] = ()
) -> PlannedChange:
    """Return what the publication of an entry changes.

    Args:
        entry: its kind, name and version.
        before: the entry that there is, or its newest version; None if there is none.
        after: the entry as it is sent.
        missing: the blueprints that it needs and that are not published.
    """
    if before is None:
        return PlannedChange(entry, PlannedState.NEW, (), tuple(missing))
    found = tuple(differences(msgspec.to_builtins(before), msgspec.to_builtins(after)))
    state = PlannedState.CHANGED if found else PlannedState.UNCHANGED
    return PlannedChange(entry, state, found, tuple(missing))
