"""The runner: queries the outcome of unanswered calls, and does every operation once."""

import asyncio
from datetime import timedelta
from functools import partial
from pathlib import Path

import pytest

from shared.calls import call_store, outbound_call
from shared.calls import runner as runner_module
from shared.calls.outbound_call import (
    MAX_STATUS_QUERIES,
    UNKNOWN_OUTCOME,
    CallOutcome,
    CallResult,
    CannotQueryError,
    OutboundCallEnded,
    UnknownOutcomeError,
)
from shared.contracts import Characteristic
from shared.errors import ConflictError
from shared.messaging.commit_context import CommitContext
from shared.messaging.dead_letters import DeadLetterReason
from shared.messaging.dispatcher import index_subscriptions, on
from shared.messaging.unit_of_work import UnitOfWork
from shared.persistence.database import Sessions
from tests.kernel import dead_letter_rows, history, until
from tests.shared.order_log import logged_types
from tests.shared.scripted_elements import (
    DONE,
    HANG,
    OPERATION_ID,
    ScriptedElement,
    all_have_ended,
    an_outbound_call,
    another_outbound_call,
    enqueue_calls,
    request_calls,
    results,
    rows,
    run_all,
    runner_of,
    running,
)

REFUSED = CallOutcome(CallResult.REFUSED, "no-such-port", "there is no such port")
FAILED = CallOutcome(CallResult.FAILED, "busy", "come again")
ANSWERED = "provisioning.attempt_answered"
pytestmark = pytest.mark.usefixtures("quick_runner")


async def test_a_requested_call_is_made_and_its_end_is_handled_once(
    sessions: Sessions, tmp_path: Path
) -> None:
    element = ScriptedElement()
    request_calls(sessions, an_outbound_call())

    await run_all(sessions, tmp_path, element)
    await run_all(sessions, tmp_path, element)

    assert element.received == [("call", OPERATION_ID)]
    assert results(sessions) == [CallResult.DONE]
    assert logged_types(sessions) == [ANSWERED]


async def test_a_failure_is_tried_again_with_the_same_operation_id(
    sessions: Sessions, tmp_path: Path
) -> None:
    element = ScriptedElement(calls=[FAILED, FAILED])
    request_calls(sessions, an_outbound_call())

    await run_all(sessions, tmp_path, element)

    assert element.received == [("call", OPERATION_ID)] * 3
    assert results(sessions) == [CallResult.DONE]


async def test_a_call_fails_when_all_tries_have_failed(sessions: Sessions, tmp_path: Path) -> None:
    element = ScriptedElement(calls=[FAILED] * 9)
    request_calls(sessions, an_outbound_call(max_tries=4))

    await run_all(sessions, tmp_path, element)

    assert len(element.received) == 4
    assert [(row.result, row.code, row.tries) for row in rows(sessions)] == [
        (CallResult.FAILED, "busy", 4)
    ]


async def test_a_refusal_ends_the_call_at_once(sessions: Sessions, tmp_path: Path) -> None:
    element = ScriptedElement(calls=[REFUSED])
    request_calls(sessions, an_outbound_call())

    await run_all(sessions, tmp_path, element)

    assert element.verbs == ["call"]
    assert [(row.result, row.detail) for row in rows(sessions)] == [
        (CallResult.REFUSED, "there is no such port")
    ]


async def test_what_timed_out_and_was_done_is_not_called_again(
    sessions: Sessions, tmp_path: Path
) -> None:
    element = ScriptedElement(calls=[HANG], answers=[DONE])
    request_calls(sessions, an_outbound_call(timeout=timedelta(milliseconds=50)))

    await run_all(sessions, tmp_path, element)

    assert element.received == [("call", OPERATION_ID), ("query", OPERATION_ID)]
    assert results(sessions) == [CallResult.DONE]


async def test_what_timed_out_and_never_arrived_is_called_again_with_the_same_id(
    sessions: Sessions, tmp_path: Path
) -> None:
    element = ScriptedElement(calls=[UnknownOutcomeError()], answers=[None])
    request_calls(sessions, an_outbound_call())

    await run_all(sessions, tmp_path, element)

    assert element.received == [
        ("call", OPERATION_ID),
        ("query", OPERATION_ID),
        ("call", OPERATION_ID),
    ]
    assert results(sessions) == [CallResult.DONE]


async def test_a_call_to_an_element_without_status_queries_stays_undecided(
    sessions: Sessions, tmp_path: Path
) -> None:
    element = ScriptedElement(
        calls=[UnknownOutcomeError()], answers=[CannotQueryError("it keeps no list")]
    )
    request_calls(sessions, an_outbound_call())

    await run_all(sessions, tmp_path, element)

    assert element.verbs == ["call", "query"]
    assert [(row.result, row.code, row.detail) for row in rows(sessions)] == [
        (CallResult.UNDECIDED, "cannot-ask", "it keeps no list")
    ]


async def test_a_call_whose_status_queries_fail_stays_undecided(
    sessions: Sessions, tmp_path: Path
) -> None:
    element = ScriptedElement(calls=[UNKNOWN_OUTCOME], answers=[UnknownOutcomeError()] * 99)
    request_calls(sessions, an_outbound_call())

    await run_all(sessions, tmp_path, element)

    assert element.verbs == ["call"] + ["query"] * MAX_STATUS_QUERIES
    assert results(sessions) == [CallResult.UNDECIDED]


async def test_a_bug_in_an_adapter_is_an_unknown_outcome(
    sessions: Sessions, tmp_path: Path
) -> None:
    element = ScriptedElement(calls=[ZeroDivisionError()], answers=[ZeroDivisionError(), DONE])
    request_calls(sessions, an_outbound_call())

    async with asyncio.timeout(10):  # before its lease expires
        await run_all(sessions, tmp_path, element)

    assert element.verbs == ["call", "query", "query"]
    assert results(sessions) == [CallResult.DONE]


async def test_an_end_that_its_handler_refuses_is_parked_and_the_call_is_over(
    sessions: Sessions, tmp_path: Path
) -> None:
    def refuse(_: OutboundCallEnded, __: UnitOfWork) -> None:
        raise ConflictError

    request_calls(sessions, an_outbound_call())
    subscriptions = index_subscriptions(on(OutboundCallEnded, refuse))
    async with running(
        runner_of(sessions, tmp_path, ScriptedElement(), subscriptions=subscriptions)
    ):
        await until(all_have_ended(sessions))

    assert [(row.why, row.type) for row in dead_letter_rows(sessions)] == [
        (DeadLetterReason.RULE_BROKEN, OutboundCallEnded.type)
    ]


async def test_the_end_of_a_call_names_the_step_the_direction_and_the_round(
    sessions: Sessions, tmp_path: Path
) -> None:
    ended: list[tuple[str, bool, int]] = []

    def note(message: OutboundCallEnded, _: UnitOfWork) -> None:
        ended.append((message.step, message.undo, message.round))

    request_calls(sessions, an_outbound_call(step="1/account", undo=True, round=2))
    subscriptions = index_subscriptions(on(OutboundCallEnded, note))
    async with running(
        runner_of(sessions, tmp_path, ScriptedElement(), subscriptions=subscriptions)
    ):
        await until(all_have_ended(sessions))

    assert ended == [("1/account", True, 2)]


async def test_intermediate_outcomes_are_kept_in_the_history(
    sessions: Sessions, tmp_path: Path
) -> None:
    request_calls(sessions, an_outbound_call())

    await run_all(
        sessions, tmp_path, ScriptedElement(calls=[FAILED, UNKNOWN_OUTCOME], answers=[None])
    )

    part = f"olt/add-profile/{OPERATION_ID}"
    assert history(sessions) == [
        ("attempt", part, "called", "failed"),
        ("attempt", part, "called", "undecided"),
        ("attempt", part, "asked", "failed"),
    ]


async def test_a_requested_call_is_made_right_after_its_commit(
    sessions: Sessions, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(runner_module, "MAX_IDLE", timedelta(hours=1))
    element = ScriptedElement()
    runner = runner_of(sessions, tmp_path, element)
    async with running(runner):
        await until(lambda: runner._wake._waiters)  # noqa: SLF001  it sleeps

        def request(commit_context: CommitContext) -> None:
            request_calls(sessions, another_outbound_call(), commit_context=commit_context)

        await runner.writer.commit(request)
        await until(lambda: bool(element.received), timeout_s=5)


async def test_a_runner_that_has_ended_makes_no_call(sessions: Sessions, tmp_path: Path) -> None:
    element = ScriptedElement()
    runner = runner_of(sessions, tmp_path, element)
    async with running(runner):
        await until(lambda: runner._wake._waiters)  # noqa: SLF001  it sleeps
    leased_calls = enqueue_calls(sessions, runner, an_outbound_call())

    runner.call(leased_calls)
    await asyncio.sleep(0)

    assert (len(leased_calls), runner._calls, element.received) == (1, set(), [])  # noqa: SLF001


async def test_a_call_that_is_requested_twice_is_one(sessions: Sessions, tmp_path: Path) -> None:
    element = ScriptedElement()
    for _ in range(2):
        request_calls(sessions, an_outbound_call())

    await run_all(sessions, tmp_path, element)

    assert len(element.received) == len(rows(sessions)) == 1


async def test_the_adapter_gets_the_whole_call(sessions: Sessions, tmp_path: Path) -> None:
    seen: list[object] = []

    class RecordingElement(ScriptedElement):
        """An element that records its calls."""

        async def perform(self, call: outbound_call.OutboundCall) -> CallOutcome:
            seen.append(call)
            return DONE

    requested = another_outbound_call(
        parameters=(Characteristic(name="vlan", value=100),), priority=2, max_tries=7
    )
    request_calls(sessions, requested)
    await run_all(sessions, tmp_path, RecordingElement())

    assert seen == [requested]
    with sessions() as session:
        find = partial(call_store.calls_of_order, session)
        assert [row.id for row in find(requested.order_id)] == [requested.id]
