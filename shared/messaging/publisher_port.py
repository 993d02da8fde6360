"""The way to the broker, as the relay sees it."""

import asyncio
from asyncio import Future
from collections.abc import Mapping, Sequence
from datetime import timedelta
from typing import Any, Protocol

from shared.errors import UnavailableError
from shared.kafka.records import OutboxRecord

ANSWER = timedelta(seconds=10)
"""The broker confirms letters at once, unless it is out."""


class Sender(Protocol):
    """Whoever brings letters to the broker."""

    async def open(self) -> None:
        """Reach the broker. Raises UnavailableError when it is out."""

    async def close(self) -> None:
        """Let go of the broker, whatever is still on its way."""

    async def send(self, letter: OutboxRecord) -> "Future[Any]":
        """Queue one letter; the future is done once the broker has it.

        Raises:
            UnavailableError: if it cannot be queued.
        """

    async def ends(self) -> Mapping[str, int]:
        """Return the offset that follows the last one, by topic and partition; 0 in an empty one.

        Raises:
            UnavailableError: if the broker is out.
        """


async def confirmed(futures: Sequence["Future[Any]"]) -> None:
    """Wait until the broker has confirmed these letters.

    Raises:
        UnavailableError: if it does not, or not in time.
    """
    if futures:
        _, late = await asyncio.wait(futures, timeout=ANSWER.total_seconds())
        await asyncio.sleep(0)  # lets the futures' callbacks note what was sent
        if late or any(each.cancelled() or each.exception() for each in futures):
            msg = f"{len(late) or 'some'} of {len(futures)} letters were not confirmed"
            raise UnavailableError(msg)
