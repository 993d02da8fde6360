"""All that answers a plan: resources, elements, crews, clocks and people.

It answers in any order, knows what was really done, and checks at every turn what
must hold for every plan.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import NamedTuple, Self

from services.provisioning.domain.fallout.actions import (
    FalloutAction,
    FalloutDecision,
    possible_actions,
)
from services.provisioning.domain.plan.advance import (
    PlanEvent,
    WorkOrderAccepted,
    WorkOrderReported,
    WorkOrderReturned,
    advance,
)
from services.provisioning.domain.plan.plan import (
    Plan,
    PlanStep,
    StepState,
    find_call_target,
    rounds_of,
)
from services.provisioning.domain.plan.plan_change import PlanDecision, WorkOrderRequest
from services.provisioning.domain.scheduled_messages import PauseEnded
from shared.calls.outbound_call import CallResult, OutboundCall, OutboundCallEnded
from shared.contracts import (
    AssignmentRequested,
    RefusalCode,
    ReleaseRequested,
    ResourcesAssigned,
    ResourcesRefused,
    ResourcesReleased,
)
from tests.provisioning import plan_invariants


class Act(NamedTuple):
    """A step done, or undone."""

    ref: str
    undo: bool


class PossibleEvent(NamedTuple):
    """What may happen next, and what is really done by it."""

    event: PlanEvent
    act: Act | None = None


@dataclass
class PlanEnvironment:
    """What a plan meets, and what became of what it asked for."""

    plan: Plan
    assigned: ResourcesAssigned
    told: tuple[str, ...] = ()
    open: tuple[OutboundCall | WorkOrderRequest | str, ...] = ()
    """What is under way: calls, crews, and the names of whom else is awaited."""

    done: tuple[Act, ...] = ()
    """The truth, in the order in which it came to be."""

    decisions_left: int = 3
    """So often people still decide something before they leave a step in fallout."""

    done_by_people: frozenset[str] = frozenset()
    """Steps of which people said that they see to them."""

    @classmethod
    def of(
        cls, decision: PlanDecision, assigned: ResourcesAssigned, decisions_left: int = 3
    ) -> Self:
        """A world in which a plan has just begun."""
        world = cls(decision.plan, assigned, decisions_left=decisions_left)
        world.apply_decision(decision)
        return world

    @property
    def state(self) -> tuple[object, ...]:
        """All that its future depends on."""
        return (
            self.plan,
            frozenset(map(str, self.open)),
            frozenset(self.done),
            self.decisions_left,
        )

    def possible_events(self) -> Iterator[PossibleEvent]:
        """Yield all that can happen now."""
        order_id = self.plan.order_id
        for each in self.open:
            match each:
                case "assign":
                    code = RefusalCode.NONE_FREE
                    yield PossibleEvent(self.assigned)
                    yield PossibleEvent(
                        ResourcesRefused(order_id=order_id, code=code, reason="none")
                    )
                case "release":
                    yield PossibleEvent(ResourcesReleased(order_id=order_id))
                case str():
                    yield PossibleEvent(PauseEnded(order_id=order_id, step=each))
                case OutboundCall():
                    yield from self.outcomes(each)
                case _:
                    yield from self.answers(each)
        for step in self.plan.steps if self.decisions_left else ():
            for remedy in possible_actions(self.plan, step):
                yield PossibleEvent(FalloutDecision(remedy, step.ref))

    def outcomes(self, call: OutboundCall) -> Iterator[PossibleEvent]:
        """Yield what may come of a call. What it finds done already it reports done."""
        act = self.act_of(call)

        def answer(result: CallResult, code: str = "") -> PlanEvent:
            return OutboundCallEnded(
                order_id=call.order_id, attempt_id=call.id, result=result, code=code
            )

        yield PossibleEvent(answer(CallResult.UNDECIDED))
        if act in self.done:
            yield PossibleEvent(answer(CallResult.DONE))
            return
        yield PossibleEvent(answer(CallResult.FAILED))
        if act.undo and Act(act.ref, undo=False) not in self.done:
            yield PossibleEvent(
                answer(CallResult.REFUSED, f"{call.kind.partition('-')[2]}-missing")
            )
            return
        yield PossibleEvent(answer(CallResult.DONE), act)
        yield PossibleEvent(answer(CallResult.UNDECIDED), act)
        if not call.doubtful:
            yield PossibleEvent(answer(CallResult.REFUSED, "busy"))

    def act_of(self, call: OutboundCall) -> Act:
        place = find_call_target(self.plan, call.id)
        assert place
        return Act(self.plan.steps[place.position].ref, place.undo)

    def answers(self, job: WorkOrderRequest) -> Iterator[PossibleEvent]:
        """Yield what a crew may say."""
        ref, undo, rounds = job.step.ref, job.undo, rounds_of(job.step, undo=job.undo)
        yield PossibleEvent(WorkOrderReported(ref, undo, rounds), Act(ref, undo))
        yield PossibleEvent(WorkOrderReturned(ref, undo, rounds, "nobody at home"))
        if not self.step(ref).accepted:
            yield PossibleEvent(WorkOrderAccepted(ref, undo, rounds))

    def step(self, ref: str) -> PlanStep:
        return next(each for each in self.plan.steps if each.ref == ref)

    def handle(self, chance: PossibleEvent) -> None:
        """Let something happen, and check what the plan makes of it."""
        event, act = chance
        if act:
            plan_invariants.check_act(self.plan, self.done, act)
            self.done = (*self.done, act)
        self.open = tuple(each for each in self.open if not self.is_closed(each, event))
        if isinstance(event, FalloutDecision):
            self.decisions_left -= 1
            if event.action is FalloutAction.SKIP:
                self.done_by_people |= {event.ref}
        before = self.plan
        decision = advance(before, event)
        plan_invariants.check_decision(before, decision)
        self.apply_decision(decision)
        self.repeat(event)

    def is_closed(self, open_: OutboundCall | WorkOrderRequest | str, event: PlanEvent) -> bool:
        """Tell whether an event is the answer to what was under way."""
        match open_, event:
            case "assign", ResourcesAssigned() | ResourcesRefused():
                return True
            case "release", ResourcesReleased():
                return True
            case str(), PauseEnded(step=ref):
                return open_ == ref
            case OutboundCall(id=id_), OutboundCallEnded(attempt_id=answered):
                return id_ == answered
            case WorkOrderRequest(), WorkOrderReported() | WorkOrderReturned():
                return open_.step.ref == event.ref and open_.undo == event.undo
            case _:
                return False

    def repeat(self, event: PlanEvent) -> None:
        """Say again what was just said: it changes nothing and sets nothing going."""
        if not isinstance(event, FalloutDecision | WorkOrderAccepted):
            assert advance(self.plan, event) == PlanDecision(self.plan)

    def apply_decision(self, decision: PlanDecision) -> None:
        """Take up what a plan asks for, and check that all is well."""
        self.plan = decision.plan
        self.told += tuple(each.name.partition(".")[2] for each in decision.messages)
        self.open += tuple(
            "assign" if isinstance(each, AssignmentRequested) else "release"
            for each in decision.messages
            if isinstance(each, AssignmentRequested | ReleaseRequested)
        )
        self.open += (
            *decision.calls,
            *decision.work_order_requests,
            *(each.ref for each in decision.pauses),
        )
        self.open = tuple(each for each in self.open if not self.is_called_off(each))
        plan_invariants.check_messages(self.plan, self.told)
        if not any(True for _ in self.possible_events()):
            plan_invariants.check_end(self.plan, self.done, self.done_by_people)

    def is_called_off(self, open_: OutboundCall | WorkOrderRequest | str) -> bool:
        """Tell whether nobody waits any more for a crew that never began, or for a clock."""
        if isinstance(open_, OutboundCall) or open_ in {"assign", "release"}:
            return False
        ref, undo = (open_, False) if isinstance(open_, str) else (open_.step.ref, open_.undo)
        return self.step(ref).state is not (StepState.UNDOING if undo else StepState.RUNNING)
