"""Retries of taken-over messages that the restored tables cannot apply yet.

The number of tries grows with the number of messages, never with its square: a service may have
lost hours. Each turn of the writing thread is short, since requests are served between two.
"""

from collections.abc import Awaitable, Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from functools import partial
from typing import Protocol, TypeVar
from uuid import UUID

from shared.kafka.record_types import ConsumedRecord
from shared.messaging.commit_context import CommitContext
from shared.recovery.takeover import TakeoverWriter

T = TypeVar("T")

KEYS_PER_TRANSACTION = 50
"""A few messages each, and a millisecond or two for each message."""

LOWEST_KEY = UUID(int=0)


class TransactionRunner(Protocol):
    """Runs a transaction in a turn of the writing thread."""

    def __call__(self, transact: Callable[[CommitContext], T], /) -> Awaitable[T]:
        """Run it."""


@dataclass(slots=True)
class UnappliedMessages:
    """The messages of one recovery that could not be applied yet."""

    takeover_writer: TakeoverWriter
    run_transaction: TransactionRunner
    _pending_count: int = 0
    """How many were pending when all were tried last."""

    _read_count: int = 0
    """Records that were read since then."""

    async def retry_unblocked_by(self, records: Sequence[ConsumedRecord]) -> None:
        """Retry the messages that these handled records may have made applicable.

        Usually they have the same keys. They may have any other: an order ends what another one
        created. So all are tried, each time that as many records were read as are pending.
        """
        await self.retry_keys(uuid_keys_of(each.key for each in records))
        self._read_count += len(records)
        if self._read_count >= self._pending_count:
            await self.retry_all()

    async def retry_keys(self, keys: Iterable[UUID]) -> None:
        """Retry the messages that are pending under these keys."""
        several = list(dict.fromkeys(keys))
        for start in range(0, len(several), KEYS_PER_TRANSACTION):
            part = several[start : start + KEYS_PER_TRANSACTION]
            await self.run_transaction(partial(self.takeover_writer.apply_pending, part))

    async def retry_while_progress(self) -> None:
        """Retry all messages until their number no longer falls."""
        before = self._pending_count + 1
        while self._pending_count < before:
            before = self._pending_count
            await self.retry_all()

    async def retry_all(self, *, is_last: bool = False) -> None:
        """Retry all messages; the last time, those that cannot be applied become dead letters."""
        self._read_count = self._pending_count = 0
        after = LOWEST_KEY
        while keys := await self.run_transaction(
            partial(self.takeover_writer.pending_keys, after, KEYS_PER_TRANSACTION)
        ):
            apply = partial(self.takeover_writer.apply_pending, keys, is_last=is_last)
            self._pending_count += await self.run_transaction(apply)
            after = keys[-1]


def uuid_keys_of(keys: Iterable[bytes]) -> Iterator[UUID]:
    """Yield the keys of records that are UUIDs; no message is pending under others."""
    return (UUID(bytes=key) for key in keys if len(key) == len(LOWEST_KEY.bytes))
