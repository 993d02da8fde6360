"""Which of several accounts of one thing counts: the one told last.

Messages of different orders arrive in any order. Each carries when it was told, so
the same one wins wherever it comes in the row; the order's id settles a tie.
"""

from collections.abc import Hashable, Iterable
from datetime import datetime
from typing import Any, Protocol, TypeVar
from uuid import UUID


class Versioned(Protocol):
    """A thing as it was told at a moment by an order."""

    @property
    def key(self) -> Hashable:
        """What tells this thing from others of its kind."""

    @property
    def told_at(self) -> datetime:
        """When the owner wrote it down."""

    @property
    def told_by(self) -> UUID:
        """The order that it came with."""


V = TypeVar("V", bound=Versioned)


def latest_versions(versions: Iterable[V]) -> list[V]:
    """Return of each thing the version told last."""
    newest: dict[Any, V] = {}
    for version in versions:
        known = newest.get(version.key)
        if known is None or _is_newer(version, known):
            newest[version.key] = version
    return list(newest.values())


def _is_newer(one: Versioned, other: Versioned) -> bool:
    return (one.told_at, one.told_by) > (other.told_at, other.told_by)
