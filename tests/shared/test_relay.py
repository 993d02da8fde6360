"""The publisher: what is committed is sent, in order, whoever died in between."""

import asyncio
from collections.abc import AsyncIterator
from datetime import UTC, datetime
from uuid import uuid4

import pytest
from sqlalchemy import event
from sqlalchemy.exc import OperationalError

from shared.contracts import Message, ReleaseRequested, ServiceFailed, ServiceResumed
from shared.messaging.after_commit import AfterCommit
from shared.messaging.outbox import PendingRow
from shared.messaging.publisher import SWEEP_SIZE, Publisher
from shared.persistence.database import Sessions
from tests.kernel import (
    commit_messages,
    commit_messages_in,
    count_of,
    database_outage,
    statements,
    until,
)
from tests.shared.fake_producer import FakeProducer, FakeTopic
from tests.shared.order_log import ORDER, OTHER

RELEASE = ReleaseRequested(order_id=ORDER)
RESUMED = ServiceResumed(order_id=ORDER, step="a")
FAILED = ServiceFailed(order_id=ORDER, code="", reason="")
IN_ORDER = [
    "provisioning.release_requested",
    "provisioning.service_resumed",
    "provisioning.service_failed",
]


@pytest.fixture
def topic() -> FakeTopic:
    """What has arrived."""
    return FakeTopic()


@pytest.fixture
async def publisher(sessions: Sessions, topic: FakeTopic) -> AsyncIterator[Publisher]:
    """A publisher that runs, and is direct."""
    publisher = Publisher(sessions, FakeProducer(topic))
    running = asyncio.create_task(publisher.run())
    await until(lambda: publisher.is_direct)
    yield publisher
    running.cancel()


async def commit(publisher: Publisher, sessions: Sessions, *messages: Message) -> None:
    """Tell something in a turn of the writing thread."""
    await publisher.commit(
        lambda after_commit: commit_messages_in(sessions, after_commit, *messages)
    )


async def test_what_is_told_is_sent_after_the_commit_and_then_marked(
    sessions: Sessions, publisher: Publisher, topic: FakeTopic
) -> None:
    seen: list[list[str]] = []

    def transact(after_commit: AfterCommit) -> None:
        commit_messages_in(sessions, after_commit, RELEASE, RESUMED)
        seen.append(topic.types)

    await publisher.commit(transact)

    assert seen == [[]]
    assert topic.types == IN_ORDER[:2]
    assert count_of(sessions, PendingRow) == 2
    await until(lambda: count_of(sessions, PendingRow) == 0)


async def test_what_is_rolled_back_is_never_sent(
    sessions: Sessions, publisher: Publisher, topic: FakeTopic
) -> None:
    def transact(after_commit: AfterCommit) -> None:
        commit_messages_in(sessions, after_commit, RELEASE)
        raise ZeroDivisionError

    def refused(_: AfterCommit) -> None:
        raise ZeroDivisionError

    for each in (refused, transact):
        with pytest.raises(ZeroDivisionError):
            await publisher.commit(each)

    # What was committed before the trouble is told; what was not is not.
    assert topic.types == IN_ORDER[:1]


async def test_what_a_commit_that_failed_has_told_is_never_sent(
    sessions: Sessions, publisher: Publisher, topic: FakeTopic
) -> None:
    def fail(_: object) -> None:
        raise database_outage()

    engine = sessions.kw["bind"]
    event.listen(engine, "commit", fail)
    try:
        with pytest.raises(OperationalError):
            await commit(publisher, sessions, RELEASE)
    finally:
        event.remove(engine, "commit", fail)
    await commit(publisher, sessions, RESUMED)

    assert topic.types == IN_ORDER[1:2]


async def test_what_a_crash_left_behind_is_sent_by_the_next_start(
    sessions: Sessions, topic: FakeTopic
) -> None:
    commit_messages(sessions, RELEASE, RESUMED)
    publisher = Publisher(sessions, FakeProducer(topic))

    running = asyncio.create_task(publisher.run())
    await until(lambda: publisher.is_direct)
    await commit(publisher, sessions, FAILED)
    running.cancel()

    assert topic.types == IN_ORDER
    await publisher.close()
    assert count_of(sessions, PendingRow) == 0


async def test_what_another_process_left_behind_is_sent_after_a_while(
    sessions: Sessions, publisher: Publisher, topic: FakeTopic
) -> None:
    """What tests tell was told at noon, long ago."""
    commit_messages(sessions, RELEASE)

    await until(lambda: topic.types == IN_ORDER[:1])
    await until(lambda: count_of(sessions, PendingRow) == 0 and publisher.is_direct)


async def test_nothing_overtakes_what_another_process_left_under_the_same_key(
    sessions: Sessions, publisher: Publisher, topic: FakeTopic
) -> None:
    commit_messages(sessions, RELEASE)

    await commit(publisher, sessions, RESUMED)

    assert topic.types == IN_ORDER[:2]


async def test_two_publishers_of_one_key_never_overtake_each_other(sessions: Sessions) -> None:
    """Each has records on its way when the other commits; whoever arrives first, none is early."""
    topic = FakeTopic()
    lines = [FakeProducer(topic, paused=True) for _ in range(2)]
    relays = [Publisher(sessions, line) for line in lines]
    for publisher in relays:
        await publisher._catch_up()  # noqa: SLF001  as `run` does

    for round_ in range(6):
        await commit(relays[round_ % 2], sessions, RESUMED)
    lines[1].deliver()
    lines[0].deliver()

    assert topic.sequences_by_key() == {ORDER: [1, 2, 3, 4, 5, 6]}


async def test_only_the_keys_in_question_take_the_way_by_the_table(
    sessions: Sessions, publisher: Publisher, topic: FakeTopic
) -> None:
    commit_messages(sessions, RELEASE, *(ReleaseRequested(order_id=uuid4()) for _ in range(20)))

    await commit(publisher, sessions, RESUMED, ServiceResumed(order_id=OTHER, step=""))

    assert topic.types == [IN_ORDER[0], IN_ORDER[1], IN_ORDER[1]]
    assert topic.sequences_by_key() == {ORDER: [1, 2], OTHER: [1]}


async def test_a_commit_whose_answer_was_lost_lets_nothing_of_its_key_overtake(
    sessions: Sessions, publisher: Publisher, topic: FakeTopic
) -> None:
    def lose_the_answer(after_commit: AfterCommit) -> None:
        commit_messages_in(sessions, after_commit, RELEASE)
        after_commit.results.clear()
        raise database_outage()

    with pytest.raises(OperationalError):
        await publisher.commit(lose_the_answer)
    await commit(publisher, sessions, RESUMED)

    assert topic.types[:2] == IN_ORDER[:2]


async def test_a_commit_whose_answer_was_lost_is_told_soon_all_the_same(
    sessions: Sessions, publisher: Publisher, topic: FakeTopic
) -> None:
    def lose_the_answer(_: AfterCommit) -> None:
        commit_messages_in(sessions, AfterCommit(uuid4()), RELEASE, now=datetime.now(UTC))
        raise database_outage()

    with pytest.raises(OperationalError):
        await publisher.commit(lose_the_answer)

    await until(lambda: topic.types[:1] == IN_ORDER[:1], timeout_s=5)


async def test_many_letters_are_swept_in_their_order(sessions: Sessions, topic: FakeTopic) -> None:
    orders = [uuid4() for _ in range(SWEEP_SIZE // 2)]
    for make in (RELEASE, RESUMED, FAILED):
        kind, more = type(make), dict.fromkeys(make.__struct_fields__[1:], "")
        commit_messages(sessions, *(kind(order_id=each, **more) for each in orders))
    publisher = Publisher(sessions, FakeProducer(topic))

    running = asyncio.create_task(publisher.run())
    await until(lambda: publisher.is_direct)
    running.cancel()

    assert topic.sequences_by_key() == {each: [1, 2, 3] for each in orders}
    assert len(topic.log) == 3 * len(orders)


async def test_a_turn_without_anything_to_tell_costs_nothing(
    sessions: Sessions, publisher: Publisher
) -> None:
    await publisher.maintain()
    with statements(sessions) as executed:
        await publisher.maintain()
        await publisher.commit(lambda _: None)

    assert executed == []


async def test_a_commit_that_makes_work_for_the_runner_wakes_it(
    sessions: Sessions, publisher: Publisher
) -> None:
    woken: list[str] = []

    def remind(after_commit: AfterCommit) -> None:
        commit_messages_in(sessions, after_commit, RELEASE)
        after_commit.results[0].callbacks = [lambda: woken.append("up")]

    await commit(publisher, sessions, RESUMED)
    assert woken == []
    await publisher.commit(remind)
    assert woken == ["up"]


async def test_an_orderly_end_marks_what_was_sent(sessions: Sessions, topic: FakeTopic) -> None:
    publisher = Publisher(sessions, FakeProducer(topic))
    await publisher._catch_up()  # noqa: SLF001  as `run` does
    await commit(publisher, sessions, RELEASE)

    await publisher.close()

    assert count_of(sessions, PendingRow) == 0


async def test_what_is_told_while_the_database_is_not_proven_leaves_after_the_proof(
    sessions: Sessions, publisher: Publisher, topic: FakeTopic
) -> None:
    publisher.certainty.mark_unproven()
    publisher.certainty.mark_unprovable()

    await commit(publisher, sessions, RELEASE)

    assert (topic.types, count_of(sessions, PendingRow)) == ([], 1)
    publisher.certainty.mark_proven()
    await until(lambda: topic.types == [RELEASE.name])
