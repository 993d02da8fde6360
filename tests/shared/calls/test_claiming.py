"""Calls are leased in the requesting transaction, within the limits of the elements."""

from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from pathlib import Path
from uuid import uuid4

import pytest
from sqlalchemy import update

from shared.calls import call_store
from shared.calls.call_store import OutboundCallRow, request_call
from shared.calls.element_limits import ElementLimits
from shared.calls.lease import GRACE
from shared.calls.rate_limits import read_token_buckets
from shared.contracts import Causation
from shared.messaging.commit_context import CommitContext
from shared.messaging.unit_of_work import begin_transaction
from shared.persistence.database import Sessions
from shared.scheduling.timer_store import schedule
from tests.conftest import NOON
from tests.kernel import TENANT, statements, until
from tests.shared.order_log import ORDER, TimerDue, accepted
from tests.shared.scripted_elements import (
    CALL_ID,
    ScriptedElement,
    all_have_ended,
    an_outbound_call,
    another_outbound_call,
    count_of_leased,
    enqueue_calls,
    request_calls,
    rows,
    runner_of,
    running,
)

pytestmark = pytest.mark.usefixtures("quick_runner")
ONE = {"olt": ElementLimits(concurrency=1)}


async def test_a_requested_call_is_leased_in_the_requesting_transaction_and_made_after_it(
    sessions: Sessions, tmp_path: Path
) -> None:
    element = ScriptedElement()
    runner = runner_of(sessions, tmp_path, element)

    leased_calls = enqueue_calls(sessions, runner, an_outbound_call())

    assert [leased_call.call for leased_call in leased_calls] == [an_outbound_call()]
    assert [row.lease_until for row in rows(sessions)] == [leased_calls[0].until]
    assert element.received == []
    with statements(sessions) as executed:
        runner.call(leased_calls)
        await until(lambda: bool(element.received))
    assert executed == []  # no further query was needed


async def test_a_commit_that_leased_all_its_calls_does_not_wake_the_runner(
    sessions: Sessions, tmp_path: Path
) -> None:
    runner = runner_of(sessions, tmp_path, ScriptedElement(), ONE)
    commit_context = CommitContext(uuid4(), runner.writer.deferred_writers)
    for n, is_waiting in enumerate([False, True]):
        with begin_transaction(sessions, datetime.now(UTC), commit_context) as transaction:
            call = another_outbound_call()
            request_call(transaction.unit_of_work(Causation(uuid4(), call.order_id, TENANT)), call)
        (callback,) = commit_context.results[n].callbacks
        callback()
        assert runner._wake.is_set() is is_waiting  # noqa: SLF001


@pytest.mark.parametrize("limits", [ONE, {"olt": ElementLimits(in_maintenance=True)}])
async def test_no_more_calls_are_leased_than_the_element_can_handle(
    sessions: Sessions, tmp_path: Path, limits: Mapping[str, ElementLimits]
) -> None:
    first, second = (runner_of(sessions, tmp_path, ScriptedElement(), limits) for _ in range(2))
    slots = 0 if limits["olt"].in_maintenance else 1

    enqueue_calls(sessions, first, another_outbound_call(), another_outbound_call())
    enqueue_calls(sessions, second, another_outbound_call())

    assert count_of_leased(sessions) == slots


async def test_a_rate_limit_holds_for_calls_leased_with_their_request(
    sessions: Sessions, tmp_path: Path
) -> None:
    runner = runner_of(
        sessions, tmp_path, ScriptedElement(), {"olt": ElementLimits(per_second=0.001)}
    )

    for _ in range(3):
        enqueue_calls(sessions, runner, another_outbound_call())

    assert count_of_leased(sessions) == 1


async def test_no_call_overtakes_one_that_waits_for_a_slot(
    sessions: Sessions, tmp_path: Path
) -> None:
    """A slot is free again: the call that waited for it gets it, not a later one."""
    limits = dict(ONE)
    runner = runner_of(sessions, tmp_path, ScriptedElement(), limits)
    waiting = another_outbound_call()
    enqueue_calls(sessions, runner, another_outbound_call(), waiting)
    runner._claim(CommitContext(CALL_ID))  # noqa: SLF001  it finds no slot for the second
    limits["olt"] = ElementLimits(concurrency=2)
    runner._claimer._limits_until = datetime.now(UTC)  # noqa: SLF001  so that they are read again

    assert enqueue_calls(sessions, runner, another_outbound_call()) == []

    ((first,), _) = runner._claim(CommitContext(CALL_ID))  # noqa: SLF001
    assert first.call == waiting


async def test_calls_to_other_elements_do_not_wait_for_an_element_at_its_limit(
    sessions: Sessions, tmp_path: Path
) -> None:
    runner = runner_of(
        sessions, tmp_path, ScriptedElement(), {"olt": ElementLimits(in_maintenance=True)}
    )
    enqueue_calls(sessions, runner, another_outbound_call())
    runner._claim(CommitContext(CALL_ID))  # noqa: SLF001

    (leased_call,) = enqueue_calls(sessions, runner, another_outbound_call(element="ims"))
    assert leased_call.call.element == "ims"


async def test_a_request_does_not_wait_while_another_process_leases(
    sessions: Sessions, tmp_path: Path
) -> None:
    element = ScriptedElement()
    runner = runner_of(sessions, tmp_path, element)
    with sessions.begin() as other:
        call_store.lock_claims(other)
        assert enqueue_calls(sessions, runner, another_outbound_call()) == []

    async with running(runner):
        await until(all_have_ended(sessions))
    assert len(element.received) == 1


async def test_a_call_that_is_stored_already_is_not_leased_again(
    sessions: Sessions, tmp_path: Path
) -> None:
    runner = runner_of(sessions, tmp_path, ScriptedElement())
    request_calls(sessions, an_outbound_call())

    assert enqueue_calls(sessions, runner, an_outbound_call()) == []
    assert count_of_leased(sessions) == 0


async def test_a_call_requested_twice_in_one_transaction_is_leased_once(
    sessions: Sessions, tmp_path: Path
) -> None:
    runner = runner_of(sessions, tmp_path, ScriptedElement())

    assert len(enqueue_calls(sessions, runner, an_outbound_call(), an_outbound_call())) == 1


async def test_urgent_calls_are_leased_first(sessions: Sessions, tmp_path: Path) -> None:
    runner = runner_of(sessions, tmp_path, ScriptedElement(), ONE)
    normal, urgent = another_outbound_call(priority=4), another_outbound_call(priority=0)

    (leased_call,) = enqueue_calls(sessions, runner, normal, urgent)

    assert leased_call.call == urgent


async def test_a_request_that_is_rolled_back_is_not_called(
    sessions: Sessions, tmp_path: Path
) -> None:
    element = ScriptedElement()
    runner = runner_of(sessions, tmp_path, element)

    def request_and_fail(commit_context: CommitContext) -> None:
        with begin_transaction(sessions, datetime.now(UTC), commit_context) as transaction:
            request_call(
                transaction.unit_of_work(Causation(uuid4(), CALL_ID, TENANT)), an_outbound_call()
            )
            transaction.finish(commit_context)
            raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        await runner.writer.commit(request_and_fail)

    assert rows(sessions) == []
    assert not runner._calls  # noqa: SLF001


async def test_a_leased_call_is_made_right_after_the_commit(
    sessions: Sessions, tmp_path: Path
) -> None:
    element = ScriptedElement()
    runner = runner_of(sessions, tmp_path, element)

    def request_one(commit_context: CommitContext) -> None:
        with begin_transaction(sessions, datetime.now(UTC), commit_context) as transaction:
            request_call(
                transaction.unit_of_work(Causation(uuid4(), CALL_ID, TENANT)), an_outbound_call()
            )

    await runner.writer.commit(request_one)  # nothing polls: the runner does not run
    await until(lambda: bool(element.received), timeout_s=timedelta(seconds=5).total_seconds())


def test_the_lock_of_claims_is_taken_after_all_other_rows_are_written(
    sessions: Sessions, tmp_path: Path
) -> None:
    """Other processes wait for it until the commit."""
    runner = runner_of(sessions, tmp_path, ScriptedElement())
    commit_context = CommitContext(uuid4(), runner.writer.deferred_writers)

    with (
        statements(sessions) as executed,
        begin_transaction(sessions, datetime.now(UTC), commit_context) as transaction,
    ):
        work = transaction.unit_of_work(Causation(uuid4(), ORDER, TENANT))
        request_call(work, an_outbound_call())
        schedule(work, NOON, TimerDue(order_id=ORDER))
        work.publish(accepted(ORDER))

    (lock,) = (n for n, each in enumerate(executed) if "advisory" in each)
    written = {name for each in executed[:lock] if (name := inserted_table(each))}
    assert {"timers", "outbox"} <= written


def inserted_table(statement: str) -> str:
    """Return the table that a statement inserts into; empty if there is none."""
    _, _, after = statement.partition("INSERT INTO ")
    return after.partition(" ")[0]


async def test_a_lease_begins_when_it_is_taken_however_old_the_transaction(
    sessions: Sessions, tmp_path: Path
) -> None:
    runner, before = runner_of(sessions, tmp_path, ScriptedElement()), datetime.now(UTC)

    (leased_call,) = enqueue_calls(
        sessions, runner, an_outbound_call(), now=before - timedelta(hours=1)
    )

    assert leased_call.until >= before + an_outbound_call().timeout + GRACE


async def test_a_lease_held_too_long_before_the_call_is_released_and_nothing_is_in_doubt(
    sessions: Sessions, tmp_path: Path
) -> None:
    """A long transaction, or a stopped process, delayed the call after the commit."""
    element = ScriptedElement()
    runner = runner_of(sessions, tmp_path, element)
    (leased_call,) = enqueue_calls(sessions, runner, an_outbound_call())
    late = leased_call._replace(until=datetime.now(UTC) + leased_call.call.timeout)
    with sessions.begin() as session:
        session.execute(update(OutboundCallRow).values(lease_until=late.until))

    runner.call([late])
    await until(lambda: count_of_leased(sessions) == 0)
    assert element.received == []

    async with running(runner):
        await until(all_have_ended(sessions))
    assert element.verbs == ["call"]


async def test_a_token_bucket_is_not_filled_twice_by_a_process_whose_clock_is_behind(
    sessions: Sessions,
) -> None:
    limits = {"olt": ElementLimits(per_second=10)}
    now = datetime.now(UTC)
    with sessions.begin() as session:
        ahead = read_token_buckets(session, limits, now + timedelta(seconds=1))
        for _ in range(10):
            ahead.spend("olt")
        ahead.write(session)
        behind = read_token_buckets(session, limits, now)
        assert behind.available("olt", 10) == 0
        behind.write(session)

        assert (
            read_token_buckets(session, limits, now + timedelta(seconds=1)).available("olt", 10)
            == 0
        )
