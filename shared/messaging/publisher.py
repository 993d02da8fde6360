"""The outbox publisher: sends committed records to the broker, in commit order for each key.

While the broker is available, records are sent from memory right after their commit: this is direct
publishing. Sends are not awaited one by one: confirmations are collected and written to the table
in bulk.

When the broker is out, a send is not confirmed, or the database is unproven, direct publishing
ends: commits continue, and records wait in the outbox table. Once the broker is back, a sweep sends
them in their order; when it has caught up, direct publishing begins again. A start needs no broker.

A record is sent only when each earlier record of its key is confirmed by the broker, or was handed
to the same producer before it; the producer is idempotent and keeps their order. So records of a
key arrive in commit order, at least once. Between processes: a transaction locks the row of its key
in `sequences` until its commit. If a process then finds that an older record of the key, written by
another process, is still pending, it sends all pending records of the key from the table.
"""

import asyncio
from asyncio import Future
from collections.abc import Callable, Iterable, Mapping, Sequence
from contextlib import suppress
from datetime import UTC, datetime, timedelta
from functools import partial
from typing import Any
from uuid import uuid4

import structlog

from shared.backoff import Backoff
from shared.config.kafka import BROKER_PAUSES
from shared.errors import UnavailableError
from shared.kafka.record_types import OutboxRecord
from shared.messaging import pending_outbox
from shared.messaging.commit_context import CommitResult, do_nothing
from shared.messaging.confirmations import Confirmations
from shared.messaging.producer_port import ProducerPort, wait_for_confirmations
from shared.messaging.unit_of_work import TRANSIENT
from shared.messaging.writer import Writer
from shared.observability import metrics
from shared.persistence.database_certainty import RequiredCertainty

log = structlog.get_logger()

SWEEP_SIZE = 1000
CONFIRM_INTERVAL = timedelta(seconds=0.5)
"""Between two updates of the table with what the broker confirmed."""

STALE_AFTER = timedelta(seconds=10)
"""A record that is pending for longer has lost its publisher: another one sends it."""

BROKER_CHECK_INTERVAL = timedelta(seconds=60)
"""Between two checks whether the broker still has the records that it confirmed."""

HAND_OVER_TIMEOUT = timedelta(seconds=2)
"""The producer accepts records at once, unless the broker is out and its buffer is full."""


class Publisher:
    """Publishes the records of committed transactions."""

    def __init__(self, writer: Writer, port: ProducerPort) -> None:
        """Publish what this writer commits from now on; `run` does the rest."""
        self.writer = writer
        self._port = port
        self._confirmations = Confirmations()
        self._is_direct = False
        self._fallback_count = self._handled_failures = 0
        self._check_stale_at = self._check_broker_at = datetime.now(UTC)
        self.on_broker_change: Callable[[], None] = do_nothing
        """Called when the broker was lost, and when it was reached again."""

        writer.publish = self._publish_committed

    @property
    def is_direct(self) -> bool:
        """Whether records are sent from memory, right after their commit."""
        return self._is_direct

    async def _publish_committed(self, results: Sequence[CommitResult]) -> None:
        records = [record for part in results for record in part.records]
        for record in records:
            metrics.published_messages(record.type).inc()
        if self._is_direct and not self.writer.certainty.is_proven:
            self._fall_back("the database is unproven; what it commits may be withdrawn")
        if not self._is_direct:
            return
        try:
            if any(part.has_older_pending for part in results):
                keys = {record.key for record in records}
                records = await self.writer.run_in_transaction(pending_outbox.records_of_keys, keys)
            await self._publish(records)
        except (UnavailableError, *TRANSIENT) as failure:
            self._fall_back(failure)

    async def _publish(self, records: Iterable[OutboxRecord]) -> list["Future[Any]"]:
        """Hand records to the producer, in order.

        Raises:
            UnavailableError: if it does not accept them in time.
        """
        futures = []
        try:
            async with asyncio.timeout(HAND_OVER_TIMEOUT.total_seconds()):
                for record in records:
                    future = await self._port.send(record)
                    future.add_done_callback(partial(self._on_confirmation, record))
                    futures.append(future)
        except TimeoutError as error:
            msg = "the producer accepts no records: the broker is out, or has no such topic"
            raise UnavailableError(msg) from error
        return futures

    def _on_confirmation(self, record: OutboxRecord, future: "Future[Any]") -> None:
        if future.cancelled() or future.exception():
            self._fall_back(future)
            return
        if lower_offset := self._confirmations.add_or_return_error(record, future.result()):
            self._fall_back(lower_offset)

    def _fall_back(self, reason: object) -> None:
        """Stop direct sending; the sweep starts again from the table."""
        if self._is_direct:
            log.warning("publisher.fell_back", reason=repr(reason))
        self._is_direct = False
        self._fallback_count += 1
        self.on_broker_change()
        metrics.PUBLISHER_DIRECT.set(0)

    async def run(self) -> None:
        """Connect, catch up, keep the table short; start again after each failure."""
        backoff = Backoff(*BROKER_PAUSES)
        while True:
            try:
                await self.writer.certainty.wait_until_proven()
                await self._catch_up()
                backoff.reset()
                while self._is_direct:
                    await asyncio.sleep(CONFIRM_INTERVAL.total_seconds())
                    await self.writer.certainty.wait_until_proven()
                    await self.maintain()
            except (UnavailableError, *TRANSIENT) as failure:
                self._fall_back(failure)
                seconds = backoff.pause.total_seconds()
                log.info("publisher.waits", reason=str(failure), seconds=seconds)
            await backoff.sleep()

    async def close(self) -> None:
        """Store confirmations and disconnect; pending records wait for the next start."""
        self._is_direct = False
        await self._port.close()
        await asyncio.sleep(0)  # runs the futures' callbacks
        with suppress(*TRANSIENT):
            async with self.writer.lock:
                await self._save_confirmations()

    async def _catch_up(self) -> None:
        """Send all pending records of the table; the last of them with the writer locked.

        Raises:
            UnavailableError: if the broker is out.
        """
        await self._port.close()
        await self._port.open()
        self._confirmations.set_baseline(await self._requeue_if_broker_wiped())
        while not self._is_direct:
            while await self._sweep_once() == SWEEP_SIZE:
                pass
            async with self.writer.lock:
                self.writer.renew_publisher_id()
                before = self._fallback_count
                sent = await self._publish_pending()
                self._is_direct = len(sent) < SWEEP_SIZE and self._fallback_count == before
        self.on_broker_change()
        metrics.PUBLISHER_DIRECT.set(1)
        log.info("publisher.is_direct")

    async def _sweep_once(self) -> int:
        """Send the oldest pending records and wait until they are confirmed; return how many."""
        sent = await self._publish_pending()
        await wait_for_confirmations(sent)
        await self._save_confirmations()
        return len(sent)

    async def _publish_pending(self) -> list["Future[Any]"]:
        """Hand the oldest pending records to the producer."""
        await self._save_confirmations()
        return await self._publish(
            await self.writer.run_in_transaction(pending_outbox.oldest_records, SWEEP_SIZE)
        )

    async def _requeue_if_broker_wiped(self) -> Mapping[str, int]:
        """Requeue the records that a wiped broker has lost; return its end offsets."""
        filled = await self.writer.run_in_transaction(pending_outbox.published_offsets)
        ends = await self._port.end_offsets()
        if lost := {each for each, highest in filled.items() if ends.get(each, 0) <= highest}:
            self._confirmations.reset()
            records = await self.writer.run_in_transaction(
                pending_outbox.requeue_retained_records, lost, datetime.now(UTC), uuid4()
            )
            log.error("broker.lost_records", partitions=sorted(lost), records_requeued=records)
            self._fall_back(f"the broker has lost records of {len(lost)} partitions")
        return ends

    async def maintain(self) -> None:
        """Store confirmations; now and then check for stale records and for a wiped broker.

        Raises:
            UnavailableError: if the table has to be swept from the start.
        """
        async with self.writer.lock:
            await self._save_confirmations()
        now = datetime.now(UTC)
        if now >= self._check_stale_at:
            self._check_stale_at = now + STALE_AFTER / 2
            await self._raise_if_stale(now)
        if now >= self._check_broker_at:
            self._check_broker_at = now + BROKER_CHECK_INTERVAL
            await self._requeue_if_broker_wiped()
        if self._handled_failures < self.writer.failed_commits:
            self._handled_failures = self.writer.failed_commits
            await self._publish_after_failed_commit()

    async def _raise_if_stale(self, now: datetime) -> None:
        filled = await self.writer.run_in_transaction(pending_outbox.published_offsets)
        if self._confirmations.is_ahead_of(filled):
            self.writer.certainty.request_proof()  # a restored database lacks confirmed offsets
        oldest = await self.writer.run_in_transaction(pending_outbox.oldest_pending_at)
        if oldest and oldest < now - STALE_AFTER:
            msg = f"records committed at {oldest} are still pending"
            raise UnavailableError(msg)

    async def _publish_after_failed_commit(self) -> None:
        """Send the records of a commit whose answer was lost: they are only in the table."""
        async with self.writer.lock:
            if len(await self._publish_pending()) == SWEEP_SIZE:
                msg = "a commit failed, and many records are pending"
                raise UnavailableError(msg)

    async def _save_confirmations(self) -> None:
        """Write confirmations to the table, unless the database was replaced meanwhile."""
        if self._confirmations and self.writer.certainty.is_proven:
            records, places = self._confirmations.take_unsaved()
            await self.writer.run_in_transaction(
                pending_outbox.mark_published,
                records,
                places,
                self.writer.certainty.require_and_return_recheck(RequiredCertainty.PROVEN),
            )
            self._confirmations.mark_saved(places)
