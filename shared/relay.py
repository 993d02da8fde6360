"""The writing thread, and the way out of it: commit, then send, in one order.

All transactions of a process run one after the other in one thread. What each
told is handed to the broker before the next begins, so letters with one key
leave in the order of their commits. Sends are awaited, and marked in bulk, later.

When the broker is out, or anything went wrong on the way to it, nothing is sent
directly: commits go on, letters wait in the table, and the sweep sends them in
their order once there is a broker again. A start needs no broker either.
"""

import asyncio
from asyncio import Future
from collections.abc import Callable, Iterable, Sequence
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta
from functools import partial
from typing import Any, Protocol, TypeVar
from uuid import uuid4

import structlog

from shared import metrics, outbox
from shared.db import Sessions
from shared.errors import UnavailableError
from shared.outbox import Dispatch, Letter, Told
from shared.work import PASSING

T = TypeVar("T")
log = structlog.get_logger()

SWEEP_SIZE = 1000
TICK = timedelta(seconds=0.5)
"""Between two markings of what was sent."""

LEFT_BEHIND = timedelta(seconds=10)
"""A letter older than this, and unsent, has lost whoever was to send it."""

HAND_OVER = timedelta(seconds=2)
"""The producer takes letters at once, unless the broker is out and its buffer full."""

LONGEST_PAUSE = 5.0
"""Seconds between two tries to reach the broker."""


class Sender(Protocol):
    """Whoever brings letters to the broker."""

    async def open(self) -> None:
        """Reach the broker. Raises UnavailableError when it is out."""

    async def close(self) -> None:
        """Let go of the broker, whatever is still on its way."""

    async def send(self, letter: Letter) -> "Future[Any]":
        """Queue one letter; the future is done once the broker has it.

        Raises:
            UnavailableError: if it cannot be queued.
        """

    async def forgotten(self, sent: dict[str, int]) -> dict[str, int]:
        """Return those partitions whose end lies before what was sent to them."""


class Relay:
    """Commits, and sends what was committed."""

    def __init__(self, sessions: Sessions, sender: Sender) -> None:
        self._sessions = sessions
        self._sender = sender
        self._thread = ThreadPoolExecutor(1, "writer")
        self._turn = asyncio.Lock()
        self._teller = uuid4()
        self._sent: list[tuple[Letter, Any]] = []
        self._on_its_way = 0
        self._direct = False
        self._look_at = datetime.now(UTC)
        self.on_wake: Callable[[], None] = lambda: None
        """Called after a commit that made work for the runner."""

    @property
    def is_direct(self) -> bool:
        """Whether letters leave right after their commit: the broker is there."""
        return self._direct

    async def commit(self, transact: Callable[[Dispatch], T]) -> T:
        """Run `transact`, which commits, in the writing thread; then send what it told.

        What was committed before `transact` failed is sent as well.
        """
        async with self._turn:
            dispatch = Dispatch(self._teller)
            try:
                return await self._in_thread(partial(transact, dispatch))
            except BaseException:
                self._distrust_the_table()
                raise
            finally:
                await self._pass_on(dispatch.told)

    def _distrust_the_table(self) -> None:
        """Take another name: letters under the old one may be there that nobody holds.

        A commit whose answer was lost has told letters that are not in memory. What
        follows under their keys finds them in the table, under a strange name, and waits.
        """
        self._teller = uuid4()

    async def _pass_on(self, told: Sequence[Told]) -> None:
        if any(part.wakes for part in told):
            self.on_wake()
        if not self._direct:
            return
        try:
            if any(part.behind for part in told):
                await self._sweep(datetime.now(UTC))
            else:
                await self._send([letter for part in told for letter in part.letters])
        except (UnavailableError, *PASSING) as trouble:
            self._stumble(trouble)

    async def _send(self, letters: Iterable[Letter]) -> list["Future[Any]"]:
        """Hand letters to the producer, in order.

        Raises:
            UnavailableError: if it does not take them in time.
        """
        futures = []
        try:
            async with asyncio.timeout(HAND_OVER.total_seconds()):
                for letter in letters:
                    future = await self._sender.send(letter)
                    self._on_its_way += 1
                    future.add_done_callback(partial(self._settled, letter))
                    futures.append(future)
        except TimeoutError as error:
            msg = "the producer's buffer is full"
            raise UnavailableError(msg) from error
        return futures

    def _settled(self, letter: Letter, future: "Future[Any]") -> None:
        self._on_its_way -= 1
        if future.cancelled() or future.exception():
            self._stumble(future)
        else:
            self._sent.append((letter, future.result()))

    def _stumble(self, trouble: object) -> None:
        """Send nothing directly from now on; the sweep starts anew from the table."""
        if self._direct:
            log.warning("relay.stumbled", trouble=repr(trouble))
        self._direct = False
        metrics.RELAY_DIRECT.set(0)

    async def run(self) -> None:
        """Reach the broker, keep the table short, and start again after trouble, for ever."""
        pause = 0.2
        while True:
            try:
                await self._catch_up()
                pause = 0.2
                while self._direct:
                    await asyncio.sleep(TICK.total_seconds())
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
        async with self._turn:
            await self._mark()

    async def _catch_up(self) -> None:
        """Send all that waits in the table; the last of it while nobody commits.

        Raises:
            UnavailableError: if the broker is out.
        """
        await self._sender.close()
        await self._sender.open()
        await self._remind_the_broker()
        while not self._direct:
            async with self._turn:
                self._distrust_the_table()
                left = await self._sweep_once(datetime.now(UTC))
                self._direct = left < SWEEP_SIZE
        metrics.RELAY_DIRECT.set(1)
        log.info("relay.is_direct")

    async def _remind_the_broker(self) -> None:
        """Send again what a broker that was wiped has lost; readers drop what they know."""
        sent = await self._in_thread(self._read_sent)
        if lost := await self._sender.forgotten(sent):
            letters = await self._in_thread(partial(self._forget_sent, set(lost)))
            log.error("broker.forgot", partitions=lost, letters_sent_again=letters)

    async def settle(self) -> None:
        """Mark what was sent; now and then, send what others left behind."""
        async with self._turn:
            await self._mark()
        now = datetime.now(UTC)
        if now >= self._look_at:
            self._look_at = now + LEFT_BEHIND / 2
            oldest = await self._in_thread(self._oldest_unsent)
            metrics.UNSENT_AGE.set((now - oldest).total_seconds() if oldest else 0.0)
            if oldest and oldest < now - LEFT_BEHIND:
                async with self._turn:
                    await self._sweep(now - LEFT_BEHIND)

    async def _sweep(self, told_before: datetime) -> None:
        while await self._sweep_once(told_before) == SWEEP_SIZE:
            pass

    async def _sweep_once(self, told_before: datetime) -> int:
        """Send the oldest letters of the table, wait for them, mark them; return how many."""
        await self._mark()
        letters = await self._in_thread(partial(self._unsent, told_before))
        results = await asyncio.gather(*await self._send(letters), return_exceptions=True)
        if trouble := next((each for each in results if isinstance(each, BaseException)), None):
            msg = f"a letter was not sent: {trouble!r}"
            raise UnavailableError(msg)
        await asyncio.sleep(0)  # lets the futures' callbacks note what was sent
        await self._mark()
        return len(letters)

    async def _mark(self) -> None:
        if self._sent:
            sent, self._sent = self._sent, []
            await self._in_thread(partial(self._mark_rows, sent))

    async def _in_thread(self, work: Callable[[], T]) -> T:
        return await asyncio.get_running_loop().run_in_executor(self._thread, work)

    def _unsent(self, told_before: datetime) -> list[Letter]:
        with self._sessions() as session:
            return outbox.unsent(session, told_before, SWEEP_SIZE)

    def _mark_rows(self, sent: Sequence[tuple[Letter, Any]]) -> None:
        places: dict[str, int] = {}
        for letter, place in sent:
            source = f"{letter.topic}/{place.partition}"
            places[source] = max(place.offset, places.get(source, 0))
        with self._sessions.begin() as session:
            outbox.mark(session, [letter for letter, _ in sent], places)

    def _read_sent(self) -> dict[str, int]:
        with self._sessions() as session:
            return outbox.sent(session)

    def _forget_sent(self, sources: set[str]) -> int:
        with self._sessions.begin() as session:
            return outbox.forget_sent(session, sources, datetime.now(UTC), uuid4())

    def _oldest_unsent(self) -> datetime | None:
        with self._sessions() as session:
            return outbox.oldest_unsent(session)
