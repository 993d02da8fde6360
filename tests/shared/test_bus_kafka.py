"""The bus on a real broker: real batches, acknowledged last, from the right place on."""

import asyncio
import threading
from collections import defaultdict
from collections.abc import Sequence
from contextlib import AbstractAsyncContextManager
from datetime import timedelta
from typing import Any, ClassVar
from uuid import uuid4

import pytest
from aiokafka.consumer.fetcher import Fetcher
from structlog.testing import capture_logs

from shared import transport
from shared.dispatch import Letter
from shared.inbox_rows import Record
from shared.settings import Settings
from tests.kernel import until
from tests.shared.hearing import Listener, committed, facts, hearing, produce, stand_at
from tests.shared.ledger import ORDER, OTHER

pytestmark = pytest.mark.usefixtures("topics")


@pytest.fixture(autouse=True)
def soon(monkeypatch: pytest.MonkeyPatch) -> None:
    """Commit at once what is acknowledged."""
    monkeypatch.setattr(transport, "COMMIT_EVERY", 0.1)


async def test_what_has_gathered_is_handled_in_real_batches(settings: Settings) -> None:
    """Without our consumer Faust hands its reader one record at a time."""
    letters = facts(uuid4() for _ in range(1500))
    await produce(settings, letters)
    listener = Listener()

    async with hearing(settings, listener):
        await until(lambda: len(listener.heard) == len(letters))

    assert {record.key for record in listener.heard} == {letter.key.bytes for letter in letters}
    assert len(listener.batches) < 100
    assert max(map(len, listener.batches)) > 50


async def test_what_nobody_waits_for_gathers_at_the_broker(settings: Settings) -> None:
    listener = Listener()
    async with hearing(settings, listener, gather=timedelta(seconds=4)):
        await produce(settings, facts([ORDER]))
        await until(lambda: bool(listener.heard))  # the broker is asked again from here on
        for each in (OTHER, ORDER, OTHER):
            await produce(settings, facts([each]))
        await until(lambda: len(listener.heard) == 4)

    assert len(listener.batches) == 2


async def test_the_order_of_a_partition_is_kept_from_producer_to_handler(
    settings: Settings,
) -> None:
    keys = [uuid4() for _ in range(20)]
    letters = facts(keys * 30)
    await produce(settings, letters)
    listener = Listener()

    async with hearing(settings, listener):
        await until(lambda: len(listener.heard) == len(letters))

    bodies: dict[bytes, list[bytes]] = defaultdict(list)
    for record in listener.heard:
        bodies[record.key].append(record.body)
    for key in keys:
        assert bodies[key.bytes] == [each.body for each in letters if each.key == key]


async def test_what_is_not_handled_yet_is_not_acknowledged_and_comes_again(
    settings: Settings,
) -> None:
    await produce(settings, facts([ORDER, OTHER]))
    reached = asyncio.Event()

    async def never_end(_: Sequence[Record]) -> None:
        reached.set()
        await asyncio.Event().wait()

    async with hearing(settings, never_end):
        await reached.wait()
        await asyncio.sleep(0.5)  # so long that what was acknowledged would be committed
    assert not any(committed(settings).values())

    listener = Listener()
    async with hearing(settings, listener):
        await until(lambda: len(listener.heard) == 2)


async def test_what_is_handled_is_acknowledged_and_does_not_come_again(
    settings: Settings,
) -> None:
    listener = Listener()
    await produce(settings, facts([ORDER] * 3))
    async with hearing(settings, listener):
        await until(lambda: len(listener.heard) == 3)
        await until(lambda: sum(committed(settings).values()) == 3)

    await produce(settings, facts([ORDER]))
    again = Listener()
    async with hearing(settings, again):
        await until(lambda: bool(again.heard))

    assert [record.offset for record in again.heard] == [3]


async def test_what_nobody_listens_to_is_acknowledged_too(settings: Settings) -> None:
    listener = Listener()
    await produce(settings, facts([ORDER] * 5))

    async with hearing(settings, listener, types=["resources.assigned.v1"]):
        await until(lambda: sum(committed(settings).values()) == 5)

    assert listener.batches == []


async def test_a_restored_database_is_told_again_what_it_has_not_seen(
    settings: Settings,
) -> None:
    """The group is ahead of the database: reading starts where the database is."""
    await produce(settings, facts([ORDER] * 10))
    first = Listener()
    async with hearing(settings, first):
        await until(lambda: len(first.heard) == 10)
        source = first.heard[0].source
        await until(lambda: committed(settings).get(source) == 10)

    async def reached() -> dict[str, int]:
        return {source: 4}

    again = Listener()
    async with hearing(settings, again, reached=reached):
        await until(lambda: len(again.heard) == 6)
        await produce(settings, facts([ORDER]))
        await until(lambda: len(again.heard) == 7)
        await until(lambda: committed(settings).get(source) == 11)

    assert [record.offset for record in again.heard] == [4, 5, 6, 7, 8, 9, 10]


async def test_a_wiped_broker_is_read_from_its_beginning(settings: Settings) -> None:
    """The group is gone, and the database has a place far beyond what is there now."""
    await produce(settings, facts([ORDER] * 3))

    async def reached() -> dict[str, int]:
        return {f"order/{number}": 5000 for number in range(12)}

    listener = Listener()
    async with hearing(settings, listener, reached=reached):
        await until(lambda: len(listener.heard) == 3)

    assert [record.offset for record in listener.heard] == [0, 1, 2]


async def test_a_group_that_has_committed_nothing_is_no_error(settings: Settings) -> None:
    """After a recovery the database has a place where its group has none yet."""
    await produce(settings, facts([ORDER] * 3))

    async def reached() -> dict[str, int]:
        return {f"order/{number}": 3 for number in range(12)}

    listener = Listener()
    with capture_logs() as logs:
        async with hearing(settings, listener, reached=reached):
            await until(lambda: len(listener.heard) == 3)

    levels = {each["log_level"] for each in logs if each["event"] == "broker.differs"}
    assert levels == {"info"}


async def test_a_database_that_is_ahead_of_the_group_changes_nothing(settings: Settings) -> None:
    """Handled and not acknowledged: it comes again, and the inbox knows it."""
    await produce(settings, facts([ORDER] * 5))
    stand_at(settings, {f"order/{number}": 2 for number in range(12)})

    async def reached() -> dict[str, int]:
        return {f"order/{number}": 4 for number in range(12)}

    listener = Listener()
    async with hearing(settings, listener, reached=reached):
        await until(lambda: len(listener.heard) == 3)

    assert [record.offset for record in listener.heard] == [2, 3, 4]


async def test_a_seek_is_done_in_the_thread_that_fetches(
    settings: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    """In another thread, a fetch that is taking its records would set the position behind them."""
    threads = defaultdict[str, set[int]](set)

    def noted(name: str) -> None:
        method = getattr(Fetcher, name)

        def noting(*what: Any, **more: Any) -> Any:
            threads[name].add(threading.get_ident())
            return method(*what, **more)

        monkeypatch.setattr(Fetcher, name, noting)

    noted("seek_to")
    noted("fetched_records")
    await produce(settings, facts([ORDER] * 3))

    listener = Listener()
    async with hearing(settings, listener):
        await until(lambda: len(listener.heard) == 3)

    assert threads["seek_to"] == threads["fetched_records"]
    assert threading.get_ident() not in threads["seek_to"]


class Interrupted(transport.Consumer):
    """Its flow stops, as in a rebalance, just as its first records come; soon it goes on."""

    dropped: ClassVar[asyncio.Event]

    async def _getmany(self, active_partitions: Any, timeout: float) -> Any:  # noqa: ASYNC109
        records = await super()._getmany(active_partitions, timeout)
        if records and not self.dropped.is_set():
            self.stop_flow()
            self.dropped.set()
        return records

    async def perform_seek(self) -> None:
        """Let it go on after the seek."""
        await super().perform_seek()
        if self.dropped.is_set():
            self.resume_flow()


async def test_what_a_rebalance_drops_comes_again_though_nothing_was_ever_acknowledged(
    settings: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Neither the group nor the database has a place in the partition to go back to."""
    Interrupted.dropped = asyncio.Event()
    monkeypatch.setattr(transport.Transport, "Consumer", Interrupted)
    await produce(settings, facts([ORDER] * 3))

    listener = Listener()
    async with hearing(settings, listener):
        await Interrupted.dropped.wait()
        await produce(settings, facts([ORDER]))
        await until(lambda: any(record.offset == 3 for record in listener.heard))

    assert [record.offset for record in listener.heard] == [0, 1, 2, 3]


class Suspended(transport.Consumer):
    """Its flow stops, as in a rebalance, just before its third record is delivered."""

    delivered: ClassVar[int]

    async def wait_first(self, *coros: Any, timeout: Any = None) -> Any:  # noqa: ASYNC109
        type(self).delivered += 1
        if self.delivered == 3:
            self.stop_flow()
            self.app.flow_control.suspend()
            self.app.flow_control.clear()
            self._going_on = asyncio.create_task(self._go_on())
        return await super().wait_first(*coros, timeout=timeout)

    async def _go_on(self) -> None:
        await self.perform_seek()
        self.app.flow_control.resume()
        self.resume_flow()


async def test_a_record_that_a_rebalance_overtakes_hides_none_before_it(
    settings: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Delivered after the seek, it would count as read, with all that comes again before it."""
    Suspended.delivered = 0
    monkeypatch.setattr(transport.Transport, "Consumer", Suspended)
    await produce(settings, facts([ORDER] * 5))

    listener = Listener()
    async with hearing(settings, listener):
        await until(lambda: any(record.offset == 4 for record in listener.heard))

    assert [record.offset for record in listener.heard] == [0, 1, 2, 3, 4]


class Trickle:
    """Letters under the same keys, round after round."""

    def __init__(self, settings: Settings) -> None:
        self.keys = [uuid4() for _ in range(24)]
        self.letters: list[Letter] = []
        self._settings = settings
        self._is_over = False

    async def run(self) -> None:
        """Produce until it is over."""
        while not self._is_over:
            letters = facts(self.keys)
            await produce(self._settings, letters)
            self.letters += letters

    def end(self) -> None:
        """Let this round be the last."""
        self._is_over = True


async def test_when_members_join_and_leave_nothing_is_lost_and_every_key_keeps_its_order(
    settings: Settings,
) -> None:
    members, handled = [Listener(), Listener()], list[Record]()
    trickle = Trickle(settings)

    def joining(member: Listener) -> AbstractAsyncContextManager[None]:
        async def handle(records: Sequence[Record]) -> None:
            await asyncio.sleep(0.01)
            await member(records)
            handled.extend(records)

        return hearing(settings, handle)

    async def hear_more(member: Listener) -> None:
        enough = len(member.heard) + 100
        await until(lambda: len(member.heard) > enough)

    async with joining(members[0]):
        producing = asyncio.create_task(trickle.run())
        await hear_more(members[0])
        async with joining(members[1]):
            await hear_more(members[1])
            await hear_more(members[0])
        await hear_more(members[0])
        trickle.end()
        await producing
        await until(lambda: len({each.identity for each in handled}) == len(trickle.letters))

    firsts: dict[bytes, dict[bytes, None]] = defaultdict(dict)
    for record in handled:
        firsts[record.key][record.body] = None
    for key in trickle.keys:
        assert list(firsts[key.bytes]) == [each.body for each in trickle.letters if each.key == key]
