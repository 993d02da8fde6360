"""What the broker has confirmed, until the database knows of it."""

from collections.abc import Mapping, Sequence
from typing import Any

from shared.kafka.records import OutboxRecord


class Confirmations:
    """The records of one process that the broker has, and where it put them."""

    def __init__(self) -> None:
        self._unstored: list[tuple[OutboxRecord, Any]] = []
        self._end_offsets: dict[str, int] | None = {}
        """By partition; None once the broker was wiped, until a producer begins."""

        self._stored: dict[str, int] = {}

    def __bool__(self) -> bool:
        """Tell whether something is to be marked."""
        return bool(self._unstored)

    def set_baseline(self, ends: Mapping[str, int]) -> None:
        """Note how full the partitions are before a new producer sends its first record."""
        self._end_offsets = {source: end - 1 for source, end in ends.items()}

    def add(self, record: OutboxRecord, place: Any) -> str:  # noqa: ANN401  the client's own type
        """Note where a record lies; say so if its partition was filled so far without it.

        Then it is not known to be there. A broker that was wiped may have begun anew, or have
        taken the record for one that it has: it gives ids to producers, the same ones again once
        it was wiped, and drops what the producer of an id seems to send twice.
        """
        source = f"{record.topic}/{place.partition}"
        if self._end_offsets is None:
            return f"{source} was wiped"
        before = self._end_offsets.get(source, -1)
        if place.offset <= before:
            return f"{source} was at {before}, and is at {place.offset}"
        self._end_offsets[source] = place.offset
        self._unstored.append((record, place))
        return ""

    def drain(self) -> tuple[Sequence[OutboxRecord], Mapping[str, int]]:
        """Return what is to be marked, and how far that fills its partitions."""
        sent, self._unstored = self._unstored, []
        places: dict[str, int] = {}
        for record, place in sent:
            source = f"{record.topic}/{place.partition}"
            places[source] = max(place.offset, places.get(source, 0))
        return [record for record, _ in sent], places

    def mark_stored(self, places: Mapping[str, int]) -> None:
        """Note that the database knows how far these partitions are filled."""
        self._stored.update(places)

    def is_ahead_of(self, filled: Mapping[str, int]) -> bool:
        """Tell whether the database has forgotten how far partitions are filled."""
        return any(filled.get(source, -1) < place for source, place in self._stored.items())

    def reset(self) -> None:
        """Begin anew with a broker that was wiped: what it has confirmed is gone."""
        self._unstored.clear()
        self._end_offsets = None
        self._stored.clear()
