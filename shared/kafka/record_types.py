"""Data types: the records that handlers consume, from Kafka or tables, and those to publish."""

from typing import NamedTuple
from uuid import UUID


class ConsumedRecord(NamedTuple):
    """One consumed message: from a partition, a timer, the call runner or a dead letter."""

    source: str
    """Topic and partition (`order/7`), or `timers`, `attempts`, `parked`."""

    offset: int
    """The offset in its partition; for a timer or an attempt, a number that identifies it."""

    key: bytes
    body: bytes
    type: str = ""

    @property
    def identity(self) -> str:
        """Identifies the record when it cannot be read."""
        return f"{self.source}/{self.offset}"

    @property
    def is_from_partition(self) -> bool:
        """Whether its offset is to be saved."""
        return "/" in self.source


class OutboxRecord(NamedTuple):
    """A message in its envelope, with all that is needed to send it."""

    id: UUID
    tenant: str
    type: str
    topic: str
    key: UUID
    sequence: int
    body: bytes
