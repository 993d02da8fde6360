"""The reader: acknowledge last, and nothing past what was abandoned."""

import asyncio
from collections.abc import Sequence
from dataclasses import dataclass, field
from types import SimpleNamespace
from typing import Any

import pytest
from mode import Service

from shared import bus
from shared.bus import Reader
from shared.inbox_rows import Record
from shared.settings import Settings
from shared.transport import MOST, Consumer, make_app, start_before
from tests.kernel import until

KNOWN = b"order.accepted.v1"


@dataclass
class Faust:
    """As much of Faust as the reader touches."""

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
    """Remembers what it got, and does something."""

    def __init__(self, app: Faust) -> None:
        self.app = app
        self.batches: list[list[int]] = []
        self.records: list[Record] = []
        self.acked_before: list[list[int]] = []

    async def __call__(self, records: Sequence[Record]) -> None:
        self.batches.append([record.offset for record in records])
        self.records.extend(records)
        await asyncio.sleep(0)
        self.acked_before.append(list(self.app.acked))


def reader_of(app: Faust, handle: Any) -> Reader:
    return Reader(app, frozenset({b"order.accepted"}), "p.", handle)  # type: ignore[arg-type]


async def read(app: Faust, handle: Any, *messages: Any) -> None:
    """Let the reader read all of this, and no more."""
    reading = asyncio.create_task(reader_of(app, handle).read(channel_of(*messages)))
    await until(lambda: reading.done() or len(app.acked) == len(messages))
    reading.cancel()
    done, _ = await asyncio.wait({reading})
    for task in done:
        if not task.cancelled():
            task.result()


async def test_a_batch_is_acknowledged_only_after_it_is_handled() -> None:
    app = Faust()
    handle = Handler(app)

    await read(app, handle, *map(a_message, range(3)))

    assert (handle.batches, handle.acked_before) == ([[0, 1, 2]], [[]])
    assert app.acked == [0, 1, 2]


async def test_a_bug_leaves_its_batch_unacknowledged() -> None:
    app = Faust()

    async def stumble(_: Sequence[Record]) -> None:
        raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        await read(app, stumble, a_message(0))

    assert app.acked == []


async def test_a_batch_has_a_limit() -> None:
    app = Faust()
    handle = Handler(app)

    await read(app, handle, *map(a_message, range(MOST + 1)))

    assert [len(batch) for batch in handle.batches] == [MOST, 1]


async def test_a_record_is_named_by_its_topic_without_the_prefix_its_partition_and_offset() -> None:
    app = Faust()
    handle = Handler(app)

    await read(app, handle, a_message(5, partition=7))

    (record,) = handle.records
    assert (record.identity, record.type) == ("order/7/5", KNOWN.decode())


async def test_what_nobody_here_listens_to_is_acknowledged_unread() -> None:
    app = Faust()
    handle = Handler(app)

    await read(app, handle, a_message(0, b"weather.changed.v1"), a_message(1))

    assert handle.batches == [[1]]
    assert app.acked == [0, 1]


async def test_another_version_of_what_is_listened_to_is_handed_on() -> None:
    app = Faust()
    handle = Handler(app)

    await read(app, handle, a_message(0, b"order.accepted.v9"))

    assert handle.batches == [[0]]


async def test_what_does_not_say_its_type_is_handed_on() -> None:
    app = Faust()
    handle = Handler(app)
    silent = a_message(0)
    silent.headers = None

    await read(app, handle, silent)

    assert handle.batches == [[0]]


async def test_after_long_without_anything_of_interest_the_place_is_noted(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(bus, "UNWANTED", 4)
    app = Faust()
    handle = Handler(app)
    reader = reader_of(app, handle)
    weather = b"weather.changed.v1"

    await reader.accept([a_message(n, weather) for n in range(3)])
    await reader.accept([a_message(n, weather, partition=1) for n in range(3)])
    await reader.accept([a_message(n, weather) for n in range(3, 9)])
    await reader.accept([a_message(9)])
    await reader.accept([a_message(n, weather) for n in range(10, 13)])

    assert handle.batches == [[3, 7], [9]]
    assert len(app.acked) == 16


async def test_what_is_committed_as_the_group_moves_on_is_left_for_the_next_owner() -> None:
    app = Faust()

    async def handle(_: Sequence[Record]) -> None:
        app.consumer_generation_id = 2

    await reader_of(app, handle).accept([a_message(0), a_message(1)])

    assert app.acked == []


@pytest.mark.parametrize("trouble", ["rebalancing", "should_stop"])
async def test_nothing_is_handled_while_the_group_changes_or_the_app_stops(trouble: str) -> None:
    app = Faust(**{trouble: True})  # type: ignore[arg-type]
    handle = Handler(app)

    await reader_of(app, handle).accept([a_message(0)])

    assert handle.batches == []
    assert app.acked == []


async def test_nothing_past_an_abandoned_record_is_acknowledged_in_its_generation() -> None:
    app = Faust()
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
        await reader.accept([message])
    app.consumer_generation_id = 2
    await reader.accept([a_message(5, generation=2), a_message(6, generation=2)])

    assert handle.batches == [[4], [9], [5, 6]]
    assert app.acked == [4, 9, 5, 6]


@pytest.mark.parametrize(
    ("group", "place", "start"),
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
def test_a_partition_is_read_from_the_group_or_from_further_back_where_our_database_is(
    group: int | None, place: int | None, start: int | None
) -> None:
    assert start_before(group, place) == start


async def test_a_start_waits_for_no_tables(settings: Settings) -> None:
    """Faust sleeps a second for tables that might be declared yet."""
    manager: Any = make_app(settings).conf.TableManager

    async with asyncio.timeout(0.5):
        await manager.sleep(SimpleNamespace(), 1.0)


class Racer(Service):
    """Waits as Faust's consumer does."""

    wait_first = Consumer.wait_first
    flow_active = True


async def test_of_a_put_and_a_rebalance_the_put_is_awaited_itself() -> None:
    """Faust would make two tasks of them, and its reader find a queue of one."""
    suspended = asyncio.Event()
    tasks: list[int] = []

    async def put() -> str:
        tasks.append(len(asyncio.all_tasks()))
        return "put"

    racer, before = Racer(), len(asyncio.all_tasks())
    assert await racer.wait_first(put(), suspended.wait()) == "put"  # type: ignore[misc]

    assert tasks == [before]
