"""Simulates everything that answers a plan: resources, elements, crews, timers and operators.

It answers in any order, knows which operations were really performed, and checks the invariants
of every plan after each event.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import NamedTuple, Self, TypeAlias

from services.provisioning.domain.advance import (
    PlanEvent,
    WorkOrderAccepted,
    WorkOrderDone,
    WorkOrderReturned,
    advance,
)
from services.provisioning.domain.fallout.actions import (
    FalloutAction,
    FalloutDecision,
    possible_actions,
)
from services.provisioning.domain.plan.attempts import Attempt, attempt_of_unnamed_call, round_count
from services.provisioning.domain.plan.instructions import PlanInstruction
from services.provisioning.domain.plan.plan import (
    Plan,
    PlanState,
    PlanStep,
    StepState,
)
from services.provisioning.domain.plan.working_plan import PlanUpdate, WorkOrderRequest
from services.provisioning.domain.scheduled_messages import StepTimerExpired
from shared.calls.outbound_call import CallResult, OutboundCall, OutboundCallEnded
from shared.contracts import (
    FIRST_REQUEST,
    AssignmentRequested,
    Held,
    ItemHoldings,
    ItemNeeds,
    NeedEffect,
    RefusalCode,
    ReleaseRequested,
    ResourcesAssigned,
    ResourcesRefused,
    ResourcesReleased,
)
from tests.provisioning import plan_invariants

OpenRequest: TypeAlias = (
    OutboundCall | WorkOrderRequest | AssignmentRequested | ReleaseRequested | str
)
UNNAMED = Attempt("", undo=False, round=0)


class Operation(NamedTuple):
    """A step that was performed, or undone."""

    ref: str
    undo: bool


def answer_of(
    request: AssignmentRequested, first: ResourcesAssigned, plan: Plan
) -> ResourcesAssigned | None:
    """Return what a request gets: for the first one what is given; None if it is refused."""
    if request.request_id == FIRST_REQUEST:
        return first
    items = [
        holdings_for(item, list(plan.item(item.item_id).held), request.request_id)
        for item in request.items
    ]
    if None in items:
        return None
    return ResourcesAssigned(
        order_id=request.order_id,
        items=tuple(each for each in items if each),
        request_id=request.request_id,
    )


def holdings_for(item: ItemNeeds, held: list[Held], value: str) -> ItemHoldings | None:
    """Return what a later request does for an item; None if it holds nothing for a need."""
    reserved: list[Held] = []
    kept: list[Held] = []
    pre_released: list[Held] = []
    for need in item.needs:
        if need.effect in {None, NeedEffect.RESERVE, NeedEffect.SWAP}:
            reserved.append(Held(kind=need.kind, value=value))
        if need.effect in {NeedEffect.KEEP, NeedEffect.SWAP, NeedEffect.PRE_RELEASE}:
            found = next((each for each in held if each.kind == need.kind), None)
            if found is None:
                return None
            held.remove(found)
            (kept if need.effect is NeedEffect.KEEP else pre_released).append(found)
    return ItemHoldings(
        item_id=item.item_id,
        service_id=item.service_id,
        held=tuple(reserved),
        kept=tuple(kept),
        pre_released=tuple(pre_released),
    )


class PossibleEvent(NamedTuple):
    """An event that may happen next, and the operation that it really performs."""

    event: PlanEvent
    operation: Operation | None = None


@dataclass
class PlanEnvironment:
    """The environment of a plan, and the state of its requests."""

    plan: Plan
    assigned: ResourcesAssigned
    published: tuple[str, ...] = ()
    open: tuple[OpenRequest, ...] = ()
    """What is under way: calls, work orders, requests for resources, and the names of waits."""

    done: tuple[Operation, ...] = ()
    """The operations that were really performed, in their order."""

    decisions_left: int = 3
    """How many more fallout decisions are made before a step is left in fallout."""

    are_calls_named: bool = True
    """Answers to calls name the step, as this version stores them; not those of the previous."""

    done_by_people: frozenset[str] = frozenset()
    """Steps that operators skipped because they do them by hand."""

    @classmethod
    def of(cls, update: PlanUpdate, assigned: ResourcesAssigned, decisions_left: int = 3) -> Self:
        """Return the environment of a plan that has just begun."""
        environment = cls(update.plan, assigned, decisions_left=decisions_left)
        environment.apply_update(update)
        return environment

    @property
    def state(self) -> tuple[object, ...]:
        """Everything that its future depends on."""
        return (
            self.plan,
            frozenset(map(str, self.open)),
            frozenset(self.done),
            self.decisions_left,
        )

    def possible_events(self) -> Iterator[PossibleEvent]:
        """Yield all events that can happen now."""
        order_id = self.plan.order_id
        for each in self.open:
            match each:
                case AssignmentRequested(request_id=id_):
                    if answer := answer_of(each, self.assigned, self.plan):
                        yield PossibleEvent(answer)
                    refused = ResourcesRefused(
                        order_id=order_id,
                        code=RefusalCode.NONE_FREE,
                        reason="none",
                        request_id=id_,
                    )
                    yield PossibleEvent(refused)
                case ReleaseRequested(request_id=id_, held=held):
                    yield PossibleEvent(
                        ResourcesReleased(order_id=order_id, request_id=id_, held=held)
                    )
                case str():
                    yield PossibleEvent(StepTimerExpired(order_id=order_id, step=each))
                case OutboundCall():
                    yield from self.outcomes(each)
                case _:
                    yield from self.answers(each)
        for step in self.plan.steps if self.decisions_left else ():
            for remedy in possible_actions(self.plan, step):
                yield PossibleEvent(FalloutDecision(remedy, step.ref))

    def outcomes(self, call: OutboundCall) -> Iterator[PossibleEvent]:
        """Yield the possible results of a call; an operation that was done is reported done."""
        operation = self.operation_of(call)

        named = Attempt(call.step, call.undo, call.round) if self.are_calls_named else UNNAMED

        def answer(result: CallResult, code: str = "") -> PlanEvent:
            return OutboundCallEnded(
                order_id=call.order_id,
                attempt_id=call.id,
                result=result,
                code=code,
                **named._asdict(),
            )

        yield PossibleEvent(answer(CallResult.UNDECIDED))
        if operation in self.done:
            yield PossibleEvent(answer(CallResult.DONE))
            return
        yield PossibleEvent(answer(CallResult.FAILED))
        if operation.undo and Operation(operation.ref, undo=False) not in self.done:
            yield PossibleEvent(
                answer(CallResult.REFUSED, f"{call.kind.partition('-')[2]}-missing")
            )
            return
        yield PossibleEvent(answer(CallResult.DONE), operation)
        yield PossibleEvent(answer(CallResult.UNDECIDED), operation)
        if not call.doubtful:
            yield PossibleEvent(answer(CallResult.REFUSED, "busy"))

    def operation_of(self, call: OutboundCall) -> Operation:
        attempt = Attempt(call.step, call.undo, call.round)
        assert attempt_of_unnamed_call(self.plan, call.id) == attempt
        return Operation(call.step, call.undo)

    def answers(self, work_order: WorkOrderRequest) -> Iterator[PossibleEvent]:
        """Yield the possible answers of a crew."""
        ref, undo, rounds = (
            work_order.step.ref,
            work_order.undo,
            round_count(work_order.step, undo=work_order.undo),
        )
        yield PossibleEvent(WorkOrderDone(ref, undo, rounds), Operation(ref, undo))
        yield PossibleEvent(WorkOrderReturned(ref, undo, rounds, "nobody at home"))
        if not self.step(ref).accepted:
            yield PossibleEvent(WorkOrderAccepted(ref, undo, rounds))

    def step(self, ref: str) -> PlanStep:
        return plan_invariants.step_of(self.plan, ref)

    def handle(self, possible_event: PossibleEvent) -> None:
        """Apply an event to the plan, and check its update."""
        event, operation = possible_event
        if operation:
            self.check_act(operation)
            self.done = (*self.done, operation)
        self.open = tuple(each for each in self.open if not self.is_closed(each, event))
        if isinstance(event, FalloutDecision):
            self.decisions_left -= 1
            if event.action is FalloutAction.SKIP:
                self.done_by_people |= {event.ref}
        before = self.plan
        update = advance(before, event)
        plan_invariants.check_update(before, update)
        self.apply_update(update)
        self.repeat(event)

    def is_closed(self, open_: OpenRequest, event: PlanEvent) -> bool:
        """Tell whether an event answers something that was under way."""
        match open_, event:
            case AssignmentRequested(), ResourcesAssigned() | ResourcesRefused():
                return open_.request_id == event.request_id
            case ReleaseRequested(), ResourcesReleased():
                return open_.request_id == event.request_id
            case str(), StepTimerExpired(step=ref):
                return open_ == ref
            case OutboundCall(id=id_), OutboundCallEnded(attempt_id=answered):
                return id_ == answered
            case WorkOrderRequest(), WorkOrderDone() | WorkOrderReturned():
                return open_.step.ref == event.ref and open_.undo == event.undo
            case _:
                return False

    def repeat(self, event: PlanEvent) -> None:
        """Repeat an event: it changes nothing and starts nothing."""
        if not isinstance(event, FalloutDecision | WorkOrderAccepted | PlanInstruction):
            assert advance(self.plan, event) == PlanUpdate(self.plan)

    def apply_update(self, update: PlanUpdate) -> None:
        """Register what a plan requests, and check the invariants."""
        self.plan = update.plan
        self.published += tuple(each.name.partition(".")[2] for each in update.messages)
        self.open += tuple(
            each
            for each in update.messages
            if isinstance(each, AssignmentRequested | ReleaseRequested)
        )
        self.open += (
            *update.calls,
            *update.work_order_requests,
            *(each.ref for each in update.timers),
        )
        self.open = tuple(each for each in self.open if not self.is_called_off(each))
        plan_invariants.check_messages(self.plan, self.published)
        if not any(True for _ in self.possible_events()):
            self.check_end()

    def check_act(self, operation: Operation) -> None:
        plan_invariants.check_act(self.plan, self.done, operation)

    def check_end(self) -> None:
        plan_invariants.check_end(self.plan, self.done, self.done_by_people)
        if self.plan.state is PlanState.COMPLETED:
            plan_invariants.check_holdings(self.plan, self.assigned)

    def is_called_off(self, open_: OpenRequest) -> bool:
        """Tell whether the plan no longer waits for an unaccepted work order, or for a timer."""
        if isinstance(open_, OutboundCall | AssignmentRequested | ReleaseRequested):
            return False
        ref, undo = (open_, False) if isinstance(open_, str) else (open_.step.ref, open_.undo)
        return self.step(ref).state is not (StepState.UNDOING if undo else StepState.RUNNING)
