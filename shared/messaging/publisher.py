"""The writing thread, and the way out of it: commit, then send, in one order.

All transactions of a process run one after the other in one thread. What each
told is handed to the broker before the next begins, so records with one key
leave in the order of their commits. Sends are awaited, and marked in bulk, later.

When the broker is out, or anything went wrong on the way to it, nothing is sent
directly: commits go on, records wait in the table, and the sweep sends them in
their order once there is a broker again. A start needs no broker either.

A record is handed over only when all before it under its key are with the broker,
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
from shared.messaging.after_commit import AfterCommit, CommitResult, DeferredWriter
from shared.messaging.confirmations import Confirmations
from shared.messaging.publisher_port import PublisherPort, wait_for_confirmations
from shared.messaging.unit_of_work import TRANSIENT
from shared.observability import metrics
from shared.persistence.connection_losses import loss_count
from shared.persistence.database import Sessions
from shared.persistence.database_certainty import DatabaseCertainty, RequiredCertainty

T = TypeVar("T")
log = structlog.get_logger()

SWEEP_SIZE = 1000
CONFIRM_INTERVAL = timedelta(seconds=0.5)
"""Between two markings of what was sent."""

STALE_AFTER = timedelta(seconds=10)
"""A record older than this, and unsent, has lost whoever was to send it."""

BROKER_CHECK_INTERVAL = timedelta(seconds=60)
"""Between two looks whether the broker still has what it was given."""

HAND_OVER_TIMEOUT = timedelta(seconds=2)
"""The producer takes records at once, unless the broker is out and its buffer full."""

LONGEST_PAUSE_S = 5.0
"""Seconds between two tries to reach the broker."""


class Publisher:
    """Commits, and sends what was committed."""

    def __init__(self, sessions: Sessions, port: PublisherPort) -> None:
        self._sessions = sessions
        self._port = port
        self._thread = ThreadPoolExecutor(1, "writer")
        self.writer_lock = asyncio.Lock()
        self._publisher_id = uuid4()
        self._confirmations = Confirmations()
        self._direct = self._has_failed_commit = False
        self._fallback_count = 0
        self._check_stale_at = self._check_broker_at = datetime.now(UTC)
        self._busy_since: float | None = None
        self.writers: dict[type, DeferredWriter] = {}
        """Who writes deferred writes of a kind here, where it is not the kind itself."""
        self.on_dead_letter: Callable[[], None] = lambda: (
            None
        )  # after a commit that parked a message
        self.on_broker_change: Callable[[], None] = lambda: None  # it was lost, or reached again
        self.certainty = DatabaseCertainty(
            partial(loss_count, sessions)
        )  # was the database set back?
        self.taken_over: set[UUID] = set()
        """Messages that were told before the database was set back: they are not told again."""

    @property
    def is_direct(self) -> bool:
        """Whether records leave right after their commit: the broker is there."""
        return self._direct

    @property
    def busy_s(self) -> float:
        """How long the transaction at hand has taken, in seconds; 0 while there is none."""
        return 0.0 if self._busy_since is None else time.monotonic() - self._busy_since

    async def commit(
        self,
        transact: Callable[[AfterCommit], T],
        required: RequiredCertainty = RequiredCertainty.PROVEN,
    ) -> T:
        """Run `transact`, which commits, in the writing thread; then send what it told.

        What was committed before `transact` failed is sent as well.

        Raises:
            DatabaseUnprovenError: if the database was lost since the caller waited for the proof.
        """
        async with self.writer_lock:
            recheck = self.certainty.check(required)
            sure = self.certainty.is_proven
            after_commit = AfterCommit(
                self._publisher_id, self.writers, [], self.taken_over, recheck, sure
            )
            self._busy_since = time.monotonic()
            try:
                return await self._in_thread(partial(transact, after_commit))
            except BaseException:
                self._has_failed_commit = True
                self._renew_publisher_id()
                raise
            finally:
                self._busy_since = None
                await self._finish_commits(after_commit.results)

    def _renew_publisher_id(self) -> None:
        """Take another name: records under the old one may be there that nobody holds.

        A commit whose answer was lost has told records that are not in memory. What
        follows under their keys finds them in the table, under a strange name, and waits.
        """
        self._publisher_id = uuid4()

    async def _finish_commits(self, results: Sequence[CommitResult]) -> None:
        for callback in [callback for part in results for callback in part.callbacks]:
            callback()
        if any(part.has_dead_letters for part in results):
            self.on_dead_letter()
        records = [record for part in results for record in part.records]
        for record in records:
            metrics.published(record.type).inc()
        if self._direct and not self.certainty.is_proven:
            self._fall_back("the database is not proven; what it told may be taken back")
        if not self._direct:
            return
        try:
            if any(part.has_older_pending for part in results):
                keys = {record.key for record in records}
                records = await self._query_outbox(pending_outbox.records_of_keys, keys)
            await self._publish(records)
        except (UnavailableError, *TRANSIENT) as trouble:
            self._fall_back(trouble)

    async def _publish(self, records: Iterable[OutboxRecord]) -> list["Future[Any]"]:
        """Hand records to the producer, in order.

        Raises:
            UnavailableError: if it does not take them in time.
        """
        futures = []
        try:
            async with asyncio.timeout(HAND_OVER_TIMEOUT.total_seconds()):
                for record in records:
                    future = await self._port.send(record)
                    future.add_done_callback(partial(self._on_confirmation, record))
                    futures.append(future)
        except TimeoutError as error:
            msg = "the producer takes no records: the broker is out, or has no such topic"
            raise UnavailableError(msg) from error
        return futures

    def _on_confirmation(self, record: OutboxRecord, future: "Future[Any]") -> None:
        if future.cancelled() or future.exception():
            self._fall_back(future)
            return
        if gone_back := self._confirmations.add(record, future.result()):
            self._fall_back(gone_back)

    def _fall_back(self, trouble: object) -> None:
        """Send nothing directly from now on; the sweep starts anew from the table."""
        if self._direct:
            log.warning("publisher.fell_back", trouble=repr(trouble))
        self._direct = False
        self._fallback_count += 1
        self.on_broker_change()
        metrics.PUBLISHER_DIRECT.set(0)

    async def run(self) -> None:
        """Reach the broker, keep the table short, and start again after trouble, for ever."""
        pause = 0.2
        while True:
            try:
                await self.certainty.wait_until_proven()
                await self._catch_up()
                pause = 0.2
                while self._direct:
                    await asyncio.sleep(CONFIRM_INTERVAL.total_seconds())
                    await self.certainty.wait_until_proven()
                    await self.maintain()
            except (UnavailableError, *TRANSIENT) as trouble:
                self._fall_back(trouble)
                log.info("publisher.waits", trouble=str(trouble), seconds=pause)
            await asyncio.sleep(pause)
            pause = min(LONGEST_PAUSE_S, 2 * pause)

    async def close(self) -> None:
        """Mark what was sent, and let go of the broker; what is unsent waits for the next start."""
        self._direct = False
        await self._port.close()
        await asyncio.sleep(0)  # lets the futures' callbacks note what was sent
        with suppress(*TRANSIENT):
            async with self.writer_lock:
                await self._save_confirmations()

    async def _catch_up(self) -> None:
        """Send all that waits in the table; the last of it while nobody commits.

        Raises:
            UnavailableError: if the broker is out.
        """
        await self._port.close()
        await self._port.open()
        self._confirmations.set_baseline(await self._republish_lost())
        while not self._direct:
            while await self._sweep_once() == SWEEP_SIZE:
                pass
            async with self.writer_lock:
                self._renew_publisher_id()
                before = self._fallback_count
                waited = await self._publish_pending()
                self._direct = len(waited) < SWEEP_SIZE and self._fallback_count == before
        self.on_broker_change()
        metrics.PUBLISHER_DIRECT.set(1)
        log.info("publisher.is_direct")

    async def _sweep_once(self) -> int:
        """Send the oldest records of the table, wait for them, mark them; return how many."""
        sent = await self._publish_pending()
        await wait_for_confirmations(sent)
        await self._save_confirmations()
        return len(sent)

    async def _publish_pending(self) -> list["Future[Any]"]:
        """Hand the oldest records of the table over."""
        await self._save_confirmations()
        return await self._publish(
            await self._query_outbox(pending_outbox.oldest_records, SWEEP_SIZE)
        )

    async def _republish_lost(self) -> Mapping[str, int]:
        """Send again what a broker that was wiped has lost; return how full its partitions are."""
        filled = await self._query_outbox(pending_outbox.published_offsets)
        ends = await self._port.end_offsets()
        if lost := {each for each, highest in filled.items() if ends.get(each, 0) <= highest}:
            self._confirmations.reset()
            records = await self._query_outbox(
                pending_outbox.requeue_lost, lost, datetime.now(UTC), uuid4()
            )
            log.error("broker.lost_records", partitions=sorted(lost), records_requeued=records)
            self._fall_back(f"the broker has forgotten {len(lost)} partitions")
        return ends

    async def maintain(self) -> None:
        """Mark what was sent; now and then, send what others left behind.

        Raises:
            UnavailableError: if much was left behind: it is sent from the table, from the start.
        """
        async with self.writer_lock:
            await self._save_confirmations()
        now = datetime.now(UTC)
        if now >= self._check_stale_at:
            self._check_stale_at = now + STALE_AFTER / 2
            await self._check_stale(now)
        if now >= self._check_broker_at:
            self._check_broker_at = now + BROKER_CHECK_INTERVAL
            await self._republish_lost()
        if self._has_failed_commit:
            self._has_failed_commit = False
            await self._publish_after_failed_commit()

    async def _check_stale(self, now: datetime) -> None:
        filled = await self._query_outbox(pending_outbox.published_offsets)
        if self._confirmations.is_ahead_of(filled):
            self.certainty.request_proof()  # it has forgotten what it was told: it was set back
        oldest = await self._query_outbox(pending_outbox.oldest_pending_at)
        if oldest and oldest < now - STALE_AFTER:
            msg = f"records told at {oldest} were left behind"
            raise UnavailableError(msg)

    async def _publish_after_failed_commit(self) -> None:
        """Send the records of a commit whose answer was lost: they are in the table only."""
        async with self.writer_lock:
            if len(await self._publish_pending()) == SWEEP_SIZE:
                msg = "a commit failed, and much is unsent"
                raise UnavailableError(msg)

    async def _save_confirmations(self) -> None:
        """Mark what was sent, in the database that it was sent from and in no other."""
        if self._confirmations and self.certainty.is_proven:
            records, places = self._confirmations.drain()
            await self._query_outbox(
                pending_outbox.mark_published,
                records,
                places,
                self.certainty.check(RequiredCertainty.PROVEN),
            )
            self._confirmations.mark_stored(places)

    async def _query_outbox(self, question: Callable[..., T], *about: Any) -> T:  # noqa: ANN401
        """Ask the table something, or have something written there."""
        return await self._in_thread(
            partial(pending_outbox.run_in_transaction, self._sessions, question, *about)
        )

    async def _in_thread(self, work: Callable[[], T]) -> T:
        return await asyncio.get_running_loop().run_in_executor(self._thread, work)
