"""The runner: a call without an answer is asked about, and every operation is done once."""

import asyncio
from datetime import timedelta
from functools import partial
from pathlib import Path

import pytest

from shared.calls import call_store, outbound_call
from shared.calls import runner as runner_module
from shared.calls.outbound_call import (
    MOST_QUESTIONS,
    UNKNOWN,
    AttemptAnswered,
    CannotAskError,
    ElementTimeoutError,
    Outcome,
    Result,
)
from shared.contracts import Characteristic
from shared.errors import ConflictError
from shared.messaging.after_commit import Dispatch
from shared.messaging.dead_letters import Why
from shared.messaging.dispatcher import on, subscribe
from shared.messaging.unit_of_work import Work
from shared.persistence.database import Sessions
from tests.kernel import history, parked, until
from tests.shared.elements import (
    DONE,
    HANG,
    OPERATION,
    Element,
    an_attempt,
    another_attempt,
    are_over,
    results,
    rows,
    run_all,
    runner_of,
    running,
    want,
)
from tests.shared.ledger import lines

REFUSED = Outcome(Result.REFUSED, "no-such-port", "there is no such port")
FAILED = Outcome(Result.FAILED, "busy", "come again")
ANSWERED = "provisioning.attempt_answered"
pytestmark = pytest.mark.usefixtures("quick_runner")


async def test_what_is_wanted_is_called_and_its_end_is_told_once(
    sessions: Sessions, tmp_path: Path
) -> None:
    element = Element()
    want(sessions, an_attempt())

    await run_all(sessions, tmp_path, element)
    await run_all(sessions, tmp_path, element)

    assert element.heard == [("call", OPERATION)]
    assert results(sessions) == [Result.DONE]
    assert lines(sessions) == [ANSWERED]


async def test_a_failure_is_tried_again_with_the_same_operation_id(
    sessions: Sessions, tmp_path: Path
) -> None:
    element = Element(calls=[FAILED, FAILED])
    want(sessions, an_attempt())

    await run_all(sessions, tmp_path, element)

    assert element.heard == [("call", OPERATION)] * 3
    assert results(sessions) == [Result.DONE]


async def test_when_all_tries_have_failed_the_attempt_has(
    sessions: Sessions, tmp_path: Path
) -> None:
    element = Element(calls=[FAILED] * 9)
    want(sessions, an_attempt(max_tries=4))

    await run_all(sessions, tmp_path, element)

    assert len(element.heard) == 4
    assert [(row.result, row.code, row.tries) for row in rows(sessions)] == [
        (Result.FAILED, "busy", 4)
    ]


async def test_a_refusal_ends_the_attempt_at_once(sessions: Sessions, tmp_path: Path) -> None:
    element = Element(calls=[REFUSED])
    want(sessions, an_attempt())

    await run_all(sessions, tmp_path, element)

    assert element.verbs == ["call"]
    assert [(row.result, row.detail) for row in rows(sessions)] == [
        (Result.REFUSED, "there is no such port")
    ]


async def test_what_timed_out_and_was_done_is_not_called_again(
    sessions: Sessions, tmp_path: Path
) -> None:
    element = Element(calls=[HANG], answers=[DONE])
    want(sessions, an_attempt(timeout=timedelta(milliseconds=50)))

    await run_all(sessions, tmp_path, element)

    assert element.heard == [("call", OPERATION), ("question", OPERATION)]
    assert results(sessions) == [Result.DONE]


async def test_what_timed_out_and_never_arrived_is_called_again_with_the_same_id(
    sessions: Sessions, tmp_path: Path
) -> None:
    element = Element(calls=[ElementTimeoutError()], answers=[None])
    want(sessions, an_attempt())

    await run_all(sessions, tmp_path, element)

    assert element.heard == [("call", OPERATION), ("question", OPERATION), ("call", OPERATION)]
    assert results(sessions) == [Result.DONE]


async def test_an_element_that_cannot_be_asked_leaves_it_undecided(
    sessions: Sessions, tmp_path: Path
) -> None:
    element = Element(calls=[ElementTimeoutError()], answers=[CannotAskError("it keeps no list")])
    want(sessions, an_attempt())

    await run_all(sessions, tmp_path, element)

    assert element.verbs == ["call", "question"]
    assert [(row.result, row.code, row.detail) for row in rows(sessions)] == [
        (Result.UNDECIDED, "cannot-ask", "it keeps no list")
    ]


async def test_an_element_that_is_asked_in_vain_leaves_it_undecided(
    sessions: Sessions, tmp_path: Path
) -> None:
    element = Element(calls=[UNKNOWN], answers=[ElementTimeoutError()] * 99)
    want(sessions, an_attempt())

    await run_all(sessions, tmp_path, element)

    assert element.verbs == ["call"] + ["question"] * MOST_QUESTIONS
    assert results(sessions) == [Result.UNDECIDED]


async def test_a_bug_in_an_adapter_is_an_unknown_outcome(
    sessions: Sessions, tmp_path: Path
) -> None:
    element = Element(calls=[ZeroDivisionError()], answers=[ZeroDivisionError(), DONE])
    want(sessions, an_attempt())

    async with asyncio.timeout(10):  # not only when its lease has expired
        await run_all(sessions, tmp_path, element)

    assert element.verbs == ["call", "question", "question"]
    assert results(sessions) == [Result.DONE]


async def test_an_end_that_its_handler_refuses_is_parked_and_the_attempt_is_over(
    sessions: Sessions, tmp_path: Path
) -> None:
    def refuse(_: AttemptAnswered, __: Work) -> None:
        raise ConflictError

    want(sessions, an_attempt())
    subscriptions = subscribe(on(AttemptAnswered, refuse))
    async with running(runner_of(sessions, tmp_path, Element(), subscriptions=subscriptions)):
        await until(are_over(sessions))

    assert [(row.why, row.type) for row in parked(sessions)] == [
        (Why.RULE_BROKEN, AttemptAnswered.type)
    ]


async def test_what_an_element_said_on_the_way_is_kept_in_the_history(
    sessions: Sessions, tmp_path: Path
) -> None:
    want(sessions, an_attempt())

    await run_all(sessions, tmp_path, Element(calls=[FAILED, UNKNOWN], answers=[None]))

    part = f"olt/add-profile/{OPERATION}"
    assert history(sessions) == [
        ("attempt", part, "called", "failed"),
        ("attempt", part, "called", "undecided"),
        ("attempt", part, "asked", "failed"),
    ]


async def test_what_is_wanted_is_called_right_after_its_commit(
    sessions: Sessions, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(runner_module, "LOOK_AGAIN", timedelta(hours=1))
    element = Element()
    runner = runner_of(sessions, tmp_path, element)
    async with running(runner):
        await until(lambda: runner._wake._waiters)  # noqa: SLF001  it sleeps

        def wish(dispatch: Dispatch) -> None:
            want(sessions, another_attempt(), dispatch=dispatch)

        await runner.relay.commit(wish)
        await until(lambda: bool(element.heard), timeout_s=5)


async def test_an_attempt_that_is_wanted_twice_is_one(sessions: Sessions, tmp_path: Path) -> None:
    element = Element()
    for _ in range(2):
        want(sessions, an_attempt())

    await run_all(sessions, tmp_path, element)

    assert len(element.heard) == len(rows(sessions)) == 1


async def test_all_that_an_attempt_is_about_reaches_the_adapter(
    sessions: Sessions, tmp_path: Path
) -> None:
    seen: list[object] = []

    class Watching(Element):
        """An element that looks at what it gets."""

        async def perform(self, attempt: outbound_call.Attempt) -> Outcome:
            seen.append(attempt)
            return DONE

    wanted = another_attempt(
        parameters=(Characteristic(name="vlan", value=100),), priority=2, max_tries=7
    )
    want(sessions, wanted)
    await run_all(sessions, tmp_path, Watching())

    assert seen == [wanted]
    with sessions() as session:
        find = partial(call_store.of_order, session)
        assert [row.id for row in find(wanted.order_id)] == [wanted.id]
