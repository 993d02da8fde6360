"""Versions of one thing: the one published last counts.

Messages of different orders arrive in any order. Each carries when it was published, so
the same one wins in whatever order they arrive; the order's id settles a tie.
"""

from collections.abc import Hashable, Iterable
from datetime import datetime
from typing import Any, Protocol, TypeVar
from uuid import UUID


class Versioned(Protocol):
    """A version of a thing, published with an order."""

    @property
    def key(self) -> Hashable:
        """The key of the thing."""

    @property
    def told_at(self) -> datetime:
        """When its message was published."""

    @property
    def told_by(self) -> UUID:
        """The order that it came with."""


V = TypeVar("V", bound=Versioned)


def latest_versions(versions: Iterable[V]) -> list[V]:
    """Return the version of each thing that was published last."""
    newest: dict[Any, V] = {}
    for version in versions:
        current = newest.get(version.key)
        if current is None or _is_newer(version, current):
            newest[version.key] = version
    return list(newest.values())


def _is_newer(one: Versioned, other: Versioned) -> bool:
    return (one.told_at, one.told_by) > (other.told_at, other.told_by)
