"""What the broker has confirmed, until the database knows of it."""

from collections.abc import Mapping, Sequence
from typing import Any

from shared.kafka.records import OutboxRecord


class Sent:
    """The letters of one process that the broker has, and where it put them."""

    def __init__(self) -> None:
        self._unmarked: list[tuple[OutboxRecord, Any]] = []
        self._filled: dict[str, int] | None = {}
        """By partition; None once the broker was wiped, until a producer begins."""

        self._marked: dict[str, int] = {}

    def __bool__(self) -> bool:
        """Tell whether something is to be marked."""
        return bool(self._unmarked)

    def begin(self, ends: Mapping[str, int]) -> None:
        """Note how full the partitions are before a new producer sends its first letter."""
        self._filled = {source: end - 1 for source, end in ends.items()}

    def note(self, letter: OutboxRecord, place: Any) -> str:  # noqa: ANN401  the client's own type
        """Note where a letter lies; say so if its partition was filled so far without it.

        Then it is not known to be there. A broker that was wiped may have begun anew, or have
        taken the letter for one that it has: it gives ids to producers, the same ones again once
        it was wiped, and drops what the producer of an id seems to send twice.
        """
        source = f"{letter.topic}/{place.partition}"
        if self._filled is None:
            return f"{source} was wiped"
        before = self._filled.get(source, -1)
        if place.offset <= before:
            return f"{source} was at {before}, and is at {place.offset}"
        self._filled[source] = place.offset
        self._unmarked.append((letter, place))
        return ""

    def take(self) -> tuple[Sequence[OutboxRecord], Mapping[str, int]]:
        """Return what is to be marked, and how far that fills its partitions."""
        sent, self._unmarked = self._unmarked, []
        places: dict[str, int] = {}
        for letter, place in sent:
            source = f"{letter.topic}/{place.partition}"
            places[source] = max(place.offset, places.get(source, 0))
        return [letter for letter, _ in sent], places

    def mark(self, places: Mapping[str, int]) -> None:
        """Note that the database knows how far these partitions are filled."""
        self._marked.update(places)

    def is_unknown_to(self, filled: Mapping[str, int]) -> bool:
        """Tell whether the database has forgotten how far partitions are filled."""
        return any(filled.get(source, -1) < place for source, place in self._marked.items())

    def forget(self) -> None:
        """Begin anew with a broker that was wiped: what it has confirmed is gone."""
        self._unmarked.clear()
        self._filled = None
        self._marked.clear()
