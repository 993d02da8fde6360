"""Rebalances on a real broker: nothing is lost, and each key keeps its order."""

import asyncio
import threading
from collections import defaultdict
from collections.abc import Sequence
from contextlib import AbstractAsyncContextManager
from typing import Any, ClassVar
from uuid import uuid4

import pytest
from aiokafka.consumer.fetcher import Fetcher

from shared.config.settings import Settings
from shared.kafka import faust_transport
from shared.kafka.record_types import ConsumedRecord, OutboxRecord
from tests.kernel import until
from tests.shared.consuming import (
    RecordingHandler,
    accepted_records,
    consuming_topic,
    produce,
)
from tests.shared.order_log import ORDER

pytestmark = pytest.mark.usefixtures("topics", "commit_soon")


async def test_a_seek_is_done_in_the_thread_that_fetches(
    settings: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    """In another thread, a fetch that takes its records would set the position after them."""
    threads = defaultdict[str, set[int]](set)

    def record_thread(name: str) -> None:
        method = getattr(Fetcher, name)

        def recording(*arguments: Any, **options: Any) -> Any:
            threads[name].add(threading.get_ident())
            return method(*arguments, **options)

        monkeypatch.setattr(Fetcher, name, recording)

    record_thread("seek_to")
    record_thread("fetched_records")
    await produce(settings, accepted_records([ORDER] * 3))

    handler = RecordingHandler()
    async with consuming_topic(settings, handler):
        await until(lambda: len(handler.records) == 3)

    assert threads["seek_to"] == threads["fetched_records"]
    assert threading.get_ident() not in threads["seek_to"]


class Interrupted(faust_transport.Consumer):
    """Its flow stops at its first records, as in a rebalance, and resumes after the seek."""

    dropped: ClassVar[asyncio.Event]

    async def _getmany(self, active_partitions: Any, timeout: float) -> Any:  # noqa: ASYNC109
        records = await super()._getmany(active_partitions, timeout)
        if records and not self.dropped.is_set():
            self.stop_flow()
            self.dropped.set()
        return records

    async def perform_seek(self) -> None:
        """Resume after the seek."""
        await super().perform_seek()
        if self.dropped.is_set():
            self.resume_flow()


async def test_records_dropped_in_a_rebalance_are_read_again_though_nothing_was_acknowledged(
    settings: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Neither the group nor the database has an offset in the partition to seek to."""
    Interrupted.dropped = asyncio.Event()
    monkeypatch.setattr(faust_transport.Transport, "Consumer", Interrupted)
    await produce(settings, accepted_records([ORDER] * 3))

    handler = RecordingHandler()
    async with consuming_topic(settings, handler):
        await Interrupted.dropped.wait()
        await produce(settings, accepted_records([ORDER]))
        await until(lambda: any(record.offset == 3 for record in handler.records))

    assert [record.offset for record in handler.records] == [0, 1, 2, 3]


class Suspended(faust_transport.Consumer):
    """Its flow stops just before its third record is put, as in a rebalance."""

    puts: ClassVar[int]

    async def wait_first(self, *coros: Any, timeout: Any = None) -> Any:  # noqa: ASYNC109
        type(self).puts += 1
        if self.puts == 3:
            self.stop_flow()
            self.app.flow_control.suspend()
            self.app.flow_control.clear()
            self._resuming = asyncio.create_task(self._resume())
        return await super().wait_first(*coros, timeout=timeout)

    async def _resume(self) -> None:
        await self.perform_seek()
        self.app.flow_control.resume()
        self.resume_flow()


async def test_a_record_put_during_a_rebalance_hides_no_earlier_record(
    settings: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Put after the seek, it would count as read, with all earlier ones that come again."""
    Suspended.puts = 0
    monkeypatch.setattr(faust_transport.Transport, "Consumer", Suspended)
    await produce(settings, accepted_records([ORDER] * 5))

    handler = RecordingHandler()
    async with consuming_topic(settings, handler):
        await until(lambda: any(record.offset == 4 for record in handler.records))

    assert [record.offset for record in handler.records] == [0, 1, 2, 3, 4]


class RecordSource:
    """Produces records of the same keys, round after round."""

    def __init__(self, settings: Settings) -> None:
        self.keys = [uuid4() for _ in range(24)]
        self.outbox_records: list[OutboxRecord] = []
        self._settings = settings
        self._is_over = False

    async def run(self) -> None:
        """Produce until `end` is called."""
        while not self._is_over:
            outbox_records = accepted_records(self.keys)
            await produce(self._settings, outbox_records)
            self.outbox_records += outbox_records

    def end(self) -> None:
        """End after this round."""
        self._is_over = True


async def test_when_members_join_and_leave_nothing_is_lost_and_every_key_keeps_its_order(
    settings: Settings,
) -> None:
    members, handled = [RecordingHandler(), RecordingHandler()], list[ConsumedRecord]()
    source = RecordSource(settings)

    def run_member(member: RecordingHandler) -> AbstractAsyncContextManager[None]:
        async def handle(records: Sequence[ConsumedRecord]) -> None:
            await asyncio.sleep(0.01)
            await member(records)
            handled.extend(records)

        return consuming_topic(settings, handle)

    async def consume_more(member: RecordingHandler) -> None:
        target = len(member.records) + 100
        await until(lambda: len(member.records) > target)

    async with run_member(members[0]):
        producing = asyncio.create_task(source.run())
        await consume_more(members[0])
        async with run_member(members[1]):
            await consume_more(members[1])
            await consume_more(members[0])
        await consume_more(members[0])
        source.end()
        await producing
        await until(lambda: len({each.identity for each in handled}) == len(source.outbox_records))

    firsts: dict[bytes, dict[bytes, None]] = defaultdict(dict)
    for record in handled:
        firsts[record.key][record.body] = None
    for key in source.keys:
        assert list(firsts[key.bytes]) == [
            each.body for each in source.outbox_records if each.key == key
        ]
