"""What single needs get and give up in a plan, and how its steps are undone afterwards."""

import msgspec
import pytest

from services.provisioning.domain.blueprint.blueprint import (
    BlueprintNeed,
    BlueprintStep,
    OnFailure,
    StepKind,
)
from services.provisioning.domain.fallout.actions import FalloutAction
from services.provisioning.domain.plan.assignment import with_first_holdings
from services.provisioning.domain.plan.needs import step_needs
from services.provisioning.domain.plan.plan import PlanState, PlanStep, StepState
from services.provisioning.domain.plan.revision import PlanRevision
from services.provisioning.domain.service import changed_elements
from shared.calls.outbound_call import CallResult
from shared.contracts import (
    AssignmentRequested,
    BusinessAction,
    Characteristic,
    Held,
    ItemHoldings,
    Need,
    NeedEffect,
    RefusalCode,
    ReleaseRequested,
    ResourcesAssigned,
    ResourcesRefused,
    ResourcesReleased,
    ServiceCompleted,
)
from tests.provisioning.builders import (
    HELD,
    ORDER_ID,
    a_blueprint,
    a_call,
    accepted,
    an_item,
    for_action,
    planned,
)
from tests.provisioning.plan_run import PlanRun
from tests.provisioning.test_assign_steps import ITEM, NEW, assigning

CALL_WITH_OLD = msgspec.structs.replace(
    a_call("c", "swap"), parameters=(Characteristic(name="old", value="$before.number.value"),)
)
OLD = HELD["number"]
SWAPPED = ItemHoldings(
    item_id="1", service_id=ITEM.service_id, held=(NEW,), kept=(HELD["pair"],), pre_released=(OLD,)
)


def a_step(name: str, kind: StepKind, need: BlueprintNeed, *after: str) -> BlueprintStep:
    return BlueprintStep(name=name, kind=kind, needs=(need,), after=after or ("assign",))


def a_swap_run() -> PlanRun:
    """Return a plan that has swapped its number, and calls an element about the old one."""
    swap = BlueprintNeed(kind="number", effect=NeedEffect.SWAP)
    run = PlanRun(a_step("swap", StepKind.ASSIGN, swap), CALL_WITH_OLD)
    run.handle(ResourcesAssigned(order_id=ORDER_ID, items=(SWAPPED,), request_id="1/swap"))
    return run


def test_a_step_of_a_blueprint_requests_its_own_needs_with_their_effects() -> None:
    swap = BlueprintNeed(kind="number", picked="+862580000009", effect=NeedEffect.SWAP)
    pair = BlueprintNeed(kind="pair")
    run = PlanRun(
        a_step("swap", StepKind.ASSIGN, swap), a_step("give-up", StepKind.RELEASE, pair, "swap")
    )
    run.handle(ResourcesAssigned(order_id=ORDER_ID, items=(SWAPPED,), request_id="1/swap"))

    requests = [each for each in run.published if isinstance(each, AssignmentRequested)]
    assert [each.request_id for each in requests] == ["1/swap", "1/give-up"]
    assert [need for each in requests for item in each.items for need in item.needs] == [
        Need(kind="number", picked="+862580000009", effect=NeedEffect.SWAP),
        Need(kind="pair", effect=NeedEffect.PRE_RELEASE),
    ]


def test_an_item_knows_what_it_gives_up_until_its_order_completes() -> None:
    run = a_swap_run()

    item = run.update.plan.items[0]
    assert (item.held, item.pre_released) == ((NEW, HELD["pair"]), (OLD,))
    assert run.calls[-1].parameters == (Characteristic(name="old", value=OLD.value),)
    run.answer("create-c", CallResult.DONE)

    completed = run.published[-1]
    assert isinstance(completed, ServiceCompleted)
    assert completed.services[0].held == (NEW, HELD["pair"])


def test_the_undo_of_a_step_frees_what_it_reserved_and_gives_back_what_it_gave_up() -> None:
    run = a_swap_run()

    run.answer("create-c", CallResult.REFUSED)
    release = run.published[-1]
    run.handle(ResourcesReleased(order_id=ORDER_ID, request_id="1/swap", held=(NEW, OLD)))

    assert isinstance(release, ReleaseRequested)
    assert (release.request_id, release.held) == ("1/swap", (NEW, OLD))
    item = run.update.plan.items[0]
    assert (item.held, item.pre_released) == ((HELD["pair"], OLD), ())


def test_the_first_step_gives_an_item_what_it_keeps_and_gives_up() -> None:
    holdings = msgspec.structs.replace(SWAPPED, local_network="025")

    item = with_first_holdings(ITEM, holdings)

    assert (item.held, item.pre_released) == ((NEW, HELD["pair"]), (OLD,))
    assert item.local_network == "025"


def test_a_later_step_requests_resources_where_the_first_found_its_address() -> None:
    step = PlanStep(blueprint=assigning().blueprint, item_id="1")

    assert step_needs(step, ITEM.with_holdings((), "025")).local_network == "025"


def test_a_disconnection_whose_needs_name_effects_gives_up_nothing_else() -> None:
    kept = BlueprintNeed(kind="number", effect=NeedEffect.KEEP)
    ending = for_action(a_blueprint(), BusinessAction.DISCONNECT)
    order = accepted(an_item(action=BusinessAction.DISCONNECT))

    (all_of_it,) = planned(ending, order).messages
    (named,) = planned(msgspec.structs.replace(ending, needs=(kept,)), order).messages

    assert isinstance(all_of_it, AssignmentRequested)
    assert isinstance(named, AssignmentRequested)
    assert [all_of_it.items[0].needs, named.items[0].needs] == [
        (),
        (Need(kind="number", effect=NeedEffect.KEEP),),
    ]


def test_a_later_step_of_a_service_that_ends_requests_its_own_needs_alone() -> None:
    ending = for_action(a_blueprint(), BusinessAction.DISCONNECT)
    order = accepted(an_item(action=BusinessAction.DISCONNECT))
    item = planned(ending, order).plan.items[0]
    step = PlanStep(blueprint=a_step("more", StepKind.ASSIGN, BlueprintNeed(kind="pair")))

    assert step_needs(step, item).needs == (Need(kind="pair"),)


NEW_LEG = Held(kind="leg", value="NJ-XW-SP002/1", element="NJ-XW-OLT02")
TWO_LEGS = (
    a_call("first", element="$leg.element"),
    a_step("move", StepKind.ASSIGN, BlueprintNeed(kind="leg", effect=NeedEffect.SWAP), "first"),
    a_call("second", "move", element="$leg.element"),
)
MOVED = ResourcesAssigned(
    order_id=ORDER_ID,
    request_id="1/move",
    items=(
        ItemHoldings(
            item_id="1",
            service_id=ITEM.service_id,
            held=(NEW_LEG,),
            pre_released=(HELD["leg"],),
        ),
    ),
)


def a_moved_run() -> PlanRun:
    """Return a plan that has changed an element, then its line, then another element."""
    run = PlanRun(*TWO_LEGS, needs=("leg",))
    run.answer("create-first", CallResult.DONE)
    run.handle(MOVED)
    return run


def test_a_step_is_undone_where_it_was_done_whatever_its_item_holds_then() -> None:
    run = a_moved_run()
    run.answer("create-second", CallResult.REFUSED)
    run.handle(ResourcesReleased(order_id=ORDER_ID, request_id="1/move"))

    assert [(call.kind, call.element) for call in run.calls] == [
        ("create-first", "NJ-XW-OLT01"),
        ("create-second", "NJ-XW-OLT02"),
        ("delete-first", "NJ-XW-OLT01"),
    ]


def test_a_service_is_on_all_elements_that_were_changed_for_it() -> None:
    run = a_moved_run()
    run.answer("create-second", CallResult.DONE)
    plan = run.update.plan

    assert list(changed_elements(plan, plan.items[0])) == ["NJ-XW-OLT01", "NJ-XW-OLT02"]


def test_a_started_step_keeps_its_values_when_a_revision_adds_an_assignment() -> None:
    run = PlanRun(a_call("first", element="$leg.element"), a_call("b"), needs=("leg",))
    run.answer("create-first", CallResult.DONE)
    step = run.update.plan.step("1/first")
    assert step
    assert step.filled is None

    run.handle(PlanRevision(1, add=(assigning(after=("1/first",)),)))

    step = run.update.plan.step("1/first")
    assert step
    assert step.filled
    assert step.filled.element == "NJ-XW-OLT01"


@pytest.mark.parametrize("is_refused", [False, True])
def test_an_answer_that_comes_before_its_step_is_applied_when_the_step_starts(
    *, is_refused: bool
) -> None:
    """The database was restored: the request has its old message id, and is not answered again."""
    run = PlanRun(*TWO_LEGS, needs=("leg",))
    code = RefusalCode.NONE_FREE
    refused = ResourcesRefused(order_id=ORDER_ID, request_id="1/move", code=code, reason="none")

    run.handle(refused if is_refused else MOVED)
    assert run.step("1/move") is StepState.WAITING
    run.answer("create-first", CallResult.DONE)

    if is_refused:
        assert run.state is PlanState.UNDOING
        assert run.calls[-1].kind == "delete-first"
    else:
        assert run.step("1/move") is StepState.DONE
        assert (run.calls[-1].kind, run.calls[-1].element) == ("create-second", "NJ-XW-OLT02")


def test_a_release_that_is_refused_can_be_retried_or_skipped() -> None:
    need = BlueprintNeed(kind="pair")
    step = BlueprintStep(
        name="give-up",
        kind=StepKind.RELEASE,
        needs=(need,),
        after=("assign",),
        on_failure=OnFailure.PEOPLE,
    )
    run = PlanRun(step)
    refused = ResourcesRefused(
        order_id=ORDER_ID, request_id="1/give-up", code=RefusalCode.NOT_HELD, reason="none"
    )

    run.handle(refused)
    run.decide(FalloutAction.RETRY, "1/give-up")
    assert run.step("1/give-up") is StepState.RUNNING
    run.handle(refused)
    run.decide(FalloutAction.SKIP, "1/give-up")

    assert run.state is PlanState.COMPLETED
