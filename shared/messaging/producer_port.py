"""The port through which the publisher reaches the broker."""

import asyncio
from asyncio import Future
from collections.abc import Mapping, Sequence
from datetime import timedelta
from typing import Any, Protocol

from shared.errors import UnavailableError
from shared.kafka.record_types import OutboxRecord

CONFIRM_TIMEOUT = timedelta(seconds=10)
"""The broker confirms records within milliseconds, unless it is out."""


class ProducerPort(Protocol):
    """Sends records to the broker: a Kafka producer, or a fake in tests."""

    async def open(self) -> None:
        """Connect to the broker.

        Raises:
            UnavailableError: if it is out.
        """

    async def close(self) -> None:
        """Disconnect, whatever is still unconfirmed."""

    async def send(self, record: OutboxRecord) -> "Future[Any]":
        """Queue one record; the future is done once the broker has confirmed it.

        Raises:
            UnavailableError: if it cannot be queued.
        """

    async def end_offsets(self) -> Mapping[str, int]:
        """Return the offset that follows the last one, by topic and partition; 0 in an empty one.

        Raises:
            UnavailableError: if the broker is out.
        """


async def wait_for_confirmations(futures: Sequence["Future[Any]"]) -> None:
    """Wait until the broker has confirmed these records.

    Raises:
        UnavailableError: if it does not, or not in time.
    """
    if futures:
        _, late = await asyncio.wait(futures, timeout=CONFIRM_TIMEOUT.total_seconds())
        await asyncio.sleep(0)  # runs the futures' callbacks
        if late or any(each.cancelled() or each.exception() for each in futures):
            msg = f"{len(late) or 'some'} of {len(futures)} records were not confirmed"
            raise UnavailableError(msg)
