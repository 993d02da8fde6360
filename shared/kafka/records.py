"""Records as they come from Kafka, and as they are published there."""

from typing import NamedTuple
from uuid import UUID


class ConsumedRecord(NamedTuple):
    """One message as it came: from a partition, a timer or the runner."""

    source: str
    """Topic and partition (`order/7`), or `timers`, `attempts`, `parked`."""

    offset: int
    """Where in its partition; of a timer or an attempt, a number that names it."""

    key: bytes
    body: bytes
    type: str = ""

    @property
    def identity(self) -> str:
        """What names the record when it cannot be read."""
        return f"{self.source}/{self.offset}"

    @property
    def is_from_partition(self) -> bool:
        """Whether an offset is to be remembered."""
        return "/" in self.source


class OutboxRecord(NamedTuple):
    """A message, sealed: all that the wire needs."""

    id: UUID
    tenant: str
    type: str
    topic: str
    key: UUID
    sequence: int
    body: bytes
