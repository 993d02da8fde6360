"""Where a protocol is repeatable, an unknown outcome is found out by the same operation again."""

from datetime import UTC, datetime
from pathlib import Path

import pytest
from sqlalchemy import update

from shared.calls.call_store import OutboundCallRow
from shared.calls.outbound_call import (
    MAX_STATUS_QUERIES,
    CallOutcome,
    CallResult,
    UnknownOutcomeError,
)
from shared.persistence.database import Sessions
from tests.kernel import history
from tests.shared.scripted_elements import (
    OPERATION_ID,
    RepeatableElement,
    an_outbound_call,
    request_calls,
    results,
    rows,
    run_all,
)

FAILED = CallOutcome(CallResult.FAILED, "busy", "come again")
pytestmark = pytest.mark.usefixtures("quick_runner")


async def test_an_operation_without_an_answer_is_repeated_with_its_id(
    sessions: Sessions, tmp_path: Path
) -> None:
    element = RepeatableElement(calls=[UnknownOutcomeError(), ZeroDivisionError()])
    request_calls(sessions, an_outbound_call())

    await run_all(sessions, tmp_path, element)

    assert element.received == [OPERATION_ID] * 3
    assert results(sessions) == [CallResult.DONE]
    part = f"olt/add-profile/{OPERATION_ID}"
    assert history(sessions) == [("attempt", part, "called", "undecided")] * 2


async def test_repetitions_that_fail_leave_the_outcome_unknown(
    sessions: Sessions, tmp_path: Path
) -> None:
    element = RepeatableElement(calls=[UnknownOutcomeError(), *[FAILED] * 99])
    request_calls(sessions, an_outbound_call())

    await run_all(sessions, tmp_path, element)

    assert len(element.received) == 1 + MAX_STATUS_QUERIES
    assert [(row.result, row.code) for row in rows(sessions)] == [(CallResult.UNDECIDED, "busy")]


async def test_a_failure_before_any_doubt_is_a_failure(sessions: Sessions, tmp_path: Path) -> None:
    element = RepeatableElement(calls=[FAILED] * 99)
    request_calls(sessions, an_outbound_call(max_tries=3))

    await run_all(sessions, tmp_path, element)

    assert len(element.received) == 3
    assert results(sessions) == [CallResult.FAILED]


async def test_an_operation_of_a_dead_runner_is_repeated(
    sessions: Sessions, tmp_path: Path
) -> None:
    element = RepeatableElement(calls=[FAILED])
    request_calls(sessions, an_outbound_call(max_tries=1))
    with sessions.begin() as session:
        session.execute(update(OutboundCallRow).values(lease_until=datetime.now(UTC)))

    await run_all(sessions, tmp_path, element)

    assert element.received == [OPERATION_ID] * 2  # a failed repetition is no end
    assert results(sessions) == [CallResult.DONE]
