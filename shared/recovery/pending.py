"""Trying again what a service told and its restored tables cannot say yet.

All tries together grow with the number of messages, never with its square: a service may have
lost hours. Each turn of the writing thread is short, since requests are served between two.
"""

from collections.abc import Awaitable, Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from functools import partial
from typing import Protocol, TypeVar
from uuid import UUID

from shared.kafka.records import Record
from shared.messaging.after_commit import Dispatch
from shared.recovery.takeover import Keeper

T = TypeVar("T")

KEYS_A_TURN = 50
"""A few messages each, and a millisecond or two for each message."""

FIRST = UUID(int=0)


class InTurn(Protocol):
    """Does something in a turn of the writing thread."""

    def __call__(self, transact: Callable[[Dispatch], T], /) -> Awaitable[T]:
        """Do it."""


@dataclass(slots=True)
class Pending:
    """The messages of one recovery that could not be applied yet."""

    keeper: Keeper
    in_turn: InTurn
    _left: int = 0
    """How many were pending when all were tried last."""

    _read: int = 0
    """Records that were read since."""

    async def follow(self, records: Sequence[Record]) -> None:
        """Try again what these records, which were handled, may have made possible.

        As a rule that lies under their keys. It may lie under any other: an order takes away what
        another one has brought. So all are tried, each time that as many records were read as
        are pending.
        """
        await self.under(keys_in(each.key for each in records))
        self._read += len(records)
        if self._read >= self._left:
            await self.all()

    async def under(self, keys: Iterable[UUID]) -> None:
        """Try again what is pending under these keys."""
        several = list(dict.fromkeys(keys))
        for start in range(0, len(several), KEYS_A_TURN):
            part = several[start : start + KEYS_A_TURN]
            await self.in_turn(partial(self.keeper.apply_under, part))

    async def as_far_as_possible(self) -> None:
        """Try all again for as long as that makes them fewer."""
        before = self._left + 1
        while self._left < before:
            before = self._left
            await self.all()

    async def all(self, *, is_last: bool = False) -> None:
        """Try all again; the last time, park what still cannot be applied."""
        self._read = self._left = 0
        after = FIRST
        while keys := await self.in_turn(partial(self.keeper.pending_keys, after, KEYS_A_TURN)):
            apply = partial(self.keeper.apply_under, keys, is_last=is_last)
            self._left += await self.in_turn(apply)
            after = keys[-1]


def keys_in(keys: Iterable[bytes]) -> Iterator[UUID]:
    """Yield the keys of records that are ids; under others nothing is pending."""
    return (UUID(bytes=key) for key in keys if len(key) == len(FIRST.bytes))
