"""Reminders: handled when due, once, and struck out with what handles them."""

import asyncio
from collections.abc import Callable
from contextlib import suppress
from datetime import UTC, datetime, timedelta
from pathlib import Path
from uuid import UUID, uuid4

import pytest

from shared.contracts import Cause, Message
from shared.errors import ConflictError
from shared.messaging.after_commit import Dispatch
from shared.messaging.crash_guard import Caution, Lifeline
from shared.messaging.dead_letters import Why
from shared.messaging.dispatcher import Subscriptions, on, subscribe
from shared.messaging.publisher import Relay
from shared.messaging.unit_of_work import Transaction, Work, begin
from shared.persistence.database import Sessions
from shared.scheduling import scheduler as alarm_module
from shared.scheduling import timer_store
from shared.scheduling.scheduler import Alarm
from shared.scheduling.timer_store import Reminder, TimerRow
from tests.conftest import NOON
from tests.kernel import TENANT, Broker, count_of, parked, until
from tests.shared.ledger import ORDER, OTHER, SUBSCRIPTIONS, Reminded, lines, write

PAST = datetime.now(UTC) - timedelta(hours=1)
FUTURE = datetime.now(UTC) + timedelta(hours=1)


def remind(
    sessions: Sessions, at: datetime, *messages: Message, dispatch: Dispatch | None = None
) -> None:
    """Commit a transaction that wants to be reminded."""
    with begin(sessions, NOON, dispatch or Dispatch(uuid4())) as transaction:
        for message in messages:
            timer_store.remind(transaction.work(Cause(uuid4(), message.key, TENANT)), at, message)


MakeAlarm = Callable[..., Alarm]


@pytest.fixture
def make_alarm(sessions: Sessions, tmp_path: Path) -> MakeAlarm:
    """Makes the alarm of one process."""

    def make(subscriptions: Subscriptions = SUBSCRIPTIONS) -> Alarm:
        relay = Relay(sessions, Broker())
        return Alarm(sessions, relay, subscriptions, Caution(sessions, Lifeline(tmp_path)))

    return make


async def ring(alarm: Alarm) -> None:
    """Let the alarm look once, and ring if there is something."""
    due, _ = alarm._look(Dispatch(uuid4()))  # noqa: SLF001
    if due:
        await alarm._ring(due)  # noqa: SLF001


async def test_a_reminder_is_handled_when_it_is_due_and_not_before(
    sessions: Sessions, make_alarm: MakeAlarm
) -> None:
    remind(sessions, PAST, Reminded(order_id=ORDER))
    remind(sessions, FUTURE, Reminded(order_id=OTHER))

    await ring(make_alarm())

    assert lines(sessions) == ["ledger.reminded"]
    assert lines(sessions, OTHER) == []
    assert count_of(sessions, TimerRow) == 1


async def test_a_reminder_is_handled_once(sessions: Sessions, make_alarm: MakeAlarm) -> None:
    remind(sessions, PAST, Reminded(order_id=ORDER))
    alarm = make_alarm()

    for _ in range(3):
        await ring(alarm)

    assert lines(sessions) == ["ledger.reminded"]


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
    assert (count_of(sessions, TimerRow), lines(sessions)) == (1, [])

    await ring(make_alarm())
    assert (count_of(sessions, TimerRow), lines(sessions)) == (0, ["ledger.reminded"])


async def test_what_is_rolled_back_reminds_nobody(sessions: Sessions) -> None:
    def remind_and_fail() -> None:
        with begin(sessions, NOON, Dispatch(uuid4())) as transaction:
            timer_store.remind(
                transaction.work(Cause(uuid4(), ORDER, TENANT)), PAST, Reminded(order_id=ORDER)
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

    assert lines(sessions) == ["ledger.reminded"]


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
    def refuse(_: Reminded, __: Work) -> None:
        raise ConflictError

    remind(sessions, PAST, Reminded(order_id=ORDER), Reminded(order_id=OTHER))

    await ring(make_alarm(subscribe(on(Reminded, refuse))))

    assert [row.why for row in parked(sessions)] == [Why.RULE_BROKEN, Why.RULE_BROKEN]
    assert {row.key for row in parked(sessions)} == {ORDER.bytes, OTHER.bytes}
    assert count_of(sessions, TimerRow) == 0


async def test_two_processes_handle_a_reminder_once_and_do_not_wait_for_each_other(
    sessions: Sessions, make_alarm: MakeAlarm
) -> None:
    seen: list[UUID] = []
    second = make_alarm()

    def let_the_other_look(message: Reminded, work: Work) -> None:
        seen.append(message.order_id)
        write(message, work)
        with suppress(TimeoutError):
            asyncio.run(asyncio.wait_for(ring(second), 3))
            seen.append(OTHER)

    remind(sessions, PAST - timedelta(hours=1), Reminded(order_id=ORDER))
    await ring(make_alarm(subscribe(on(Reminded, let_the_other_look))))

    assert seen == [ORDER, OTHER]
    assert lines(sessions) == ["ledger.reminded"]


async def test_a_reminder_that_was_set_just_now_rings_at_its_time(
    sessions: Sessions, make_alarm: MakeAlarm, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The commit that sets it wakes the alarm, which then sleeps until it is due."""
    monkeypatch.setattr(alarm_module, "LOOK_AGAIN", timedelta(hours=1))
    alarm = make_alarm()
    alarm.relay.writers[Reminder] = alarm.enqueue
    ringing = asyncio.create_task(alarm.run())
    await until(lambda: alarm._wake._waiters)  # noqa: SLF001

    due_at = datetime.now(UTC) + timedelta(seconds=0.3)

    def set_one(dispatch: Dispatch) -> None:
        remind(sessions, due_at, Reminded(order_id=ORDER), dispatch=dispatch)

    await alarm.relay.commit(set_one)
    await until(lambda: bool(lines(sessions)))
    ringing.cancel()

    assert timedelta(0) <= datetime.now(UTC) - due_at < timedelta(seconds=5)


async def test_a_handler_may_ask_to_be_reminded_again(
    sessions: Sessions, make_alarm: MakeAlarm
) -> None:
    def again(message: Reminded, work: Work) -> None:
        write(message, work)
        if message.note != "last":
            timer_store.remind(work, PAST, Reminded(order_id=message.order_id, note="last"))

    alarm = make_alarm(subscribe(on(Reminded, again)))
    remind(sessions, PAST, Reminded(order_id=ORDER))
    for _ in range(3):
        await ring(alarm)

    assert lines(sessions) == ["ledger.reminded"] * 2
