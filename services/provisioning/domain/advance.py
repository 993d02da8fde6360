"""The state table of a plan: what an event does to it.

Each row is an event and the state of its step. An execution row stands next to its undo.
A late or crossing event is a row that changes nothing; an event that can never be legal
raises.
"""

from dataclasses import dataclass
from typing import Never, TypeAlias, assert_never

from services.provisioning.domain.fallout import actions
from services.provisioning.domain.fallout.actions import FalloutDecision
from services.provisioning.domain.plan import assignment, compensation, execution
from services.provisioning.domain.plan.assignment import ResourcesAnswer
from services.provisioning.domain.plan.attempts import (
    Attempt,
    attempt_of_unnamed_call,
    is_awaited,
    round_count,
)
from services.provisioning.domain.plan.instructions import PlanInstruction, apply_instruction
from services.provisioning.domain.plan.modes import STARTS_STEPS, UndoScope, undo_scope
from services.provisioning.domain.plan.plan import (
    Plan,
    PlanItem,
    PlanStep,
    StepFailure,
    StepState,
)
from services.provisioning.domain.plan.revision import PlanRevision, apply_revision
from services.provisioning.domain.plan.templates import fill_text
from services.provisioning.domain.plan.working_plan import PlanUpdate, WorkingPlan
from services.provisioning.domain.scheduled_messages import StepTimerExpired
from shared.calls.outbound_call import CallResult, OutboundCallEnded
from shared.contracts import (
    ResourcesAssigned,
    ResourcesRefused,
    ResourcesReleased,
)
from shared.errors import PoisonError


@dataclass(frozen=True, slots=True)
class WorkOrderAccepted:
    """A crew accepted a step's work order."""

    ref: str
    undo: bool
    round: int


@dataclass(frozen=True, slots=True)
class WorkOrderDone:
    """A crew reported the work order of a step, or of its undo, as done."""

    ref: str
    undo: bool
    round: int


@dataclass(frozen=True, slots=True)
class WorkOrderReturned:
    """A crew returned a step's work order, with a reason; it is not done."""

    ref: str
    undo: bool
    round: int
    reason: str


WorkOrderEvent: TypeAlias = WorkOrderAccepted | WorkOrderDone | WorkOrderReturned
PlanEvent: TypeAlias = (
    ResourcesAnswer
    | OutboundCallEnded
    | WorkOrderEvent
    | StepTimerExpired
    | FalloutDecision
    | PlanRevision
    | PlanInstruction
)


def advance(plan: Plan, event: PlanEvent) -> PlanUpdate:
    """Advance a plan by one event.

    Raises:
        PoisonError: if the event can never be legal for this plan.
        ConflictError: if a decision, a revision or an instruction is not possible now.
    """
    working_plan = WorkingPlan(plan)
    match event:
        case ResourcesAssigned() | ResourcesRefused() | ResourcesReleased():
            apply_resources_answer(working_plan, event)
        case OutboundCallEnded():
            apply_element_answer(working_plan, event)
        case WorkOrderAccepted() | WorkOrderDone() | WorkOrderReturned():
            apply_crew_answer(working_plan, event)
        case StepTimerExpired(step=ref):
            end_pause(working_plan, ref)
        case FalloutDecision():
            actions.apply_decision(working_plan, event)
        case PlanRevision():
            apply_revision(working_plan, event)
        case PlanInstruction():
            apply_instruction(working_plan, event)
        case _:
            assert_never(event)
    continue_plan(working_plan)
    return working_plan.to_plan_update()


def continue_plan(working_plan: WorkingPlan) -> None:
    """Start the steps that have become ready, or undo those that can be, as the mode says."""
    before = None
    while working_plan.state is not before or assignment.apply_early_answer(working_plan):
        before = working_plan.state
        if before in STARTS_STEPS:
            execution.start_ready_steps(working_plan)
        elif undo_scope(before) is not UndoScope.NOTHING:
            compensation.undo_ready_steps(working_plan)


def apply_resources_answer(working_plan: WorkingPlan, answer: ResourcesAnswer) -> None:
    """Apply the resource service's answer to the step that has requested it."""
    step = working_plan.steps.get(answer.request_id)
    if step is None or not step.requests_resources:
        reject_impossible_event(working_plan.plan, answer.type, step)
    if not assignment.apply_resources_answer(working_plan, step, answer):
        reject_impossible_event(working_plan.plan, answer.type, step)


def apply_element_answer(working_plan: WorkingPlan, answer: OutboundCallEnded) -> None:
    """Apply the outcome of a call; a late one, whose step has moved on, changes nothing."""
    attempt = attempt_of_call(working_plan.plan, answer)
    step = working_plan.steps.get(attempt.step) if attempt else None
    if not (attempt and step and attempt.round <= round_count(step, undo=attempt.undo)):
        reject_impossible_event(working_plan.plan, answer.type, step)
    if is_awaited(step, attempt):
        failure = call_failure(working_plan.item_of(step), step, answer, undo=attempt.undo)
        (apply_undo_call_result if attempt.undo else apply_call_result)(
            working_plan, step.ref, answer, failure
        )


def attempt_of_call(plan: Plan, answer: OutboundCallEnded) -> Attempt | None:
    """Return the attempt that a call belongs to, if it is one of the plan's."""
    if answer.step:
        return Attempt(answer.step, answer.undo, answer.round)
    return attempt_of_unnamed_call(plan, answer.attempt_id)


def apply_call_result(
    working_plan: WorkingPlan, ref: str, answer: OutboundCallEnded, failure: StepFailure
) -> None:
    """Apply the result of a step's call."""
    match answer.result:
        case CallResult.DONE:
            execution.complete_step(working_plan, ref)
        case CallResult.REFUSED:
            working_plan.count_refusal(ref)
            execution.fail_step(working_plan, ref, failure)
        case CallResult.FAILED:
            execution.fail_step(working_plan, ref, failure)
        case CallResult.UNDECIDED:
            execution.mark_outcome_unknown(working_plan, ref, failure)


def apply_undo_call_result(
    working_plan: WorkingPlan, ref: str, answer: OutboundCallEnded, failure: StepFailure
) -> None:
    """Apply the result of a step's undo call."""
    match answer.result:
        case CallResult.DONE:
            compensation.mark_undone(working_plan, ref)
        case CallResult.REFUSED if answer.code in working_plan.steps[ref].blueprint.nothing_to_undo:
            compensation.mark_undone(working_plan, ref)
        case CallResult.REFUSED:
            working_plan.count_refusal(ref)
            compensation.mark_undo_failed(working_plan, ref, failure)
        case CallResult.FAILED:
            compensation.mark_undo_failed(working_plan, ref, failure)
        case CallResult.UNDECIDED:
            compensation.mark_undo_failed(working_plan, ref, failure, unsure=True)


def call_failure(
    item: PlanItem, step: PlanStep, answer: OutboundCallEnded, *, undo: bool
) -> StepFailure:
    """Return an element's answer as a step failure, with the reason in plain words."""
    element = fill_text(step.blueprint.element, item)
    outcome = {
        CallResult.DONE: "done",
        CallResult.REFUSED: f"{element} refused",
        CallResult.FAILED: f"{element} could not be reached, and nothing was done",
        CallResult.UNDECIDED: f"it is unknown whether {element} did it",
    }[answer.result]
    reason = f"{'undo: ' if undo else ''}{step.title}: {outcome}"
    code = answer.code or answer.result
    return StepFailure(code=code, reason=reason, answer=answer.detail, undoing=undo)


def apply_crew_answer(working_plan: WorkingPlan, answer: WorkOrderEvent) -> None:
    """Apply a crew's answer to a work order."""
    step = working_plan.steps.get(answer.ref)
    if step is None:
        reject_impossible_event(working_plan.plan, type(answer).__name__)
    match answer:
        case _ if not is_awaited(step, Attempt(answer.ref, answer.undo, answer.round)):
            """Late: the step has moved on, or another crew was dispatched."""

        case WorkOrderAccepted():
            working_plan.update_step(step.ref, accepted=True)

        case WorkOrderDone() if answer.undo:
            compensation.mark_undone(working_plan, step.ref)

        case WorkOrderDone():
            execution.complete_step(working_plan, step.ref)

        case WorkOrderReturned() if answer.undo:
            compensation.redispatch_undo(
                working_plan, step.ref, returned_work_order_failure(step, answer)
            )

        case WorkOrderReturned():
            execution.redispatch(working_plan, step.ref, returned_work_order_failure(step, answer))


def returned_work_order_failure(step: PlanStep, answer: WorkOrderReturned) -> StepFailure:
    """Return the failure of a step whose crew returned the work order."""
    undo = "undo: " if answer.undo else ""
    return StepFailure(
        code="returned",
        reason=f"{undo}{step.title}: the work order was returned",
        answer=answer.reason,
        undoing=answer.undo,
    )


def end_pause(working_plan: WorkingPlan, ref: str) -> None:
    """Complete a waiting step, unless it was cancelled or decided meanwhile."""
    step = working_plan.steps.get(ref)
    if step is None:
        reject_impossible_event(working_plan.plan, StepTimerExpired.type)
    if step.state is StepState.RUNNING:
        execution.complete_step(working_plan, ref)


def reject_impossible_event(plan: Plan, event: str, step: PlanStep | None = None) -> Never:
    """Raise for an event that can never be legal."""
    where = f"{step.ref} is {step.state}" if step else "none of its steps matches"
    message = f"plan {plan.order_id} is {plan.state}, {where}: {event} is impossible"
    raise PoisonError(message)
