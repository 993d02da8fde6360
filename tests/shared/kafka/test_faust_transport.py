"""The Faust consumer on a real broker: real batches, acknowledged last, the right offsets."""

import asyncio
from collections import defaultdict
from collections.abc import Sequence
from datetime import timedelta
from uuid import uuid4

import pytest
from structlog.testing import capture_logs

from shared.config.settings import Settings
from shared.kafka.record_types import ConsumedRecord
from tests.kernel import until
from tests.shared.consuming import (
    RecordingHandler,
    accepted_records,
    committed_offsets,
    consuming_topic,
    produce,
    set_group_offsets,
)
from tests.shared.order_log import ORDER, OTHER

pytestmark = pytest.mark.usefixtures("topics", "commit_soon")


async def test_a_backlog_is_handled_in_real_batches(settings: Settings) -> None:
    """Faust's own consumer passes one record at a time."""
    outbox_records = accepted_records(uuid4() for _ in range(1500))
    await produce(settings, outbox_records)
    handler = RecordingHandler()

    async with consuming_topic(settings, handler):
        await until(lambda: len(handler.records) == len(outbox_records))

    assert {record.key for record in handler.records} == {
        outbox_record.key.bytes for outbox_record in outbox_records
    }
    assert len(handler.batches) < 100
    assert max(map(len, handler.batches)) > 50


async def test_records_gather_at_the_broker_during_the_fetch_wait(settings: Settings) -> None:
    handler = RecordingHandler()
    async with consuming_topic(settings, handler, fetch_max_wait=timedelta(seconds=4)):
        await produce(settings, accepted_records([ORDER]))
        await until(lambda: bool(handler.records))  # the next fetch waits
        for each in (OTHER, ORDER, OTHER):
            await produce(settings, accepted_records([each]))
        await until(lambda: len(handler.records) == 4)

    assert len(handler.batches) == 2


async def test_the_order_of_a_partition_is_kept_from_producer_to_handler(
    settings: Settings,
) -> None:
    keys = [uuid4() for _ in range(20)]
    outbox_records = accepted_records(keys * 30)
    await produce(settings, outbox_records)
    handler = RecordingHandler()

    async with consuming_topic(settings, handler):
        await until(lambda: len(handler.records) == len(outbox_records))

    bodies: dict[bytes, list[bytes]] = defaultdict(list)
    for record in handler.records:
        bodies[record.key].append(record.body)
    for key in keys:
        assert bodies[key.bytes] == [each.body for each in outbox_records if each.key == key]


async def test_what_is_not_handled_yet_is_not_acknowledged_and_comes_again(
    settings: Settings,
) -> None:
    await produce(settings, accepted_records([ORDER, OTHER]))
    reached = asyncio.Event()

    async def never_end(_: Sequence[ConsumedRecord]) -> None:
        reached.set()
        await asyncio.Event().wait()

    async with consuming_topic(settings, never_end):
        await reached.wait()
        await asyncio.sleep(0.5)  # long enough for a commit of acknowledged offsets
    assert not any(committed_offsets(settings).values())

    handler = RecordingHandler()
    async with consuming_topic(settings, handler):
        await until(lambda: len(handler.records) == 2)


async def test_what_is_handled_is_acknowledged_and_does_not_come_again(
    settings: Settings,
) -> None:
    handler = RecordingHandler()
    await produce(settings, accepted_records([ORDER] * 3))
    async with consuming_topic(settings, handler):
        await until(lambda: len(handler.records) == 3)
        await until(lambda: sum(committed_offsets(settings).values()) == 3)

    await produce(settings, accepted_records([ORDER]))
    again = RecordingHandler()
    async with consuming_topic(settings, again):
        await until(lambda: bool(again.records))

    assert [record.offset for record in again.records] == [3]


async def test_records_without_a_subscription_are_acknowledged_too(settings: Settings) -> None:
    handler = RecordingHandler()
    await produce(settings, accepted_records([ORDER] * 5))

    async with consuming_topic(settings, handler, types=["resources.assigned.v1"]):
        await until(lambda: sum(committed_offsets(settings).values()) == 5)

    assert handler.batches == []


async def test_a_restored_database_is_sent_again_what_it_has_not_seen(
    settings: Settings,
) -> None:
    """The group is ahead of the database: reading starts at the database's offset."""
    await produce(settings, accepted_records([ORDER] * 10))
    first = RecordingHandler()
    async with consuming_topic(settings, first):
        await until(lambda: len(first.records) == 10)
        source = first.records[0].source
        await until(lambda: committed_offsets(settings).get(source) == 10)

    async def reached() -> dict[str, int]:
        return {source: 4}

    again = RecordingHandler()
    async with consuming_topic(settings, again, reached=reached):
        await until(lambda: len(again.records) == 6)
        await produce(settings, accepted_records([ORDER]))
        await until(lambda: len(again.records) == 7)
        await until(lambda: committed_offsets(settings).get(source) == 11)

    assert [record.offset for record in again.records] == [4, 5, 6, 7, 8, 9, 10]


async def test_a_wiped_broker_is_read_from_its_beginning(settings: Settings) -> None:
    """The group is gone, and the database's offset is far beyond the end of the topic."""
    await produce(settings, accepted_records([ORDER] * 3))

    async def reached() -> dict[str, int]:
        return {f"order/{number}": 5000 for number in range(12)}

    handler = RecordingHandler()
    async with consuming_topic(settings, handler, reached=reached):
        await until(lambda: len(handler.records) == 3)

    assert [record.offset for record in handler.records] == [0, 1, 2]


async def test_a_group_that_has_committed_nothing_is_no_error(settings: Settings) -> None:
    """After a recovery the database has an offset where its group has none yet."""
    await produce(settings, accepted_records([ORDER] * 3))

    async def reached() -> dict[str, int]:
        return {f"order/{number}": 3 for number in range(12)}

    handler = RecordingHandler()
    with capture_logs() as logs:
        async with consuming_topic(settings, handler, reached=reached):
            await until(lambda: len(handler.records) == 3)

    levels = {each["log_level"] for each in logs if each["event"] == "broker.offset_differs"}
    assert levels == {"info"}


async def test_a_database_that_is_ahead_of_the_group_changes_nothing(settings: Settings) -> None:
    """Handled and not acknowledged: it is read again, and the inbox drops it."""
    await produce(settings, accepted_records([ORDER] * 5))
    set_group_offsets(settings, {f"order/{number}": 2 for number in range(12)})

    async def reached() -> dict[str, int]:
        return {f"order/{number}": 4 for number in range(12)}

    handler = RecordingHandler()
    async with consuming_topic(settings, handler, reached=reached):
        await until(lambda: len(handler.records) == 3)

    assert [record.offset for record in handler.records] == [2, 3, 4]
