"""Timers: handled once, when due, and deleted in the transaction that handles them."""

import asyncio
from collections.abc import Callable
from contextlib import suppress
from datetime import UTC, datetime, timedelta
from pathlib import Path
from uuid import UUID, uuid4

import pytest

from shared.contracts import Causation, Message
from shared.errors import ConflictError
from shared.messaging.commit_context import CommitContext
from shared.messaging.crash_guard import CrashGuard, InFlightJournal
from shared.messaging.dead_letters import DeadLetterReason
from shared.messaging.dispatcher import Subscriptions, index_subscriptions, on
from shared.messaging.unit_of_work import Transaction, UnitOfWork, begin_transaction
from shared.messaging.writer import Writer
from shared.persistence.database import Sessions
from shared.scheduling import scheduler as scheduler_module
from shared.scheduling import timer_store
from shared.scheduling.scheduler import Scheduler
from shared.scheduling.timer_store import ScheduledMessage, TimerRow
from tests.conftest import NOON
from tests.kernel import TENANT, count_of, dead_letter_rows, until
from tests.shared.order_log import ORDER, OTHER, SUBSCRIPTIONS, TimerDue, log_message, logged_types

PAST = datetime.now(UTC) - timedelta(hours=1)
FUTURE = datetime.now(UTC) + timedelta(hours=1)


def schedule(
    sessions: Sessions,
    at: datetime,
    *messages: Message,
    commit_context: CommitContext | None = None,
) -> None:
    """Commit a transaction that schedules messages."""
    with begin_transaction(sessions, NOON, commit_context or CommitContext(uuid4())) as transaction:
        for message in messages:
            timer_store.schedule(
                transaction.unit_of_work(Causation(uuid4(), message.key, TENANT)), at, message
            )


MakeScheduler = Callable[..., Scheduler]


@pytest.fixture
def make_scheduler(sessions: Sessions, tmp_path: Path) -> MakeScheduler:
    """Makes the scheduler of one process."""

    def make(subscriptions: Subscriptions = SUBSCRIPTIONS) -> Scheduler:
        return Scheduler(
            sessions,
            Writer(sessions),
            subscriptions,
            CrashGuard(sessions, InFlightJournal(tmp_path)),
        )

    return make


async def handle_due(scheduler: Scheduler) -> None:
    """Let the scheduler query the timers once, and handle those that are due."""
    due, _ = scheduler._find_due(CommitContext(uuid4()))  # noqa: SLF001
    if due:
        await scheduler._handle_due(due)  # noqa: SLF001


async def test_a_timer_is_handled_when_it_is_due_and_not_before(
    sessions: Sessions, make_scheduler: MakeScheduler
) -> None:
    schedule(sessions, PAST, TimerDue(order_id=ORDER))
    schedule(sessions, FUTURE, TimerDue(order_id=OTHER))

    await handle_due(make_scheduler())

    assert logged_types(sessions) == ["order_log.timer_due"]
    assert logged_types(sessions, OTHER) == []
    assert count_of(sessions, TimerRow) == 1


async def test_a_timer_is_handled_once(sessions: Sessions, make_scheduler: MakeScheduler) -> None:
    schedule(sessions, PAST, TimerDue(order_id=ORDER))
    scheduler = make_scheduler()

    for _ in range(3):
        await handle_due(scheduler)

    assert logged_types(sessions) == ["order_log.timer_due"]


async def test_a_timer_is_deleted_with_its_handling_or_stays(
    sessions: Sessions, make_scheduler: MakeScheduler, monkeypatch: pytest.MonkeyPatch
) -> None:
    schedule(sessions, PAST, TimerDue(order_id=ORDER))

    def fail(*_: object) -> None:
        raise ZeroDivisionError

    with monkeypatch.context() as broken:
        broken.setattr(Transaction, "finish", fail)
        with pytest.raises(ZeroDivisionError):
            await handle_due(make_scheduler())
    assert (count_of(sessions, TimerRow), logged_types(sessions)) == (1, [])

    await handle_due(make_scheduler())
    assert (count_of(sessions, TimerRow), logged_types(sessions)) == (0, ["order_log.timer_due"])


async def test_a_timer_that_is_rolled_back_is_not_stored(sessions: Sessions) -> None:
    def schedule_and_fail() -> None:
        with begin_transaction(sessions, NOON, CommitContext(uuid4())) as transaction:
            timer_store.schedule(
                transaction.unit_of_work(Causation(uuid4(), ORDER, TENANT)),
                PAST,
                TimerDue(order_id=ORDER),
            )
            raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        schedule_and_fail()

    assert count_of(sessions, TimerRow) == 0


async def test_timers_survive_a_restart(sessions: Sessions, make_scheduler: MakeScheduler) -> None:
    schedule(sessions, PAST, TimerDue(order_id=ORDER))

    running = asyncio.create_task(make_scheduler().run())
    await until(lambda: count_of(sessions, TimerRow) == 0)
    running.cancel()

    assert logged_types(sessions) == ["order_log.timer_due"]


async def test_the_timer_that_is_due_longest_is_handled_first(
    sessions: Sessions, make_scheduler: MakeScheduler
) -> None:
    seen: list[str] = []
    for hours, note in ((1, "late"), (3, "first"), (2, "second")):
        schedule(sessions, PAST - timedelta(hours=hours), TimerDue(order_id=uuid4(), note=note))

    await handle_due(
        make_scheduler(index_subscriptions(on(TimerDue, lambda it, _: seen.append(it.note))))
    )

    assert seen == ["first", "second", "late"]


async def test_a_timer_that_cannot_be_handled_is_parked_and_deleted(
    sessions: Sessions, make_scheduler: MakeScheduler
) -> None:
    def refuse(_: TimerDue, __: UnitOfWork) -> None:
        raise ConflictError

    schedule(sessions, PAST, TimerDue(order_id=ORDER), TimerDue(order_id=OTHER))

    await handle_due(make_scheduler(index_subscriptions(on(TimerDue, refuse))))

    assert [row.why for row in dead_letter_rows(sessions)] == [
        DeadLetterReason.RULE_BROKEN,
        DeadLetterReason.RULE_BROKEN,
    ]
    assert {row.key for row in dead_letter_rows(sessions)} == {ORDER.bytes, OTHER.bytes}
    assert count_of(sessions, TimerRow) == 0


async def test_two_processes_handle_a_timer_once_and_do_not_wait_for_each_other(
    sessions: Sessions, make_scheduler: MakeScheduler
) -> None:
    seen: list[UUID] = []
    second = make_scheduler()

    def let_the_other_handle(message: TimerDue, work: UnitOfWork) -> None:
        seen.append(message.order_id)
        log_message(message, work)
        with suppress(TimeoutError):
            asyncio.run(asyncio.wait_for(handle_due(second), 3))
            seen.append(OTHER)

    schedule(sessions, PAST - timedelta(hours=1), TimerDue(order_id=ORDER))
    await handle_due(make_scheduler(index_subscriptions(on(TimerDue, let_the_other_handle))))

    assert seen == [ORDER, OTHER]
    assert logged_types(sessions) == ["order_log.timer_due"]


async def test_a_timer_that_was_set_just_now_is_handled_at_its_time(
    sessions: Sessions, make_scheduler: MakeScheduler, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The commit that sets it wakes the scheduler, which then sleeps until it is due."""
    monkeypatch.setattr(scheduler_module, "MAX_IDLE", timedelta(hours=1))
    scheduler = make_scheduler()
    scheduler.writer.deferred_writers[ScheduledMessage] = scheduler.enqueue
    running = asyncio.create_task(scheduler.run())
    await until(lambda: scheduler._wake._waiters)  # noqa: SLF001

    due_at = datetime.now(UTC) + timedelta(seconds=0.3)

    def schedule_one(commit_context: CommitContext) -> None:
        schedule(sessions, due_at, TimerDue(order_id=ORDER), commit_context=commit_context)

    await scheduler.writer.commit(schedule_one)
    await until(lambda: bool(logged_types(sessions)))
    running.cancel()

    assert timedelta(0) <= datetime.now(UTC) - due_at < timedelta(seconds=5)


async def test_a_handler_may_schedule_another_timer(
    sessions: Sessions, make_scheduler: MakeScheduler
) -> None:
    def schedule_again(message: TimerDue, work: UnitOfWork) -> None:
        log_message(message, work)
        if message.note != "last":
            timer_store.schedule(work, PAST, TimerDue(order_id=message.order_id, note="last"))

    scheduler = make_scheduler(index_subscriptions(on(TimerDue, schedule_again)))
    schedule(sessions, PAST, TimerDue(order_id=ORDER))
    for _ in range(3):
        await handle_due(scheduler)

    assert logged_types(sessions) == ["order_log.timer_due"] * 2
