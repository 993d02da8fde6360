"""The relay in trouble: commits go on, and the order within a key survives."""

import asyncio
from datetime import UTC, datetime, timedelta
from uuid import UUID, uuid4

import pytest

from shared.contracts import ReleaseRequested
from shared.errors import UnavailableError
from shared.kafka.records import OutboxRecord
from shared.messaging import publisher as relay_module
from shared.messaging import publisher_port
from shared.messaging.after_commit import Dispatch
from shared.messaging.outbox import UnsentRow
from shared.messaging.publisher import Relay
from shared.persistence.database import Sessions, make_sessions
from tests.kernel import count_of, tell, tell_in, until
from tests.shared.ledger import ORDER, OTHER
from tests.shared.line import Line, Topic, running

SOON = timedelta(milliseconds=100)


@pytest.fixture
def topic() -> Topic:
    """What has arrived."""
    return Topic()


@pytest.fixture(autouse=True)
def impatient(monkeypatch: pytest.MonkeyPatch) -> None:
    """Wait for tenths of a second where one waits for seconds."""
    monkeypatch.setattr(relay_module, "TICK", SOON / 5)
    monkeypatch.setattr(relay_module, "LONGEST_PAUSE", 0.1)
    monkeypatch.setattr(relay_module, "HAND_OVER", SOON)
    monkeypatch.setattr(relay_module, "LEFT_BEHIND", 2 * SOON)
    monkeypatch.setattr(publisher_port, "ANSWER", SOON)


async def release(relay: Relay, sessions: Sessions, order_id: UUID = ORDER) -> None:
    """Tell something about an order."""
    message, now = ReleaseRequested(order_id=order_id), datetime.now(UTC)
    await relay.commit(lambda dispatch: tell_in(sessions, dispatch, message, now=now))


async def test_while_the_broker_is_out_commits_go_on_and_the_table_keeps_the_order(
    sessions: Sessions, topic: Topic
) -> None:
    relay = Relay(sessions, Line(topic))
    with running(relay):
        await until(lambda: relay.is_direct)
        await release(relay, sessions)
        topic.is_out = True
        async with asyncio.timeout(10):
            for _ in range(20):
                await release(relay, sessions)
        assert topic.once() == {ORDER: [1]}

        topic.is_out = False
        await until(lambda: len(topic.once()[ORDER]) == 21)
        await release(relay, sessions)
        await until(lambda: len(topic.once()[ORDER]) == 22)

    assert topic.once() == {ORDER: list(range(1, 23))}


async def test_a_start_needs_no_broker(sessions: Sessions, topic: Topic) -> None:
    topic.is_out = True
    relay = Relay(sessions, Line(topic))
    with running(relay):
        await release(relay, sessions)
        assert not relay.is_direct
        topic.is_out = False
        await until(lambda: relay.is_direct)

    assert topic.once() == {ORDER: [1]}


async def test_a_letter_that_was_not_sent_is_sent_from_the_table(
    sessions: Sessions, topic: Topic
) -> None:
    line = Line(topic, clogged=True)
    relay = Relay(sessions, line)
    with running(relay):
        await until(lambda: relay.is_direct)
        await release(relay, sessions)
        line.fail()
        await until(lambda: not relay.is_direct)
        await release(relay, sessions)
        line.clogged = False
        await until(lambda: len(topic.once().get(ORDER, [])) == 2)

    assert topic.once() == {ORDER: [1, 2]}


class Faint(Line):
    """It loses the first letter that it is given in a turn of the writing thread."""

    def __init__(self, topic: Topic) -> None:
        super().__init__(topic)
        self.turn = asyncio.Lock()
        self.has_fainted = False

    async def send(self, letter: OutboxRecord) -> "asyncio.Future[object]":
        """Lose the letter, once; before that, and after, take all."""
        if not self.turn.locked() or self.has_fainted:
            await asyncio.sleep(0)
            return await super().send(letter)
        self.has_fainted = self.clogged = True
        sent = await super().send(letter)
        self.fail()
        self.clogged = False
        return sent


async def test_a_letter_that_fails_while_the_table_is_handed_over_is_sent_at_once(
    sessions: Sessions, topic: Topic, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The last letters are handed over unconfirmed; nobody waits until one was left behind."""
    monkeypatch.setattr(relay_module, "LEFT_BEHIND", timedelta(hours=1))
    line = Faint(topic)
    relay = Relay(sessions, line)
    line.turn = relay.turn
    swept = relay._sweep_once  # noqa: SLF001

    async def sweep_and_be_late() -> int:
        count = await swept()
        if not line.has_fainted:
            both = [ReleaseRequested(order_id=each) for each in (ORDER, OTHER)]
            tell_in(sessions, Dispatch(uuid4()), *both, now=datetime.now(UTC))
        return count

    relay._sweep_once = sweep_and_be_late  # type: ignore[method-assign]  # noqa: SLF001
    with running(relay):
        await until(lambda: len(topic.once()) == 2)

    assert topic.once() == {OTHER: [1], ORDER: [1]}


async def test_a_broker_that_confirms_nothing_stops_no_commit(
    sessions: Sessions, topic: Topic
) -> None:
    """Aiokafka's idempotent producer never gives up: its futures just stay open."""
    tell(sessions, *(ReleaseRequested(order_id=uuid4()) for _ in range(5)))
    relay = Relay(sessions, Line(topic, clogged=True))
    with running(relay):
        async with asyncio.timeout(10):
            for _ in range(20):
                await release(relay, sessions)
                await asyncio.sleep(0.02)

    assert count_of(sessions, UnsentRow) == 25
    assert topic.log == []


async def test_a_producer_that_takes_nothing_stops_no_commit(
    sessions: Sessions, topic: Topic
) -> None:
    class Full(Line):
        """Its buffer is full."""

        async def send(self, letter: object) -> "asyncio.Future[object]":
            del letter
            await asyncio.Event().wait()
            raise AssertionError

    relay = Relay(sessions, Full(topic))
    with running(relay):
        await until(lambda: relay.is_direct)
        async with asyncio.timeout(10):
            for _ in range(20):
                await release(relay, sessions)
        assert not relay.is_direct


async def test_a_broker_that_was_wiped_is_sent_the_archive_again(
    sessions: Sessions, topic: Topic
) -> None:
    relay = Relay(sessions, Line(topic))
    with running(relay):
        await until(lambda: relay.is_direct)
        for _ in range(3):
            await release(relay, sessions)
        await until(lambda: count_of(sessions, UnsentRow) == 0)
    await relay.close()
    topic.log.clear()

    again = Relay(sessions, Line(topic))
    with running(again):
        await until(lambda: again.is_direct)
        await release(again, sessions)

    assert [letter.sequence for letter in topic.log] == [1, 2, 3, 4]


async def test_a_broker_that_is_wiped_under_a_running_relay_is_noticed_by_its_offsets(
    sessions: Sessions, topic: Topic
) -> None:
    relay = Relay(sessions, Line(topic))
    with running(relay):
        await until(lambda: relay.is_direct)
        for _ in range(3):
            await release(relay, sessions)
        await until(lambda: count_of(sessions, UnsentRow) == 0)
        topic.log.clear()
        await release(relay, sessions)

        await until(lambda: set(topic.once()[ORDER]) == {1, 2, 3, 4})


async def test_a_broker_that_is_wiped_while_nobody_tells_anything_is_noticed_in_time(
    sessions: Sessions, topic: Topic, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(relay_module, "REMINDER", SOON)
    relay = Relay(sessions, Line(topic))
    with running(relay):
        await until(lambda: relay.is_direct)
        await release(relay, sessions)
        await until(lambda: count_of(sessions, UnsentRow) == 0)
        topic.log.clear()

        await until(lambda: topic.once() == {ORDER: [1]})


async def test_an_end_without_a_database_is_an_end_all_the_same(topic: Topic) -> None:
    nowhere = make_sessions("postgresql+psycopg://a:b@127.0.0.1:1/none")
    relay = Relay(nowhere, Line(topic))
    letter = OutboxRecord(uuid4(), "", "a.b.v1", "a", ORDER, 1, b"")
    future = asyncio.get_running_loop().create_future()
    future.set_result(topic.append(letter))
    relay._settled(letter, future)  # noqa: SLF001  it is sent, and cannot be marked

    await relay.close()


async def test_what_cannot_be_queued_is_not_lost(sessions: Sessions, topic: Topic) -> None:
    class Shy(Line):
        """It refuses every third letter."""

        asked = 0

        async def send(self, letter: object) -> "asyncio.Future[object]":
            self.asked += 1
            if self.asked % 3 == 0:
                msg = "not now"
                raise UnavailableError(msg)
            return await super().send(letter)  # type: ignore[arg-type]

    relay = Relay(sessions, Shy(topic))
    with running(relay):
        for _ in range(7):
            await release(relay, sessions)
        await until(lambda: len(topic.once().get(ORDER, [])) == 7)

    assert topic.once() == {ORDER: [1, 2, 3, 4, 5, 6, 7]}
