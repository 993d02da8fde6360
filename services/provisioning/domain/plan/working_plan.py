"""The working copy of a plan while one event is applied, and the update it ends in."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, NamedTuple
from uuid import UUID

import msgspec

from services.provisioning.domain.plan.attempts import Attempt, call_id, operation_id
from services.provisioning.domain.plan.modes import (
    GIVEN_UP_STATES,
    NEXT_MODES,
    ModeChange,
    UndoScope,
    undo_scope,
)
from services.provisioning.domain.plan.needs import step_needs
from services.provisioning.domain.plan.plan import (
    Plan,
    PlanFailure,
    PlanItem,
    PlanState,
    PlanStep,
    StepState,
)
from services.provisioning.domain.plan.templates import call_parameters, values_of_step
from services.provisioning.domain.plan.waits import awaited_date
from shared.calls.outbound_call import OutboundCall
from shared.contracts import (
    AssignmentRequested,
    CompletedService,
    Message,
    ReleaseRequested,
    ServiceCompleted,
    ServiceFailed,
    ServiceHeld,
    ServiceResumed,
    business_action_name,
)


class WorkOrderRequest(NamedTuple):
    """A work order that is to be dispatched."""

    item: PlanItem
    step: PlanStep
    undo: bool


class StepTimer(NamedTuple):
    """A time that has to pass before a step is done."""

    ref: str
    length: timedelta
    since: datetime | None = None
    """From when on; null for the present."""


@dataclass(frozen=True, slots=True)
class PlanUpdate:
    """The changed plan, with the messages, calls and work orders that it causes."""

    plan: Plan
    messages: tuple[Message, ...] = ()
    calls: tuple[OutboundCall, ...] = ()
    work_order_requests: tuple[WorkOrderRequest, ...] = ()
    voided: tuple[UUID, ...] = ()
    """Work orders that are no longer needed."""

    timers: tuple[StepTimer, ...] = ()


class WorkingPlan:
    """A plan's working copy. It is discarded after the update."""

    def __init__(self, plan: Plan) -> None:
        self.plan = plan
        self.state = plan.state
        self.items = plan.items
        self.failure = plan.failure
        self.revision = plan.revision
        self.steps = {step.ref: step for step in plan.steps}
        """The steps by reference, each behind its predecessors."""

        self.messages: list[Message] = []
        self.calls: list[OutboundCall] = []
        self.work_order_requests: list[WorkOrderRequest] = []
        self.voided: list[UUID] = []
        self.timers: list[StepTimer] = []

    def update_step(self, ref: str, **changes: Any) -> None:  # noqa: ANN401  a step's fields
        """Change a step."""
        self.steps[ref] = msgspec.structs.replace(self.steps[ref], **changes)

    def is_to_be_undone(self, step: PlanStep) -> bool:
        """Tell whether a step is to be undone, so that its execution is not repeated."""
        return undo_scope(self.state) is UndoScope.ALL or step.is_dropped

    def change_mode(self, mode_change: ModeChange) -> None:
        """Change the mode of the plan, and publish its end."""
        self.state = NEXT_MODES[self.state][mode_change]
        if self.state is PlanState.COMPLETED:
            services = tuple(completed_service(item) for item in self.items)
            self.messages.append(ServiceCompleted(order_id=self.plan.order_id, services=services))
        elif self.state in GIVEN_UP_STATES:
            self.messages.append(failed_message(self.plan.order_id, self.failure))

    def item_of(self, step: PlanStep) -> PlanItem:
        """Return the item that a step belongs to."""
        return next(each for each in self.items if each.id == step.item_id)

    def count_refusal(self, ref: str) -> None:
        """Count a refusal: the element now refuses this operation id always."""
        self.update_step(ref, refusals=self.steps[ref].refusals + 1)

    def start_round(self, ref: str, *, undo: bool) -> PlanStep:
        """Start a new round of a step, to execute or to undo it."""
        step = self.steps[ref]
        if undo:
            rounds = {"state": StepState.UNDOING, "undo_rounds": step.undo_rounds + 1}
        else:
            rounds = {"state": StepState.RUNNING, "rounds": step.rounds + 1}
        self.update_step(ref, accepted=False, **rounds)
        return self.steps[ref]

    def call_element(self, ref: str, *, undo: bool) -> None:
        """Call a step's element, to execute or to undo the step."""
        self.keep_values(ref)
        step = self.start_round(ref, undo=undo)
        self.calls.append(outbound_call(self.plan, self.item_of(step), step, undo=undo))

    def keep_values(self, ref: str) -> None:
        """Keep how a step is carried out, for its undo, if holdings of the items may change."""
        step = self.steps[ref]
        if any(each.item_id and each.requests_resources for each in self.steps.values()):
            self.update_step(ref, filled=values_of_step(step, self.item_of(step)))

    def request_assignment(self, ref: str) -> None:
        """Request what a step assigns or gives up. Its reference is the request's id.

        A request that was answered before the database was restored is not made again.
        """
        step, plan = self.steps[ref], self.plan
        items = (step_needs(step, self.item_of(step)),) if step.item_id else step.needs
        request = AssignmentRequested(
            order_id=plan.order_id, client=plan.client, items=items, request_id=ref
        )
        if step.early_answer is None:
            self.messages.append(request)
        self.update_step(ref, state=StepState.RUNNING, needs=())

    def request_release(self, ref: str) -> None:
        """Request that what a step has reserved is freed, and the rest taken back into use."""
        self.update_step(ref, state=StepState.UNDOING)
        step, order_id = self.steps[ref], self.plan.order_id
        held = (*step.held, *step.pre_released)
        self.messages.append(ReleaseRequested(order_id=order_id, request_id=ref, held=held))

    def dispatch_crew(self, ref: str, *, undo: bool) -> None:
        """Dispatch a work order for a step, or for its undo."""
        self.keep_values(ref)
        step = self.start_round(ref, undo=undo)
        self.work_order_requests.append(WorkOrderRequest(self.item_of(step), step, undo))

    def start_wait(self, ref: str) -> None:
        """Start a step that waits, and the timer that ends it."""
        self.update_step(ref, state=StepState.RUNNING)
        step = self.steps[ref]
        since = awaited_date(step.blueprint, self.item_of(step))
        self.timers.append(StepTimer(ref, timedelta(seconds=step.blueprint.wait_s), since))

    def refuse(self, failure: PlanFailure) -> None:
        """End the plan as failed before anything was done."""
        self.failure = failure
        self.change_mode(ModeChange.REFUSE)

    def changed_plan(self) -> Plan:
        """Return the changed plan."""
        steps = tuple(self.steps.values())
        return self.plan.updated(self.state, self.items, steps, self.failure, self.revision)

    def to_plan_update(self) -> PlanUpdate:
        """Return the update: the changed plan and all that it causes."""
        plan = self.changed_plan()
        was_held, is_held = self.plan.is_in_fallout, plan.is_in_fallout
        if was_held and not is_held:
            self.messages.insert(0, make_resumed_message(self.plan))
        if is_held and not was_held:
            self.messages.append(make_held_message(plan))
        return PlanUpdate(
            plan=plan,
            messages=tuple(self.messages),
            calls=tuple(self.calls),
            work_order_requests=tuple(self.work_order_requests),
            voided=tuple(self.voided),
            timers=tuple(self.timers),
        )


def outbound_call(plan: Plan, item: PlanItem, step: PlanStep, *, undo: bool) -> OutboundCall:
    """Return the call that executes or undoes a step.

    If the outcome of an earlier call is unknown, the element is queried first.
    """
    blueprint, attempt = step.blueprint, Attempt.current(step, undo=undo)
    values = values_of_step(step, item)
    return OutboundCall(
        id=call_id(plan.order_id, attempt),
        operation_id=operation_id(plan.order_id, step, undo=undo),
        order_id=plan.order_id,
        tenant=plan.tenant,
        element=values.element,
        kind=blueprint.undo if undo else blueprint.operation,
        subject=str(item.service_id),
        parameters=call_parameters(step, values, undo=undo),
        priority=plan.priority,
        max_tries=blueprint.tries,
        timeout=timedelta(seconds=blueprint.timeout_s),
        doubtful=step.unsure,
        step=attempt.step,
        undo=attempt.undo,
        round=attempt.round,
    )


def completed_service(item: PlanItem) -> CompletedService:
    """Return the service of a completed item."""
    return CompletedService(
        item_id=item.id,
        action=item.action,
        business_action=business_action_name(item),
        product_id=item.product_id,
        service_id=item.service_id,
        specification=item.specification,
        blueprint_version=item.blueprint_version,
        held=item.held,
        local_network=item.local_network,
        pre_released=item.pre_released,
    )


def failed_message(order_id: UUID, failure: PlanFailure | None) -> ServiceFailed:
    """Return the message that nothing of a plan is left in the network, and why."""
    assert failure
    return ServiceFailed(
        order_id=order_id, code=failure.code, reason=failure.reason, step=failure.step
    )


def make_held_message(plan: Plan) -> ServiceHeld:
    """Return the message that the plan is now in fallout, and why."""
    step = next(each for each in plan.steps if each.state is StepState.FALLOUT)
    assert step.trouble
    failure = step.trouble
    return ServiceHeld(
        order_id=plan.order_id, step=step.ref, code=failure.code, reason=failure.reason
    )


def make_resumed_message(before: Plan) -> ServiceResumed:
    """Return the message that a plan has left fallout; `before` is the plan that was in it."""
    step = next(each for each in before.steps if each.state is StepState.FALLOUT)
    return ServiceResumed(order_id=before.order_id, step=step.ref)
