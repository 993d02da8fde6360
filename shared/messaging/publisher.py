"""The writing thread, and the way out of it: commit, then send, in one order.

All transactions of a process run one after the other in one thread. What each
told is handed to the broker before the next begins, so letters with one key
leave in the order of their commits. Sends are awaited, and marked in bulk, later.

When the broker is out, or anything went wrong on the way to it, nothing is sent
directly: commits go on, letters wait in the table, and the sweep sends them in
their order once there is a broker again. A start needs no broker either.

A letter is handed over only when all before it under its key are with the broker,
or were handed to the same producer before it. So one may arrive twice, and never
before its elders.
"""

import asyncio
import time
from asyncio import Future
from collections.abc import Callable, Iterable, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from datetime import UTC, datetime, timedelta
from functools import partial
from typing import Any, TypeVar
from uuid import UUID, uuid4

import structlog

from shared.errors import UnavailableError
from shared.kafka.records import OutboxRecord
from shared.messaging import pending_outbox
from shared.messaging.after_commit import Dispatch, Told, Writer
from shared.messaging.confirmations import Sent
from shared.messaging.publisher_port import Sender, confirmed
from shared.messaging.unit_of_work import PASSING
from shared.observability import metrics
from shared.persistence.connection_losses import losses
from shared.persistence.database import Sessions
from shared.persistence.database_certainty import Certainty, Trust

T = TypeVar("T")
log = structlog.get_logger()

SWEEP_SIZE = 1000
TICK = timedelta(seconds=0.5)
"""Between two markings of what was sent."""

LEFT_BEHIND = timedelta(seconds=10)
"""A letter older than this, and unsent, has lost whoever was to send it."""

REMINDER = timedelta(seconds=60)
"""Between two looks whether the broker still has what it was given."""

HAND_OVER = timedelta(seconds=2)
"""The producer takes letters at once, unless the broker is out and its buffer full."""

LONGEST_PAUSE = 5.0
"""Seconds between two tries to reach the broker."""


class Relay:
    """Commits, and sends what was committed."""

    def __init__(self, sessions: Sessions, sender: Sender) -> None:
        self._sessions = sessions
        self._sender = sender
        self._thread = ThreadPoolExecutor(1, "writer")
        self.turn = asyncio.Lock()
        self._teller = uuid4()
        self._sent = Sent()
        self._direct = self._doubtful = False
        self._stumbles = 0
        self._look_at = self._remind_at = datetime.now(UTC)
        self._busy_since: float | None = None
        self.writers: dict[type, Writer] = {}
        """Who writes additions of a kind here, where it is not the kind itself."""
        self.on_park: Callable[[], None] = lambda: None  # after a commit that parked a message
        self.on_broker: Callable[[], None] = lambda: None  # it was lost, or reached again
        self.certainty = Certainty(partial(losses, sessions))  # was the database set back?
        self.taken_over: set[UUID] = set()
        """Messages that were told before the database was set back: they are not told again."""

    @property
    def is_direct(self) -> bool:
        """Whether letters leave right after their commit: the broker is there."""
        return self._direct

    @property
    def busy_s(self) -> float:
        """How long the transaction at hand has taken, in seconds; 0 while there is none."""
        return 0.0 if self._busy_since is None else time.monotonic() - self._busy_since

    async def commit(self, transact: Callable[[Dispatch], T], trust: Trust = Trust.PROVEN) -> T:
        """Run `transact`, which commits, in the writing thread; then send what it told.

        What was committed before `transact` failed is sent as well.

        Raises:
            UnprovenError: if the database was lost since the caller waited for the proof.
        """
        async with self.turn:
            recheck = self.certainty.check(trust)
            sure = self.certainty.is_proven
            dispatch = Dispatch(self._teller, self.writers, [], self.taken_over, recheck, sure)
            self._busy_since = time.monotonic()
            try:
                return await self._in_thread(partial(transact, dispatch))
            except BaseException:
                self._doubtful = True
                self._take_another_name()
                raise
            finally:
                self._busy_since = None
                await self._pass_on(dispatch.told)

    def _take_another_name(self) -> None:
        """Take another name: letters under the old one may be there that nobody holds.

        A commit whose answer was lost has told letters that are not in memory. What
        follows under their keys finds them in the table, under a strange name, and waits.
        """
        self._teller = uuid4()

    async def _pass_on(self, told: Sequence[Told]) -> None:
        for callback in [callback for part in told for callback in part.callbacks]:
            callback()
        if any(part.parks for part in told):
            self.on_park()
        letters = [letter for part in told for letter in part.letters]
        for letter in letters:
            metrics.told(letter.type).inc()
        if self._direct and not self.certainty.is_proven:
            self._stumble("the database is not proven; what it told may be taken back")
        if not self._direct:
            return
        try:
            if any(part.behind for part in told):
                keys = {letter.key for letter in letters}
                letters = await self._ask(pending_outbox.letters_under, keys)
            await self._send(letters)
        except (UnavailableError, *PASSING) as trouble:
            self._stumble(trouble)

    async def _send(self, letters: Iterable[OutboxRecord]) -> list["Future[Any]"]:
        """Hand letters to the producer, in order.

        Raises:
            UnavailableError: if it does not take them in time.
        """
        futures = []
        try:
            async with asyncio.timeout(HAND_OVER.total_seconds()):
                for letter in letters:
                    future = await self._sender.send(letter)
                    future.add_done_callback(partial(self._settled, letter))
                    futures.append(future)
        except TimeoutError as error:
            msg = "the producer takes no letters: the broker is out, or has no such topic"
            raise UnavailableError(msg) from error
        return futures

    def _settled(self, letter: OutboxRecord, future: "Future[Any]") -> None:
        if future.cancelled() or future.exception():
            self._stumble(future)
            return
        if gone_back := self._sent.note(letter, future.result()):
            self._stumble(gone_back)

    def _stumble(self, trouble: object) -> None:
        """Send nothing directly from now on; the sweep starts anew from the table."""
        if self._direct:
            log.warning("relay.stumbled", trouble=repr(trouble))
        self._direct = False
        self._stumbles += 1
        self.on_broker()
        metrics.RELAY_DIRECT.set(0)

    async def run(self) -> None:
        """Reach the broker, keep the table short, and start again after trouble, for ever."""
        pause = 0.2
        while True:
            try:
                await self.certainty.proof()
                await self._catch_up()
                pause = 0.2
                while self._direct:
                    await asyncio.sleep(TICK.total_seconds())
                    await self.certainty.proof()
                    await self.settle()
            except (UnavailableError, *PASSING) as trouble:
                self._stumble(trouble)
                log.info("relay.waits", trouble=str(trouble), seconds=pause)
            await asyncio.sleep(pause)
            pause = min(LONGEST_PAUSE, 2 * pause)

    async def close(self) -> None:
        """Mark what was sent, and let go of the broker; what is unsent waits for the next start."""
        self._direct = False
        await self._sender.close()
        await asyncio.sleep(0)  # lets the futures' callbacks note what was sent
        with suppress(*PASSING):
            async with self.turn:
                await self._mark()

    async def _catch_up(self) -> None:
        """Send all that waits in the table; the last of it while nobody commits.

        Raises:
            UnavailableError: if the broker is out.
        """
        await self._sender.close()
        await self._sender.open()
        self._sent.begin(await self._remind_the_broker())
        while not self._direct:
            while await self._sweep_once() == SWEEP_SIZE:
                pass
            async with self.turn:
                self._take_another_name()
                before = self._stumbles
                waited = await self._send_what_waits()
                self._direct = len(waited) < SWEEP_SIZE and self._stumbles == before
        self.on_broker()
        metrics.RELAY_DIRECT.set(1)
        log.info("relay.is_direct")

    async def _sweep_once(self) -> int:
        """Send the oldest letters of the table, wait for them, mark them; return how many."""
        sent = await self._send_what_waits()
        await confirmed(sent)
        await self._mark()
        return len(sent)

    async def _send_what_waits(self) -> list["Future[Any]"]:
        """Hand the oldest letters of the table over."""
        await self._mark()
        return await self._send(await self._ask(pending_outbox.oldest_letters, SWEEP_SIZE))

    async def _remind_the_broker(self) -> Mapping[str, int]:
        """Send again what a broker that was wiped has lost; return how full its partitions are."""
        filled = await self._ask(pending_outbox.filled)
        ends = await self._sender.ends()
        if lost := {each for each, highest in filled.items() if ends.get(each, 0) <= highest}:
            self._sent.forget()
            letters = await self._ask(pending_outbox.send_again, lost, datetime.now(UTC), uuid4())
            log.error("broker.forgot", partitions=sorted(lost), letters_sent_again=letters)
            self._stumble(f"the broker has forgotten {len(lost)} partitions")
        return ends

    async def settle(self) -> None:
        """Mark what was sent; now and then, send what others left behind.

        Raises:
            UnavailableError: if much was left behind: it is sent from the table, from the start.
        """
        async with self.turn:
            await self._mark()
        now = datetime.now(UTC)
        if now >= self._look_at:
            self._look_at = now + LEFT_BEHIND / 2
            await self._look_behind(now)
        if now >= self._remind_at:
            self._remind_at = now + REMINDER
            await self._remind_the_broker()
        if self._doubtful:
            self._doubtful = False
            await self._tell_what_is_doubtful()

    async def _look_behind(self, now: datetime) -> None:
        filled = await self._ask(pending_outbox.filled)
        if self._sent.is_unknown_to(filled):
            self.certainty.suspect()  # it has forgotten what it was told: it was set back
        oldest = await self._ask(pending_outbox.oldest)
        if oldest and oldest < now - LEFT_BEHIND:
            msg = f"letters told at {oldest} were left behind"
            raise UnavailableError(msg)

    async def _tell_what_is_doubtful(self) -> None:
        """Send the letters of a commit whose answer was lost: they are in the table only."""
        async with self.turn:
            if len(await self._send_what_waits()) == SWEEP_SIZE:
                msg = "a commit failed, and much is unsent"
                raise UnavailableError(msg)

    async def _mark(self) -> None:
        """Mark what was sent, in the database that it was sent from and in no other."""
        if self._sent and self.certainty.is_proven:
            letters, places = self._sent.take()
            await self._ask(
                pending_outbox.mark, letters, places, self.certainty.check(Trust.PROVEN)
            )
            self._sent.mark(places)

    async def _ask(self, question: Callable[..., T], *about: Any) -> T:  # noqa: ANN401
        """Ask the table something, or have something written there."""
        return await self._in_thread(partial(pending_outbox.ask, self._sessions, question, *about))

    async def _in_thread(self, work: Callable[[], T]) -> T:
        return await asyncio.get_running_loop().run_in_executor(self._thread, work)
