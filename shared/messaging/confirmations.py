"""Broker confirmations that the database has not saved yet."""

from collections.abc import Mapping, Sequence
from typing import Any

from shared.kafka.record_types import OutboxRecord


class Confirmations:
    """The records of one process that the broker confirmed, with their offsets."""

    def __init__(self) -> None:
        self._unsaved: list[tuple[OutboxRecord, Any]] = []
        self._highest_offsets: dict[str, int] | None = {}
        """By partition; None after the broker was wiped, until a new producer starts."""

        self._saved: dict[str, int] = {}

    def __bool__(self) -> bool:
        """Return whether records wait to be marked as published."""
        return bool(self._unsaved)

    def set_baseline(self, ends: Mapping[str, int]) -> None:
        """Remember the partitions' end offsets, before a new producer sends its first record."""
        self._highest_offsets = {source: end - 1 for source, end in ends.items()}

    def add_or_return_error(self, record: OutboxRecord, metadata: Any) -> str:  # noqa: ANN401  the client's own type
        """Note a record's offset; return an error text if the partition had reached it before.

        Then the record is not known to be stored. A wiped broker may have restarted its offsets,
        or have dropped the record as a duplicate: it gives ids to producers, the same ones again
        after a wipe, and drops records that the producer of an id seems to send twice.
        """
        source = f"{record.topic}/{metadata.partition}"
        if self._highest_offsets is None:
            return f"{source} was wiped"
        before = self._highest_offsets.get(source, -1)
        if metadata.offset <= before:
            return f"{source} was at {before}, and is at {metadata.offset}"
        self._highest_offsets[source] = metadata.offset
        self._unsaved.append((record, metadata))
        return ""

    def take_unsaved(self) -> tuple[Sequence[OutboxRecord], Mapping[str, int]]:
        """Remove and return the records to mark as published, and the highest offsets."""
        confirmed, self._unsaved = self._unsaved, []
        offsets: dict[str, int] = {}
        for record, metadata in confirmed:
            source = f"{record.topic}/{metadata.partition}"
            offsets[source] = max(metadata.offset, offsets.get(source, 0))
        return [record for record, _ in confirmed], offsets

    def mark_saved(self, offsets: Mapping[str, int]) -> None:
        """Note that the database has saved these offsets."""
        self._saved.update(offsets)

    def is_ahead_of(self, saved: Mapping[str, int]) -> bool:
        """Return whether the database has lost offsets that were saved in it."""
        return any(saved.get(source, -1) < offset for source, offset in self._saved.items())

    def reset(self) -> None:
        """Discard all confirmations of a broker that was wiped."""
        self._unsaved.clear()
        self._highest_offsets = None
        self._saved.clear()
