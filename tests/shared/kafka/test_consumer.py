"""The batch reader: acknowledges after handling, and nothing past an abandoned record."""

import asyncio
from collections.abc import Sequence
from dataclasses import dataclass, field
from types import SimpleNamespace
from typing import Any

import pytest
from mode import Service

from shared.config.settings import Settings
from shared.kafka import consumer
from shared.kafka.consumer import BatchReader
from shared.kafka.faust_transport import MAX_POLL_RECORDS, Consumer, make_faust_app, offset_to_seek
from shared.kafka.record_types import ConsumedRecord
from tests.kernel import until

KNOWN = b"order.accepted.v1"


@dataclass
class FakeApp:
    """The part of a Faust app that the reader uses."""

    consumer_generation_id: int = 1
    rebalancing: bool = False
    should_stop: bool = False
    acked: list[int] = field(default_factory=list)

    @property
    def consumer(self) -> Any:
        return SimpleNamespace(ack=lambda message: self.acked.append(message.offset))


def channel_of(*messages: Any) -> Any:
    queue: asyncio.Queue[Any] = asyncio.Queue()
    for message in messages:
        queue.put_nowait(SimpleNamespace(message=message))
    return SimpleNamespace(get=queue.get, queue=queue)


def a_message(offset: int, type_: bytes = KNOWN, generation: int = 1, partition: int = 0) -> Any:
    return SimpleNamespace(
        topic="p.order",
        partition=partition,
        tp=("p.order", partition),
        offset=offset,
        generation_id=generation,
        headers=[("type", type_)],
        key=b"key",
        value=b"%d" % offset,
    )


class Handler:
    """Collects batches, and what was acknowledged at the time."""

    def __init__(self, app: FakeApp) -> None:
        self.app = app
        self.batches: list[list[int]] = []
        self.records: list[ConsumedRecord] = []
        self.acked_before: list[list[int]] = []

    async def __call__(self, records: Sequence[ConsumedRecord]) -> None:
        self.batches.append([record.offset for record in records])
        self.records.extend(records)
        await asyncio.sleep(0)
        self.acked_before.append(list(self.app.acked))


def reader_of(app: FakeApp, handle: Any) -> BatchReader:
    return BatchReader(app, frozenset({b"order.accepted"}), "p.", handle)  # type: ignore[arg-type]


async def read(app: FakeApp, handle: Any, *messages: Any) -> None:
    """Let the reader read these messages and no more."""
    reading = asyncio.create_task(reader_of(app, handle).read(channel_of(*messages)))
    await until(lambda: reading.done() or len(app.acked) == len(messages))
    reading.cancel()
    done, _ = await asyncio.wait({reading})
    for task in done:
        if not task.cancelled():
            task.result()


async def test_a_batch_is_acknowledged_only_after_it_is_handled() -> None:
    app = FakeApp()
    handle = Handler(app)

    await read(app, handle, *map(a_message, range(3)))

    assert (handle.batches, handle.acked_before) == ([[0, 1, 2]], [[]])
    assert app.acked == [0, 1, 2]


async def test_a_bug_leaves_its_batch_unacknowledged() -> None:
    app = FakeApp()

    async def fail(_: Sequence[ConsumedRecord]) -> None:
        raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        await read(app, fail, a_message(0))

    assert app.acked == []


async def test_a_batch_has_a_limit() -> None:
    app = FakeApp()
    handle = Handler(app)

    await read(app, handle, *map(a_message, range(MAX_POLL_RECORDS + 1)))

    assert [len(batch) for batch in handle.batches] == [MAX_POLL_RECORDS, 1]


async def test_a_record_is_named_by_its_topic_without_the_prefix_its_partition_and_offset() -> None:
    app = FakeApp()
    handle = Handler(app)

    await read(app, handle, a_message(5, partition=7))

    (record,) = handle.records
    assert (record.identity, record.type) == ("order/7/5", KNOWN.decode())


async def test_a_record_without_a_subscription_is_acknowledged_unread() -> None:
    app = FakeApp()
    handle = Handler(app)

    await read(app, handle, a_message(0, b"weather.changed.v1"), a_message(1))

    assert handle.batches == [[1]]
    assert app.acked == [0, 1]


async def test_another_version_of_a_subscribed_type_is_handled() -> None:
    app = FakeApp()
    handle = Handler(app)

    await read(app, handle, a_message(0, b"order.accepted.v9"))

    assert handle.batches == [[0]]


async def test_a_record_without_a_type_is_handled() -> None:
    app = FakeApp()
    handle = Handler(app)
    without_type = a_message(0)
    without_type.headers = None

    await read(app, handle, without_type)

    assert handle.batches == [[0]]


async def test_the_offset_is_saved_after_many_records_without_a_subscription(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(consumer, "SAVE_OFFSET_EVERY", 4)
    app = FakeApp()
    handle = Handler(app)
    reader = reader_of(app, handle)
    unsubscribed = b"weather.changed.v1"

    await reader.handle_batch([a_message(n, unsubscribed) for n in range(3)])
    await reader.handle_batch([a_message(n, unsubscribed, partition=1) for n in range(3)])
    await reader.handle_batch([a_message(n, unsubscribed) for n in range(3, 9)])
    await reader.handle_batch([a_message(9)])
    await reader.handle_batch([a_message(n, unsubscribed) for n in range(10, 13)])

    assert handle.batches == [[3, 7], [9]]
    assert len(app.acked) == 16


async def test_a_batch_that_outlives_its_generation_is_not_acknowledged() -> None:
    app = FakeApp()

    async def handle(_: Sequence[ConsumedRecord]) -> None:
        app.consumer_generation_id = 2

    await reader_of(app, handle).handle_batch([a_message(0), a_message(1)])

    assert app.acked == []


@pytest.mark.parametrize("flag", ["rebalancing", "should_stop"])
async def test_nothing_is_handled_while_the_group_changes_or_the_app_stops(flag: str) -> None:
    app = FakeApp(**{flag: True})  # type: ignore[arg-type]
    handle = Handler(app)

    await reader_of(app, handle).handle_batch([a_message(0)])

    assert handle.batches == []
    assert app.acked == []


async def test_nothing_past_an_abandoned_record_is_acknowledged_in_its_generation() -> None:
    app = FakeApp()
    handle = Handler(app)
    reader = reader_of(app, handle)

    for rebalancing, message in (
        (True, a_message(5)),
        (False, a_message(6)),
        (False, a_message(4)),
        (False, a_message(5)),
        (False, a_message(9, partition=1)),
    ):
        app.rebalancing = rebalancing
        await reader.handle_batch([message])
    app.consumer_generation_id = 2
    await reader.handle_batch([a_message(5, generation=2), a_message(6, generation=2)])

    assert handle.batches == [[4], [9], [5, 6]]
    assert app.acked == [4, 9, 5, 6]


@pytest.mark.parametrize(
    ("group", "stored", "start"),
    [
        (10, None, None),
        (10, 10, None),
        (10, 12, None),
        (10, 4, 4),
        (None, 4, 0),
        (-1, 4, 0),
        (None, None, 0),
        (0, None, 0),
        (0, 4, 0),
    ],
)
def test_a_partition_is_read_from_the_offset_of_the_group_or_of_the_database_if_that_is_earlier(
    group: int | None, stored: int | None, start: int | None
) -> None:
    assert offset_to_seek(group, stored) == start


async def test_a_start_waits_for_no_tables(settings: Settings) -> None:
    """Faust itself sleeps a second for tables that may still be declared."""
    manager: Any = make_faust_app(settings).conf.TableManager

    async with asyncio.timeout(0.5):
        await manager.sleep(SimpleNamespace(), 1.0)


class WaitingService(Service):
    """Waits as Faust's consumer does."""

    wait_first = Consumer.wait_first
    flow_active = True


async def test_of_a_put_and_a_rebalance_the_put_is_awaited_itself() -> None:
    """Faust itself makes two tasks of them, so that its reader finds one record at a time."""
    suspended = asyncio.Event()
    tasks: list[int] = []

    async def put() -> str:
        tasks.append(len(asyncio.all_tasks()))
        return "put"

    service, before = WaitingService(), len(asyncio.all_tasks())
    assert await service.wait_first(put(), suspended.wait()) == "put"  # type: ignore[misc]

    assert tasks == [before]
