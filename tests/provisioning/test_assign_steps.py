"""Assignment and its release are steps like others: anywhere in a plan, each with a request id."""

from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from services.provisioning.domain.advance import advance
from services.provisioning.domain.blueprint.blueprint import (
    BlueprintNeed,
    BlueprintStep,
    OnFailure,
    StepKind,
)
from services.provisioning.domain.fallout.actions import FalloutAction
from services.provisioning.domain.plan.plan import PlanState, StepState
from services.provisioning.domain.plan.planner import plan_order
from services.provisioning.domain.plan.revision import AddedStep, PlanRevision
from shared.calls.outbound_call import CallResult
from shared.contracts import (
    AssignmentRequested,
    Held,
    HoldAction,
    ItemHoldings,
    ItemNeeds,
    Need,
    RefusalCode,
    ReleaseRequested,
    ResourcesAssigned,
    ResourcesRefused,
    ResourcesReleased,
)
from shared.errors import PoisonError
from tests.conftest import NOON
from tests.provisioning.builders import (
    HELD,
    ORDER_ID,
    a_blueprint,
    a_call,
    a_cause,
    accepted,
    assigned,
    index,
    planned,
)
from tests.provisioning.plan_environment import PlanEnvironment
from tests.provisioning.plan_run import PlanRun
from tests.provisioning.test_plan_properties import blueprints
from tests.provisioning.test_revision import REVISIONS, revise, revisions

ITEM = planned(a_blueprint()).plan.items[0]
NEEDS = ItemNeeds(
    item_id="1",
    service_id=ITEM.service_id,
    action=HoldAction.RESERVE,
    business_action="new",
    address_id=ITEM.address_id,
    needs=(Need(kind="number"),),
)
NEW = Held(kind="number", value="+862580000009")
REF = "1/more@1"


def assigning(on_failure: OnFailure = OnFailure.ROLLBACK, **changes: Any) -> AddedStep:
    """Return a step that assigns a second number."""
    needs = (BlueprintNeed(kind="number"),)
    step = BlueprintStep(name="more", kind=StepKind.ASSIGN, needs=needs, on_failure=on_failure)
    return AddedStep("1", step, **{"after": ("1/a",)} | changes)


def a_run(added: AddedStep) -> PlanRun:
    """Return a plan with such a step between two calls, that has been requested."""
    run = PlanRun(a_call("a"), a_call("b", "a", element="$number.value"))
    run.handle(PlanRevision(1, add=(added,)))
    run.answer("create-a", CallResult.DONE)
    return run


def an_answer(request_id: str = REF) -> ResourcesAssigned:
    holdings = ItemHoldings(item_id="1", service_id=ITEM.service_id, held=(NEW,))
    return ResourcesAssigned(order_id=ORDER_ID, items=(holdings,), request_id=request_id)


def a_refusal() -> ResourcesRefused:
    code = RefusalCode.NONE_FREE
    return ResourcesRefused(order_id=ORDER_ID, code=code, reason="none", request_id=REF)


@settings(max_examples=150, deadline=None)
@given(st.data())
def test_every_plan_that_assigns_in_a_later_step_ends_as_others(data: st.DataObject) -> None:
    known_blueprints = index([data.draw(blueprints())])
    order = accepted()
    environment = PlanEnvironment.of(
        plan_order(order, known_blueprints, {}, a_cause(), NOON), assigned(order, known_blueprints)
    )
    waiting = [step.ref for step in environment.plan.steps if step.state is StepState.WAITING]
    before = tuple(data.draw(st.sets(st.sampled_from(waiting), max_size=2)))
    on_failure = data.draw(st.sampled_from(OnFailure))
    revise(
        environment,
        PlanRevision(1, add=(assigning(on_failure, after=("assign",), before=before),)),
    )

    while possible_events := list(environment.possible_events()):
        if environment.plan.revision < REVISIONS and data.draw(st.booleans()):
            revise(environment, data.draw(revisions(environment.plan)))
        else:
            environment.handle(data.draw(st.sampled_from(possible_events)))


def test_a_step_requests_resources_when_its_predecessors_are_done() -> None:
    run = a_run(assigning(before=("1/b",)))

    request = run.published[-1]
    assert isinstance(request, AssignmentRequested)
    assert (request.request_id, request.items, request.client) == (REF, (NEEDS,), "crm")
    assert run.call_kinds() == ["create-a"]
    run.handle(an_answer())

    assert run.update.plan.items[0].held == (NEW, HELD["number"], HELD["pair"])
    assert [call.element for call in run.calls] == ["aaa", NEW.value]


def test_the_first_request_is_that_of_earlier_versions() -> None:
    decision = planned(a_blueprint())

    (request,) = decision.messages
    assert isinstance(request, AssignmentRequested)
    assert request.request_id == "assign"
    assert decision.plan.steps[0].needs == ()


def test_only_what_a_step_got_is_released_when_it_is_undone() -> None:
    run = a_run(assigning(before=("1/b",)))
    run.handle(an_answer())
    run.answer("create-b", CallResult.REFUSED)

    first = run.published[-1]
    run.handle(ResourcesReleased(order_id=ORDER_ID, request_id=REF, held=(NEW,)))
    assert run.update.plan.items[0].held == (HELD["number"], HELD["pair"])
    run.answer("delete-a", CallResult.DONE)

    assert isinstance(first, ReleaseRequested)
    assert (first.request_id, first.held) == (REF, (NEW,))
    last = run.published[-1]
    assert isinstance(last, ReleaseRequested)
    assert (last.request_id, last.held) == ("assign", ())


def test_a_refusal_of_a_later_step_is_a_failure_of_its_step_alone() -> None:
    run = a_run(assigning(OnFailure.PEOPLE))

    run.handle(a_refusal())
    assert (run.state, run.step(REF)) == (PlanState.RUNNING, StepState.FALLOUT)
    run.decide(FalloutAction.RETRY, REF)

    requests = [each for each in run.published if isinstance(each, AssignmentRequested)]
    assert [each.request_id for each in requests] == [REF, REF]
    assert requests[0] == requests[1]


def test_a_refusal_of_a_later_step_turns_the_plan_back() -> None:
    run = a_run(assigning())

    run.handle(a_refusal())
    run.answer("create-b", CallResult.DONE)

    assert run.state is PlanState.UNDOING
    assert run.update.plan.failure
    assert (run.update.plan.failure.code, run.update.plan.failure.step) == ("none-free", REF)


def test_an_assignment_that_is_taken_out_is_released_and_the_plan_runs_on() -> None:
    run = a_run(assigning())
    run.handle(an_answer())

    run.handle(PlanRevision(2, compensate=frozenset({REF})))
    run.handle(ResourcesReleased(order_id=ORDER_ID, request_id=REF, held=(NEW,)))
    run.answer("create-b", CallResult.DONE)

    assert run.state is PlanState.COMPLETED
    assert run.update.plan.items[0].held == (HELD["number"], HELD["pair"])


def test_what_an_undone_step_had_got_does_not_come_back_with_the_undo_of_a_release() -> None:
    released = BlueprintStep(
        name="less", kind=StepKind.RELEASE, needs=(BlueprintNeed(kind="number"),)
    )
    run = PlanRun(a_call("a"), a_call("b", "a"))
    run.handle(
        PlanRevision(
            1, add=(assigning(after=("assign",)), AddedStep("1", released, after=("assign",)))
        )
    )
    run.handle(an_answer())
    given_up = ItemHoldings(item_id="1", service_id=ITEM.service_id, held=(), pre_released=(NEW,))
    less = "1/less@1"
    run.handle(ResourcesAssigned(order_id=ORDER_ID, items=(given_up,), request_id=less))

    run.handle(PlanRevision(2, compensate=frozenset({REF, less})))
    run.handle(ResourcesReleased(order_id=ORDER_ID, request_id=REF, held=(NEW,)))
    run.handle(ResourcesReleased(order_id=ORDER_ID, request_id=less, held=(NEW,)))

    (item,) = run.update.plan.items
    assert (item.held, item.pre_released) == ((HELD["number"], HELD["pair"]), ())


@pytest.mark.parametrize("request_id", ["1/a", "1/unknown"])
def test_an_answer_to_no_request_of_the_plan_raises(request_id: str) -> None:
    run = a_run(assigning())

    with pytest.raises(PoisonError):
        advance(run.update.plan, an_answer(request_id))
