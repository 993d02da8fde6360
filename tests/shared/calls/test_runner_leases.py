"""Leases: a call belongs to one runner at a time; after a crash its outcome is queried."""

import asyncio
from collections import Counter
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from sqlalchemy import update

from shared.calls.call_store import OutboundCallRow
from shared.calls.lease import DecidedCall
from shared.calls.outbound_call import CallOutcome, CallResult, ContinueCall, EndCall
from shared.messaging.commit_context import CommitContext
from shared.persistence.database import Sessions
from tests.kernel import history, until
from tests.shared.order_log import logged_types
from tests.shared.scripted_elements import (
    CALL_ID,
    DONE,
    OPERATION_ID,
    ScriptedElement,
    all_have_ended,
    an_outbound_call,
    another_outbound_call,
    request_calls,
    results,
    rows,
    run_all,
    runner_of,
    running,
)

FAILED = CallOutcome(CallResult.FAILED, "busy", "come again")
pytestmark = pytest.mark.usefixtures("quick_runner")


async def test_a_call_of_a_dead_runner_is_queried_first(sessions: Sessions, tmp_path: Path) -> None:
    request_calls(sessions, an_outbound_call())
    dead = runner_of(sessions, tmp_path, ScriptedElement())
    leased_calls, _ = dead._claim(CommitContext(CALL_ID))  # noqa: SLF001  then it crashes
    element = ScriptedElement(answers=[DONE])

    async with running(runner_of(sessions, tmp_path, element)):
        await asyncio.sleep(0.1)
        assert element.received == []  # the lease still holds
        expire(sessions)
        await until(all_have_ended(sessions))

    assert len(leased_calls) == 1
    assert element.received == [("query", OPERATION_ID)]


def expire(sessions: Sessions) -> None:
    """End every lease now."""
    now = datetime.now(UTC)
    with sessions.begin() as session:
        session.execute(update(OutboundCallRow).values(lease_until=now - timedelta(seconds=1)))


@pytest.mark.parametrize("has_ended", [True, False])
async def test_a_late_runner_finds_the_call_leased_to_another_and_changes_nothing(
    sessions: Sessions, tmp_path: Path, has_ended: object
) -> None:
    """A runner was stopped for long; meanwhile another has leased the call."""
    request_calls(sessions, an_outbound_call())
    late = runner_of(sessions, tmp_path, ScriptedElement())
    ((leased_call,), _) = late._claim(CommitContext(CALL_ID))  # noqa: SLF001
    expire(sessions)
    other = runner_of(sessions, tmp_path, ScriptedElement())
    ((again,), _) = other._claim(CommitContext(CALL_ID))  # noqa: SLF001

    call = leased_call.call
    decision = EndCall(call, FAILED) if has_ended else ContinueCall(call, timedelta(0), FAILED)
    await late._commit([DecidedCall(leased_call, decision)])  # noqa: SLF001

    (row,) = rows(sessions)
    assert (row.ended_at, row.lease_until, row.tries) == (None, again.until, 0)
    assert again.call.doubtful
    assert logged_types(sessions) == []
    assert history(sessions) == []


async def test_a_call_that_has_ended_is_not_reopened(sessions: Sessions, tmp_path: Path) -> None:
    request_calls(sessions, an_outbound_call())
    late = runner_of(sessions, tmp_path, ScriptedElement())
    ((leased_call,), _) = late._claim(CommitContext(CALL_ID))  # noqa: SLF001
    expire(sessions)
    await run_all(sessions, tmp_path, ScriptedElement())

    decision = ContinueCall(leased_call.call, timedelta(0), FAILED)
    await late._commit([DecidedCall(leased_call, decision)])  # noqa: SLF001

    assert results(sessions) == [CallResult.DONE]


async def test_two_runners_never_make_one_call_at_once(sessions: Sessions, tmp_path: Path) -> None:
    element = ScriptedElement(duration_s=0.01)
    calls = [another_outbound_call(element=f"olt-{n % 3}") for n in range(60)]
    runners = [runner_of(sessions, tmp_path, element) for _ in range(2)]

    async with running(*runners):
        request_calls(sessions, *calls[:30])
        request_calls(sessions, *calls[30:])
        await until(all_have_ended(sessions))

    assert Counter(element.received) == Counter(("call", each.operation_id) for each in calls)
    assert results(sessions) == [CallResult.DONE] * 60
    assert all(len(logged_types(sessions, each.order_id)) == 1 for each in calls)
