"""Reminders: handled when due, once, and struck out with what handles them."""

import asyncio
from collections.abc import Callable
from contextlib import suppress
from datetime import UTC, datetime, timedelta
from pathlib import Path
from uuid import UUID, uuid4

import pytest

from shared.contracts import Causation, Message
from shared.errors import ConflictError
from shared.messaging.after_commit import AfterCommit
from shared.messaging.crash_guard import CrashGuard, InFlightJournal
from shared.messaging.dead_letters import DeadLetterReason
from shared.messaging.dispatcher import Subscriptions, on, subscribe
from shared.messaging.publisher import Publisher
from shared.messaging.unit_of_work import Transaction, UnitOfWork, begin_transaction
from shared.persistence.database import Sessions
from shared.scheduling import scheduler as alarm_module
from shared.scheduling import timer_store
from shared.scheduling.scheduler import Scheduler
from shared.scheduling.timer_store import ScheduledMessage, TimerRow
from tests.conftest import NOON
from tests.kernel import TENANT, FakeBroker, count_of, dead_letter_rows, until
from tests.shared.order_log import ORDER, OTHER, SUBSCRIPTIONS, Reminded, log_message, logged_types

PAST = datetime.now(UTC) - timedelta(hours=1)
FUTURE = datetime.now(UTC) + timedelta(hours=1)


def remind(
    sessions: Sessions, at: datetime, *messages: Message, after_commit: AfterCommit | None = None
) -> None:
    """Commit a transaction that wants to be reminded."""
    with begin_transaction(sessions, NOON, after_commit or AfterCommit(uuid4())) as transaction:
        for message in messages:
            timer_store.schedule(
                transaction.unit_of_work(Causation(uuid4(), message.key, TENANT)), at, message
            )


MakeAlarm = Callable[..., Scheduler]


@pytest.fixture
def make_alarm(sessions: Sessions, tmp_path: Path) -> MakeAlarm:
    """Makes the scheduler of one process."""

    def make(subscriptions: Subscriptions = SUBSCRIPTIONS) -> Scheduler:
        publisher = Publisher(sessions, FakeBroker())
        return Scheduler(
            sessions, publisher, subscriptions, CrashGuard(sessions, InFlightJournal(tmp_path))
        )

    return make


async def ring(scheduler: Scheduler) -> None:
    """Let the scheduler look once, and ring if there is something."""
    due, _ = scheduler._find_due(AfterCommit(uuid4()))  # noqa: SLF001
    if due:
        await scheduler._handle_due(due)  # noqa: SLF001


async def test_a_reminder_is_handled_when_it_is_due_and_not_before(
    sessions: Sessions, make_alarm: MakeAlarm
) -> None:
    remind(sessions, PAST, Reminded(order_id=ORDER))
    remind(sessions, FUTURE, Reminded(order_id=OTHER))

    await ring(make_alarm())

    assert logged_types(sessions) == ["ledger.reminded"]
    assert logged_types(sessions, OTHER) == []
    assert count_of(sessions, TimerRow) == 1


async def test_a_reminder_is_handled_once(sessions: Sessions, make_alarm: MakeAlarm) -> None:
    remind(sessions, PAST, Reminded(order_id=ORDER))
    scheduler = make_alarm()

    for _ in range(3):
        await ring(scheduler)

    assert logged_types(sessions) == ["ledger.reminded"]


async def test_a_reminder_is_struck_out_with_what_handles_it_or_stays(
    sessions: Sessions, make_alarm: MakeAlarm, monkeypatch: pytest.MonkeyPatch
) -> None:
    remind(sessions, PAST, Reminded(order_id=ORDER))

    def stumble(*_: object) -> None:
        raise ZeroDivisionError

    with monkeypatch.context() as broken:
        broken.setattr(Transaction, "finish", stumble)
        with pytest.raises(ZeroDivisionError):
            await ring(make_alarm())
    assert (count_of(sessions, TimerRow), logged_types(sessions)) == (1, [])

    await ring(make_alarm())
    assert (count_of(sessions, TimerRow), logged_types(sessions)) == (0, ["ledger.reminded"])


async def test_what_is_rolled_back_reminds_nobody(sessions: Sessions) -> None:
    def remind_and_fail() -> None:
        with begin_transaction(sessions, NOON, AfterCommit(uuid4())) as transaction:
            timer_store.schedule(
                transaction.unit_of_work(Causation(uuid4(), ORDER, TENANT)),
                PAST,
                Reminded(order_id=ORDER),
            )
            raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        remind_and_fail()

    assert count_of(sessions, TimerRow) == 0


async def test_reminders_survive_a_restart(sessions: Sessions, make_alarm: MakeAlarm) -> None:
    remind(sessions, PAST, Reminded(order_id=ORDER))

    ringing = asyncio.create_task(make_alarm().run())
    await until(lambda: count_of(sessions, TimerRow) == 0)
    ringing.cancel()

    assert logged_types(sessions) == ["ledger.reminded"]


async def test_the_longest_waiting_is_handled_first(
    sessions: Sessions, make_alarm: MakeAlarm
) -> None:
    seen: list[str] = []
    for hours, note in ((1, "late"), (3, "first"), (2, "second")):
        remind(sessions, PAST - timedelta(hours=hours), Reminded(order_id=uuid4(), note=note))

    await ring(make_alarm(subscribe(on(Reminded, lambda it, _: seen.append(it.note)))))

    assert seen == ["first", "second", "late"]


async def test_a_reminder_that_cannot_be_handled_is_parked_and_rings_no_more(
    sessions: Sessions, make_alarm: MakeAlarm
) -> None:
    def refuse(_: Reminded, __: UnitOfWork) -> None:
        raise ConflictError

    remind(sessions, PAST, Reminded(order_id=ORDER), Reminded(order_id=OTHER))

    await ring(make_alarm(subscribe(on(Reminded, refuse))))

    assert [row.why for row in dead_letter_rows(sessions)] == [
        DeadLetterReason.RULE_BROKEN,
        DeadLetterReason.RULE_BROKEN,
    ]
    assert {row.key for row in dead_letter_rows(sessions)} == {ORDER.bytes, OTHER.bytes}
    assert count_of(sessions, TimerRow) == 0


async def test_two_processes_handle_a_reminder_once_and_do_not_wait_for_each_other(
    sessions: Sessions, make_alarm: MakeAlarm
) -> None:
    seen: list[UUID] = []
    second = make_alarm()

    def let_the_other_look(message: Reminded, work: UnitOfWork) -> None:
        seen.append(message.order_id)
        log_message(message, work)
        with suppress(TimeoutError):
            asyncio.run(asyncio.wait_for(ring(second), 3))
            seen.append(OTHER)

    remind(sessions, PAST - timedelta(hours=1), Reminded(order_id=ORDER))
    await ring(make_alarm(subscribe(on(Reminded, let_the_other_look))))

    assert seen == [ORDER, OTHER]
    assert logged_types(sessions) == ["ledger.reminded"]


async def test_a_reminder_that_was_set_just_now_rings_at_its_time(
    sessions: Sessions, make_alarm: MakeAlarm, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The commit that sets it wakes the scheduler, which then sleeps until it is due."""
    monkeypatch.setattr(alarm_module, "MAX_IDLE", timedelta(hours=1))
    scheduler = make_alarm()
    scheduler.publisher.writers[ScheduledMessage] = scheduler.enqueue
    ringing = asyncio.create_task(scheduler.run())
    await until(lambda: scheduler._wake._waiters)  # noqa: SLF001

    due_at = datetime.now(UTC) + timedelta(seconds=0.3)

    def set_one(after_commit: AfterCommit) -> None:
        remind(sessions, due_at, Reminded(order_id=ORDER), after_commit=after_commit)

    await scheduler.publisher.commit(set_one)
    await until(lambda: bool(logged_types(sessions)))
    ringing.cancel()

    assert timedelta(0) <= datetime.now(UTC) - due_at < timedelta(seconds=5)


async def test_a_handler_may_ask_to_be_reminded_again(
    sessions: Sessions, make_alarm: MakeAlarm
) -> None:
    def again(message: Reminded, work: UnitOfWork) -> None:
        log_message(message, work)
        if message.note != "last":
            timer_store.schedule(work, PAST, Reminded(order_id=message.order_id, note="last"))

    scheduler = make_alarm(subscribe(on(Reminded, again)))
    remind(sessions, PAST, Reminded(order_id=ORDER))
    for _ in range(3):
        await ring(scheduler)

    assert logged_types(sessions) == ["ledger.reminded"] * 2
