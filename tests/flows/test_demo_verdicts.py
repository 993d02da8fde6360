"""The expected outcomes of posts, and unexpected ones."""

from dataclasses import replace
from typing import Any

import pytest

from tools.demo.day import SCENARIOS
from tools.demo.demo_plan import PlannedPost, make_plan
from tools.demo.demo_result import outcome_of, unexpected_outcomes
from tools.demo.run_state import DemoStoppedError, OrderResponse, RunState
from tools.demo.scenarios import PostOutcome
from tools.province.build import build_province

NOON, LATER = "2026-01-31T12:00:00.000Z", "2026-01-31T12:00:01.000Z"


def as_expected() -> RunState:
    """Return a run state in which every post has its expected outcome."""
    run_state = RunState(make_plan(12, build_province(number_count=2000, address_count=600)).posts)
    for planned in run_state.posts:
        run_state.note_answer(planned, answer(planned, run_state))
        if planned.scenario.status == 201 and planned.scenario.outcome is not PostOutcome.REPEATED:
            run_state.note_end(ended(planned, planned.scenario.outcome, planned.scenario.code))
    return run_state


def answer(planned: PlannedPost, run_state: RunState) -> OrderResponse:
    """Return the expected answer to a post."""
    scenario = planned.scenario
    if scenario.outcome is PostOutcome.REPEATED and planned.earlier:
        return run_state.answers[planned.earlier.number]
    if scenario.status == 201:
        return OrderResponse(201, {"id": order_id(planned)}, order_id(planned).encode())
    return OrderResponse(scenario.status, {"code": scenario.code}, b"")


def ended(planned: PlannedPost, end: PostOutcome, code: str = "") -> dict[str, Any]:
    """Return the ended order of a post."""
    order = {"id": order_id(planned), "state": end.value, "orderDate": NOON}
    error = {"code": code, "reason": "", "timestamp": LATER}
    return order | ({"productOrderErrorMessage": [error]} if code else {"completionDate": LATER})


def order_id(planned: PlannedPost) -> str:
    """Return the id of a post's order."""
    return f"order-{planned.number}"


def post_with(run_state: RunState, end: PostOutcome) -> PlannedPost:
    """Return the first post with an expected outcome."""
    return next(each for each in run_state.posts if each.scenario.outcome is end)


def test_nothing_is_unexpected_where_all_is_as_planned() -> None:
    run_state = as_expected()

    assert run_state.is_done
    assert list(unexpected_outcomes(run_state)) == []
    assert {outcome_of(each, run_state) for each in run_state.posts} == {
        s.outcome for s in SCENARIOS
    }


@pytest.mark.parametrize("end", [PostOutcome.COMPLETED, PostOutcome.FAILED, PostOutcome.REJECTED])
def test_an_order_with_another_outcome_is_unexpected(end: PostOutcome) -> None:
    run_state = as_expected()
    planned = post_with(run_state, end)
    other = PostOutcome.FAILED if end is not PostOutcome.FAILED else PostOutcome.COMPLETED

    run_state.note_end(ended(planned, other, "some-reason" if other is PostOutcome.FAILED else ""))

    assert any(planned.external_id in each for each in unexpected_outcomes(run_state))


def test_an_order_that_never_ends_is_unexpected() -> None:
    run_state = as_expected()
    del run_state.ended[order_id(post_with(run_state, PostOutcome.COMPLETED))]

    assert not run_state.is_done
    assert any("open" in each for each in unexpected_outcomes(run_state))


def test_a_failure_for_another_reason_is_unexpected() -> None:
    run_state = as_expected()

    run_state.note_end(
        ended(post_with(run_state, PostOutcome.FAILED), PostOutcome.FAILED, "not-available")
    )

    assert any("not-available" in each for each in unexpected_outcomes(run_state))


def test_a_refusal_with_another_status_is_unexpected() -> None:
    run_state = as_expected()
    planned = post_with(run_state, PostOutcome.REFUSED)

    run_state.note_answer(planned, OrderResponse(500, {"code": planned.scenario.code}, b""))

    assert any("answered 500" in each for each in unexpected_outcomes(run_state))


def test_a_repetition_with_another_answer_is_unexpected() -> None:
    run_state = as_expected()
    planned = post_with(run_state, PostOutcome.REPEATED)
    first = run_state.answers[planned.number]

    run_state.note_answer(planned, first._replace(content=first.content + b" "))

    assert any("not the first one again" in each for each in unexpected_outcomes(run_state))


def test_a_waiter_is_stopped_when_the_demonstration_stops() -> None:
    run_state = replace(as_expected(), answers={})

    run_state.stop(KeyboardInterrupt())

    with pytest.raises(DemoStoppedError):
        run_state.wait_for(lambda: False)
    with pytest.raises(DemoStoppedError):
        run_state.sleep_unless_stopped(60)
