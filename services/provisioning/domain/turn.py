"""One turn of a plan: what changes when it hears something, while that is worked out."""

from dataclasses import dataclass
from datetime import timedelta
from typing import Any, NamedTuple
from uuid import UUID

import msgspec

from services.provisioning.domain.filling import fill_text, parameters_of
from services.provisioning.domain.plan import (
    Failure,
    Item,
    Plan,
    PlanState,
    Step,
    StepState,
    attempt_id,
    operation_id,
    rounds_of,
)
from shared.calls.outbound_call import Attempt
from shared.contracts import (
    CompletedService,
    Message,
    ServiceCompleted,
    ServiceFailed,
    ServiceHeld,
    ServiceResumed,
)


class Job(NamedTuple):
    """Work that people are to be sent out for."""

    item: Item
    step: Step
    undo: bool


class Pause(NamedTuple):
    """A time that has to pass before a step is done."""

    ref: str
    length: timedelta


@dataclass(frozen=True, slots=True)
class Decision:
    """The plan as it is from now on, and what that sets going."""

    plan: Plan
    tell: tuple[Message, ...] = ()
    calls: tuple[Attempt, ...] = ()
    jobs: tuple[Job, ...] = ()
    voided: tuple[UUID, ...] = ()
    """Work orders that nobody needs to begin any more."""

    pauses: tuple[Pause, ...] = ()


class Turn:
    """A plan's working copy. Nothing of it outlives the decision."""

    def __init__(self, plan: Plan) -> None:
        self.plan = plan
        self.state = plan.state
        self.items = plan.items
        self.failure = plan.failure
        self.steps = list(plan.steps)
        self.tell: list[Message] = []
        self.calls: list[Attempt] = []
        self.jobs: list[Job] = []
        self.voided: list[UUID] = []
        self.pauses: list[Pause] = []

    def change(self, position: int, **changes: Any) -> None:  # noqa: ANN401  a step's fields
        """Change a step."""
        self.steps[position] = msgspec.structs.replace(self.steps[position], **changes)

    def item_of(self, step: Step) -> Item:
        """Return the item that a step belongs to."""
        return next(each for each in self.items if each.id == step.item_id)

    def refused(self, position: int) -> None:
        """Note that a step's element said no, and will say so of this operation for ever."""
        self.change(position, refusals=self.steps[position].refusals + 1)

    def send_for(self, position: int, *, undo: bool) -> Step:
        """Note that somebody is sent for a step, to do it or to undo it."""
        step = self.steps[position]
        if undo:
            rounds = {"state": StepState.UNDOING, "undo_rounds": step.undo_rounds + 1}
        else:
            rounds = {"state": StepState.RUNNING, "rounds": step.rounds + 1}
        self.change(position, accepted=False, **rounds)
        return self.steps[position]

    def call(self, position: int, *, undo: bool) -> None:
        """Have a step's element do it, or undo it."""
        step = self.send_for(position, undo=undo)
        self.calls.append(attempt_of(self.plan, self.item_of(step), step, undo=undo))

    def dispatch(self, position: int, *, undo: bool) -> None:
        """Send people out for a step, or to undo it."""
        step = self.send_for(position, undo=undo)
        self.jobs.append(Job(self.item_of(step), step, undo))

    def complete(self) -> None:
        """End the plan: everything is as ordered."""
        self.state = PlanState.COMPLETED
        services = tuple(completed(item) for item in self.items)
        self.tell.append(ServiceCompleted(order_id=self.plan.order_id, services=services))

    def fail(self, failure: Failure) -> None:
        """End the plan: nothing is as ordered, and nothing is left of it."""
        self.state, self.failure = PlanState.FAILED, failure
        self.tell.append(
            ServiceFailed(
                order_id=self.plan.order_id,
                code=failure.code,
                reason=failure.reason,
                step=failure.step,
            )
        )

    def decide(self) -> Decision:
        """Return what it all came to."""
        plan = self.plan.moved(self.state, self.items, tuple(self.steps), self.failure)
        was_held, is_held = self.plan.is_held, plan.is_held
        if was_held and not is_held:
            self.tell.insert(0, resumed(self.plan))
        if is_held and not was_held:
            self.tell.append(held(plan))
        return Decision(
            plan=plan,
            tell=tuple(self.tell),
            calls=tuple(self.calls),
            jobs=tuple(self.jobs),
            voided=tuple(self.voided),
            pauses=tuple(self.pauses),
        )


def attempt_of(plan: Plan, item: Item, step: Step, *, undo: bool) -> Attempt:
    """Return the call that does, or undoes, a step.

    When nobody knows what became of an earlier one, the element is asked first.
    """
    drawn = step.blueprint
    return Attempt(
        id=attempt_id(plan.order_id, step, rounds_of(step, undo=undo), undo=undo),
        operation_id=operation_id(plan.order_id, step, undo=undo),
        order_id=plan.order_id,
        tenant=plan.tenant,
        element=fill_text(drawn.element, item),
        kind=drawn.undo if undo else drawn.operation,
        subject=str(item.service_id),
        parameters=parameters_of(drawn, item),
        priority=plan.priority,
        max_tries=drawn.tries,
        timeout=timedelta(seconds=drawn.timeout_s),
        doubtful=step.unsure,
    )


def completed(item: Item) -> CompletedService:
    """Return what became of an item's service."""
    return CompletedService(
        item_id=item.id,
        action=item.action,
        product_id=item.product_id,
        service_id=item.service_id,
        specification=item.specification,
        blueprint_version=item.blueprint_version,
        held=item.held,
        local_network=item.local_network,
    )


def held(plan: Plan) -> ServiceHeld:
    """Tell that the plan now stops for people, and why."""
    step = next(each for each in plan.steps if each.state is StepState.FALLOUT)
    assert step.trouble
    why = step.trouble
    return ServiceHeld(order_id=plan.order_id, step=step.ref, code=why.code, reason=why.reason)


def resumed(before: Plan) -> ServiceResumed:
    """Tell that the plan goes on, which had stopped for people."""
    step = next(each for each in before.steps if each.state is StepState.FALLOUT)
    return ServiceResumed(order_id=before.order_id, step=step.ref)
