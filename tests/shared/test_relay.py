"""The relay: what is committed is sent, in order, whoever died in between."""

import asyncio
from collections.abc import AsyncIterator
from datetime import UTC, datetime
from uuid import uuid4

import pytest
from sqlalchemy import event
from sqlalchemy.exc import OperationalError

from shared.contracts import Message, ReleaseRequested, ServiceFailed, ServiceResumed
from shared.messaging.after_commit import Dispatch
from shared.messaging.outbox import UnsentRow
from shared.messaging.publisher import SWEEP_SIZE, Relay
from shared.persistence.database import Sessions
from tests.kernel import count_of, passing_trouble, statements, tell, tell_in, until
from tests.shared.ledger import ORDER, OTHER
from tests.shared.line import Line, Topic

RELEASE = ReleaseRequested(order_id=ORDER)
RESUMED = ServiceResumed(order_id=ORDER, step="a")
FAILED = ServiceFailed(order_id=ORDER, code="", reason="")
IN_ORDER = [
    "provisioning.release_requested",
    "provisioning.service_resumed",
    "provisioning.service_failed",
]


@pytest.fixture
def topic() -> Topic:
    """What has arrived."""
    return Topic()


@pytest.fixture
async def relay(sessions: Sessions, topic: Topic) -> AsyncIterator[Relay]:
    """A relay that runs, and is direct."""
    relay = Relay(sessions, Line(topic))
    running = asyncio.create_task(relay.run())
    await until(lambda: relay.is_direct)
    yield relay
    running.cancel()


async def commit(relay: Relay, sessions: Sessions, *messages: Message) -> None:
    """Tell something in a turn of the writing thread."""
    await relay.commit(lambda dispatch: tell_in(sessions, dispatch, *messages))


async def test_what_is_told_is_sent_after_the_commit_and_then_marked(
    sessions: Sessions, relay: Relay, topic: Topic
) -> None:
    seen: list[list[str]] = []

    def transact(dispatch: Dispatch) -> None:
        tell_in(sessions, dispatch, RELEASE, RESUMED)
        seen.append(topic.types)

    await relay.commit(transact)

    assert seen == [[]]
    assert topic.types == IN_ORDER[:2]
    assert count_of(sessions, UnsentRow) == 2
    await until(lambda: count_of(sessions, UnsentRow) == 0)


async def test_what_is_rolled_back_is_never_sent(
    sessions: Sessions, relay: Relay, topic: Topic
) -> None:
    def transact(dispatch: Dispatch) -> None:
        tell_in(sessions, dispatch, RELEASE)
        raise ZeroDivisionError

    def refused(_: Dispatch) -> None:
        raise ZeroDivisionError

    for each in (refused, transact):
        with pytest.raises(ZeroDivisionError):
            await relay.commit(each)

    # What was committed before the trouble is told; what was not is not.
    assert topic.types == IN_ORDER[:1]


async def test_what_a_commit_that_failed_has_told_is_never_sent(
    sessions: Sessions, relay: Relay, topic: Topic
) -> None:
    def fail(_: object) -> None:
        raise passing_trouble()

    engine = sessions.kw["bind"]
    event.listen(engine, "commit", fail)
    try:
        with pytest.raises(OperationalError):
            await commit(relay, sessions, RELEASE)
    finally:
        event.remove(engine, "commit", fail)
    await commit(relay, sessions, RESUMED)

    assert topic.types == IN_ORDER[1:2]


async def test_what_a_crash_left_behind_is_sent_by_the_next_start(
    sessions: Sessions, topic: Topic
) -> None:
    tell(sessions, RELEASE, RESUMED)
    relay = Relay(sessions, Line(topic))

    running = asyncio.create_task(relay.run())
    await until(lambda: relay.is_direct)
    await commit(relay, sessions, FAILED)
    running.cancel()

    assert topic.types == IN_ORDER
    await relay.close()
    assert count_of(sessions, UnsentRow) == 0


async def test_what_another_process_left_behind_is_sent_after_a_while(
    sessions: Sessions, relay: Relay, topic: Topic
) -> None:
    """What tests tell was told at noon, long ago."""
    tell(sessions, RELEASE)

    await until(lambda: topic.types == IN_ORDER[:1])
    await until(lambda: count_of(sessions, UnsentRow) == 0 and relay.is_direct)


async def test_nothing_overtakes_what_another_process_left_under_the_same_key(
    sessions: Sessions, relay: Relay, topic: Topic
) -> None:
    tell(sessions, RELEASE)

    await commit(relay, sessions, RESUMED)

    assert topic.types == IN_ORDER[:2]


async def test_two_publishers_of_one_key_never_overtake_each_other(sessions: Sessions) -> None:
    """Each has letters on its way when the other commits; whoever arrives first, none is early."""
    topic = Topic()
    lines = [Line(topic, clogged=True) for _ in range(2)]
    relays = [Relay(sessions, line) for line in lines]
    for relay in relays:
        await relay._catch_up()  # noqa: SLF001  as `run` does

    for round_ in range(6):
        await commit(relays[round_ % 2], sessions, RESUMED)
    lines[1].deliver()
    lines[0].deliver()

    assert topic.once() == {ORDER: [1, 2, 3, 4, 5, 6]}


async def test_only_the_keys_in_question_take_the_way_by_the_table(
    sessions: Sessions, relay: Relay, topic: Topic
) -> None:
    tell(sessions, RELEASE, *(ReleaseRequested(order_id=uuid4()) for _ in range(20)))

    await commit(relay, sessions, RESUMED, ServiceResumed(order_id=OTHER, step=""))

    assert topic.types == [IN_ORDER[0], IN_ORDER[1], IN_ORDER[1]]
    assert topic.once() == {ORDER: [1, 2], OTHER: [1]}


async def test_a_commit_whose_answer_was_lost_lets_nothing_of_its_key_overtake(
    sessions: Sessions, relay: Relay, topic: Topic
) -> None:
    def lose_the_answer(dispatch: Dispatch) -> None:
        tell_in(sessions, dispatch, RELEASE)
        dispatch.told.clear()
        raise passing_trouble()

    with pytest.raises(OperationalError):
        await relay.commit(lose_the_answer)
    await commit(relay, sessions, RESUMED)

    assert topic.types[:2] == IN_ORDER[:2]


async def test_a_commit_whose_answer_was_lost_is_told_soon_all_the_same(
    sessions: Sessions, relay: Relay, topic: Topic
) -> None:
    def lose_the_answer(_: Dispatch) -> None:
        tell_in(sessions, Dispatch(uuid4()), RELEASE, now=datetime.now(UTC))
        raise passing_trouble()

    with pytest.raises(OperationalError):
        await relay.commit(lose_the_answer)

    await until(lambda: topic.types[:1] == IN_ORDER[:1], timeout_s=5)


async def test_many_letters_are_swept_in_their_order(sessions: Sessions, topic: Topic) -> None:
    orders = [uuid4() for _ in range(SWEEP_SIZE // 2)]
    for make in (RELEASE, RESUMED, FAILED):
        kind, more = type(make), dict.fromkeys(make.__struct_fields__[1:], "")
        tell(sessions, *(kind(order_id=each, **more) for each in orders))
    relay = Relay(sessions, Line(topic))

    running = asyncio.create_task(relay.run())
    await until(lambda: relay.is_direct)
    running.cancel()

    assert topic.once() == {each: [1, 2, 3] for each in orders}
    assert len(topic.log) == 3 * len(orders)


async def test_a_turn_without_anything_to_tell_costs_nothing(
    sessions: Sessions, relay: Relay
) -> None:
    await relay.settle()
    with statements(sessions) as executed:
        await relay.settle()
        await relay.commit(lambda _: None)

    assert executed == []


async def test_a_commit_that_makes_work_for_the_runner_wakes_it(
    sessions: Sessions, relay: Relay
) -> None:
    woken: list[str] = []

    def remind(dispatch: Dispatch) -> None:
        tell_in(sessions, dispatch, RELEASE)
        dispatch.told[0].callbacks = [lambda: woken.append("up")]

    await commit(relay, sessions, RESUMED)
    assert woken == []
    await relay.commit(remind)
    assert woken == ["up"]


async def test_an_orderly_end_marks_what_was_sent(sessions: Sessions, topic: Topic) -> None:
    relay = Relay(sessions, Line(topic))
    await relay._catch_up()  # noqa: SLF001  as `run` does
    await commit(relay, sessions, RELEASE)

    await relay.close()

    assert count_of(sessions, UnsentRow) == 0


async def test_what_is_told_while_the_database_is_not_proven_leaves_after_the_proof(
    sessions: Sessions, relay: Relay, topic: Topic
) -> None:
    relay.certainty.doubt()
    relay.certainty.cannot_prove()

    await commit(relay, sessions, RELEASE)

    assert (topic.types, count_of(sessions, UnsentRow)) == ([], 1)
    relay.certainty.prove()
    await until(lambda: topic.types == [RELEASE.name])
