"""Plans and calls that the previous version stored are continued, and it can read new ones."""

from datetime import UTC, datetime
from typing import Any

import msgspec
import pytest
from hypothesis import given, settings
from sqlalchemy import text

from services.provisioning.domain.blueprint.blueprint import Blueprint
from services.provisioning.domain.plan.graph import with_references
from services.provisioning.domain.plan.plan import PlanStep, StepState
from services.provisioning.handlers import SUBSCRIPTIONS
from shared.calls import call_store
from shared.calls.outbound_call import CallResult, OutboundCallEnded
from shared.persistence.database import Sessions
from tests.kernel import TENANT, consume
from tests.provisioning.builders import ORDER_ID, a_call, accepted, an_item, planned
from tests.provisioning.database import plan_of
from tests.provisioning.plan_run import PlanRun
from tests.provisioning.previous_version import (
    CALL_ID,
    OPERATION_ID,
    PreviousStep,
    store_rows,
    stored_again,
)
from tests.provisioning.test_plan_properties import EARLIER_KINDS, blueprints

UNNAMED: dict[str, Any] = {}
NAMED: dict[str, Any] = {"step": "1/a", "undo": False, "round": 1}
Steps = tuple[PlanStep, ...]


@pytest.mark.parametrize("named", [UNNAMED, NAMED])
def test_a_plan_of_the_previous_version_is_continued_by_the_answer_to_its_call(
    sessions: Sessions, named: dict[str, Any]
) -> None:
    store_rows(sessions, ORDER_ID, TENANT)
    answer = OutboundCallEnded(
        order_id=ORDER_ID, attempt_id=CALL_ID, result=CallResult.DONE, **named
    )

    consume(sessions, SUBSCRIPTIONS, answer)

    plan = plan_of(sessions)
    assert plan.revision == 0
    assert [(step.ref, step.after, step.state) for step in plan.steps] == [
        ("assign", (), StepState.DONE),
        ("1/a", ("assign",), StepState.DONE),
        ("1/c", ("1/a",), StepState.RUNNING),
    ]


def test_a_call_of_the_previous_version_is_made_and_names_no_step(sessions: Sessions) -> None:
    store_rows(sessions, ORDER_ID, TENANT)

    with sessions.begin() as session:
        (claim,) = call_store.due_calls(session, datetime.now(UTC), (), 9)

    assert (claim.call.operation_id, claim.call.step) == (OPERATION_ID, "")


def test_a_call_has_the_same_ids_as_in_the_previous_version() -> None:
    calls = PlanRun(a_call("a"), a_call("c", "a")).calls

    assert [(call.id, call.operation_id) for call in calls] == [(CALL_ID, OPERATION_ID)]


def test_an_answer_is_found_by_the_names_of_its_call_alone() -> None:
    run = PlanRun(a_call("a"), a_call("b"))

    run.handle(
        OutboundCallEnded(order_id=ORDER_ID, attempt_id=ORDER_ID, result=CallResult.DONE, **NAMED)
    )

    assert (run.step("1/a"), run.step("1/b")) == (StepState.DONE, StepState.RUNNING)


@settings(max_examples=100, deadline=None)
@given(blueprints(EARLIER_KINDS))
def test_the_previous_version_reads_and_stores_the_steps_of_this_one(blueprint: Blueprint) -> None:
    steps = planned(blueprint, accepted(an_item(), an_item(id_="2"))).plan.steps
    stored = msgspec.json.encode(steps)

    read = msgspec.json.decode(stored, type=tuple[PreviousStep, ...])
    names = [f"{each.item_id}/{each.blueprint.name}".lstrip("/") for each in read]
    again = with_references(msgspec.json.decode(stored_again(stored), type=Steps))

    assert [tuple(names[place] for place in each.after) for each in read] == [
        step.after for step in steps
    ]
    assert again == steps


def test_a_plan_that_the_previous_version_stored_again_has_all_predecessors(
    sessions: Sessions,
) -> None:
    store_rows(sessions, ORDER_ID, TENANT)
    answer = OutboundCallEnded(order_id=ORDER_ID, attempt_id=CALL_ID, result=CallResult.DONE)
    consume(sessions, SUBSCRIPTIONS, answer)
    before = plan_of(sessions)

    with sessions.begin() as session:
        steps = session.scalar(text("SELECT steps FROM plans"))
        update = text("UPDATE plans SET steps = :steps")
        session.execute(update, {"steps": stored_again(bytes(steps))})

    assert plan_of(sessions) == before
