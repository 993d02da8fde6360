"""The one table of a plan: what it does when it hears something.

Each row stands for an event that meets a step in some state. A forward step stands
next to its undo. What comes late or crosses something else is a row that changes
nothing; what can never be legal raises.
"""

from dataclasses import dataclass
from typing import Never, TypeAlias, assert_never

from services.provisioning.domain.fallout import actions
from services.provisioning.domain.fallout.actions import FalloutDecision
from services.provisioning.domain.plan import compensation, execution
from services.provisioning.domain.plan.plan import (
    Plan,
    PlanFailure,
    PlanItem,
    PlanState,
    PlanStep,
    StepFailure,
    StepState,
    find_call_target,
    rounds_of,
)
from services.provisioning.domain.plan.plan_change import PlanChange, PlanDecision
from services.provisioning.domain.plan.templates import fill_text
from services.provisioning.domain.scheduled_messages import PauseEnded
from shared.calls.outbound_call import CallResult, OutboundCallEnded
from shared.contracts import (
    ItemHoldings,
    ResourcesAssigned,
    ResourcesRefused,
    ResourcesReleased,
)
from shared.errors import PoisonError


@dataclass(frozen=True, slots=True)
class WorkOrderAccepted:
    """A crew is at a step's work order."""

    ref: str
    undo: bool
    round: int


@dataclass(frozen=True, slots=True)
class WorkOrderReported:
    """A crew has done a step's work order."""

    ref: str
    undo: bool
    round: int


@dataclass(frozen=True, slots=True)
class WorkOrderReturned:
    """A crew came back with a reason; the work order is not done."""

    ref: str
    undo: bool
    round: int
    reason: str


STATE_UNDER_WAY = {False: StepState.RUNNING, True: StepState.UNDOING}
"""The state of a step that is being done, and of one that is being undone."""

WorkOrderEvent: TypeAlias = WorkOrderAccepted | WorkOrderReported | WorkOrderReturned
ResourcesAnswer: TypeAlias = ResourcesAssigned | ResourcesRefused | ResourcesReleased
PlanEvent: TypeAlias = (
    ResourcesAnswer | OutboundCallEnded | WorkOrderEvent | PauseEnded | FalloutDecision
)


def advance(plan: Plan, event: PlanEvent) -> PlanDecision:
    """Move a plan on by one event.

    Raises:
        PoisonError: if the event can never be legal for this plan.
        ConflictError: if people decided something that is not possible now.
    """
    plan_change = PlanChange(plan)
    match event:
        case ResourcesAssigned() | ResourcesRefused() | ResourcesReleased():
            apply_resources_answer(plan_change, event)
        case OutboundCallEnded():
            apply_element_answer(plan_change, event)
        case WorkOrderAccepted() | WorkOrderReported() | WorkOrderReturned():
            apply_crew_answer(plan_change, event)
        case PauseEnded(step=ref):
            end_pause(plan_change, ref)
        case FalloutDecision():
            actions.apply_decision(plan_change, event)
        case _:
            assert_never(event)
    continue_plan(plan_change)
    return plan_change.to_decision()


def continue_plan(plan_change: PlanChange) -> None:
    """Do what follows: begin what has become ready, or undo what may be undone."""
    if plan_change.state is PlanState.RUNNING:
        execution.start_ready_steps(plan_change)
    if plan_change.state is PlanState.UNDOING:
        compensation.undo_ready_steps(plan_change)


def apply_resources_answer(plan_change: PlanChange, answer: ResourcesAnswer) -> None:
    """Take what resources answered for the whole order; its step is the first."""
    step = (
        plan_change.steps[0]
        if plan_change.steps
        else reject_impossible_event(plan_change.plan, answer.type)
    )
    match step.state, answer:
        case StepState.RUNNING, ResourcesAssigned(items=holdings):
            plan_change.items = items_with_holdings(plan_change.items, holdings)
            execution.complete_step(plan_change, 0)

        case StepState.UNDOING, ResourcesReleased():
            compensation.mark_undone(plan_change, 0)

        case StepState.RUNNING, ResourcesRefused(code=code, reason=reason):
            plan_change.update_step(0, state=StepState.FAILED)
            plan_change.fail(PlanFailure(code=code, reason=reason, step=step.ref))

        case StepState.DONE | StepState.UNDOING | StepState.UNDONE, ResourcesAssigned():
            """Known already."""

        case StepState.FAILED, ResourcesRefused():
            """Known already."""

        case StepState.UNDONE, ResourcesReleased():
            """Known already."""

        case _:
            reject_impossible_event(plan_change.plan, answer.type, step)


def items_with_holdings(
    items: tuple[PlanItem, ...], holdings: tuple[ItemHoldings, ...]
) -> tuple[PlanItem, ...]:
    """Return the items with what each of them holds."""
    of = {each.item_id: (each.held, each.local_network) for each in holdings}
    return tuple(item.with_holdings(*of.get(item.id, ((), ""))) for item in items)


def apply_element_answer(plan_change: PlanChange, answer: OutboundCallEnded) -> None:
    """Take the outcome of a call; one that comes late, when the step has gone on, is nothing."""
    place = find_call_target(plan_change.plan, answer.attempt_id) or reject_impossible_event(
        plan_change.plan, answer.type
    )
    step = plan_change.steps[place.position]
    if place.is_current and step.state is STATE_UNDER_WAY[place.undo]:
        trouble = call_failure(plan_change.item_of(step), step, answer, undo=place.undo)
        (apply_undo_call_result if place.undo else apply_call_result)(
            plan_change, place.position, answer, trouble
        )


def apply_call_result(
    plan_change: PlanChange, position: int, answer: OutboundCallEnded, trouble: StepFailure
) -> None:
    """Take what came of a call that was to do a step."""
    match answer.result:
        case CallResult.DONE:
            execution.complete_step(plan_change, position)
        case CallResult.REFUSED:
            plan_change.count_refusal(position)
            execution.fail_step(plan_change, position, trouble)
        case CallResult.FAILED:
            execution.fail_step(plan_change, position, trouble)
        case CallResult.UNDECIDED:
            execution.mark_outcome_unknown(plan_change, position, trouble)


def apply_undo_call_result(
    plan_change: PlanChange, position: int, answer: OutboundCallEnded, trouble: StepFailure
) -> None:
    """Take what came of a call that was to undo a step."""
    match answer.result:
        case CallResult.DONE:
            compensation.mark_undone(plan_change, position)
        case CallResult.REFUSED if (
            answer.code in plan_change.steps[position].blueprint.nothing_to_undo
        ):
            compensation.mark_undone(plan_change, position)
        case CallResult.REFUSED:
            plan_change.count_refusal(position)
            compensation.mark_undo_failed(plan_change, position, trouble)
        case CallResult.FAILED:
            compensation.mark_undo_failed(plan_change, position, trouble)
        case CallResult.UNDECIDED:
            compensation.mark_undo_failed(plan_change, position, trouble, unsure=True)


def call_failure(
    item: PlanItem, step: PlanStep, answer: OutboundCallEnded, *, undo: bool
) -> StepFailure:
    """Say in plain words what an element's answer means for a step."""
    who = fill_text(step.blueprint.element, item)
    what = {
        CallResult.DONE: "done",
        CallResult.REFUSED: f"{who} refused",
        CallResult.FAILED: f"{who} could not be reached, and nothing was done",
        CallResult.UNDECIDED: f"nobody can tell whether {who} did it",
    }[answer.result]
    reason = f"{'undo: ' if undo else ''}{step.title}: {what}"
    code = answer.code or answer.result
    return StepFailure(code=code, reason=reason, answer=answer.detail, undoing=undo)


def apply_crew_answer(plan_change: PlanChange, answer: WorkOrderEvent) -> None:
    """Take what a crew says about a work order."""
    position = plan_change.plan.position(answer.ref)
    if position is None:
        reject_impossible_event(plan_change.plan, type(answer).__name__)
    step = plan_change.steps[position]
    match answer:
        case _ if is_late(step, answer):
            """Late: the step has gone on, or another crew was sent out."""

        case WorkOrderAccepted():
            plan_change.update_step(position, accepted=True)

        case WorkOrderReported() if answer.undo:
            compensation.mark_undone(plan_change, position)

        case WorkOrderReported():
            execution.complete_step(plan_change, position)

        case WorkOrderReturned() if answer.undo:
            compensation.redispatch_undo(plan_change, position, return_failure(step, answer))

        case WorkOrderReturned():
            execution.redispatch(plan_change, position, return_failure(step, answer))


def is_late(step: PlanStep, answer: WorkOrderEvent) -> bool:
    """Tell whether a step does not wait for this crew any more."""
    is_awaited = step.state is STATE_UNDER_WAY[answer.undo]
    return not is_awaited or rounds_of(step, undo=answer.undo) != answer.round


def return_failure(step: PlanStep, answer: WorkOrderReturned) -> StepFailure:
    """Say in plain words that a crew came back."""
    undo = "undo: " if answer.undo else ""
    return StepFailure(
        code="returned",
        reason=f"{undo}{step.title}: the work order was returned",
        answer=answer.reason,
        undoing=answer.undo,
    )


def end_pause(plan_change: PlanChange, ref: str) -> None:
    """Go on after a wait, unless it was called off or decided meanwhile."""
    position = plan_change.plan.position(ref)
    if position is None:
        reject_impossible_event(plan_change.plan, PauseEnded.type)
    if plan_change.steps[position].state is StepState.RUNNING:
        execution.complete_step(plan_change, position)


def reject_impossible_event(plan: Plan, event: str, step: PlanStep | None = None) -> Never:
    """Refuse an event that no way of things can bring."""
    where = f"{step.ref} is {step.state}" if step else "none of its steps is meant"
    message = f"plan {plan.order_id} is {plan.state}, {where}: it can never hear {event}"
    raise PoisonError(message)
