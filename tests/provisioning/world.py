"""All that answers a plan: resources, elements, crews, clocks and people.

It answers in any order, knows what was really done, and checks at every turn what
must hold for every plan.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import NamedTuple, Self

from services.provisioning.domain.advance import (
    Accepted,
    Event,
    Reported,
    Returned,
    advance,
)
from services.provisioning.domain.messages import PauseEnded
from services.provisioning.domain.people import Decided, Remedy, remedies
from services.provisioning.domain.plan import Plan, Step, StepState, place_of, rounds_of
from services.provisioning.domain.turn import Decision, Job
from shared.calls.outbound_call import Attempt, AttemptAnswered, Result
from shared.contracts import (
    AssignmentRequested,
    RefusalCode,
    ReleaseRequested,
    ResourcesAssigned,
    ResourcesRefused,
    ResourcesReleased,
)
from tests.provisioning import truths


class Act(NamedTuple):
    """A step done, or undone."""

    ref: str
    undo: bool


class Chance(NamedTuple):
    """What may happen next, and what is really done by it."""

    event: Event
    act: Act | None = None


@dataclass
class World:
    """What a plan meets, and what became of what it asked for."""

    plan: Plan
    assigned: ResourcesAssigned
    told: tuple[str, ...] = ()
    open: tuple[Attempt | Job | str, ...] = ()
    """What is under way: calls, crews, and the names of whom else is awaited."""

    done: tuple[Act, ...] = ()
    """The truth, in the order in which it came to be."""

    patience: int = 3
    """So often people still decide something before they leave a step in fallout."""

    seen_to: frozenset[str] = frozenset()
    """Steps of which people said that they see to them."""

    @classmethod
    def of(cls, decision: Decision, assigned: ResourcesAssigned, patience: int = 3) -> Self:
        """A world in which a plan has just begun."""
        world = cls(decision.plan, assigned, patience=patience)
        world.take(decision)
        return world

    @property
    def state(self) -> tuple[object, ...]:
        """All that its future depends on."""
        return (self.plan, frozenset(map(str, self.open)), frozenset(self.done), self.patience)

    def chances(self) -> Iterator[Chance]:
        """Yield all that can happen now."""
        order_id = self.plan.order_id
        for each in self.open:
            match each:
                case "assign":
                    code = RefusalCode.NONE_FREE
                    yield Chance(self.assigned)
                    yield Chance(ResourcesRefused(order_id=order_id, code=code, reason="none"))
                case "release":
                    yield Chance(ResourcesReleased(order_id=order_id))
                case str():
                    yield Chance(PauseEnded(order_id=order_id, step=each))
                case Attempt():
                    yield from self.outcomes(each)
                case _:
                    yield from self.answers(each)
        for step in self.plan.steps if self.patience else ():
            for remedy in remedies(self.plan, step):
                yield Chance(Decided(remedy, step.ref))

    def outcomes(self, call: Attempt) -> Iterator[Chance]:
        """Yield what may come of a call. What it finds done already it reports done."""
        act = self.act_of(call)

        def answer(result: Result, code: str = "") -> Event:
            return AttemptAnswered(
                order_id=call.order_id, attempt_id=call.id, result=result, code=code
            )

        yield Chance(answer(Result.UNDECIDED))
        if act in self.done:
            yield Chance(answer(Result.DONE))
            return
        yield Chance(answer(Result.FAILED))
        if act.undo and Act(act.ref, undo=False) not in self.done:
            yield Chance(answer(Result.REFUSED, f"{call.kind.partition('-')[2]}-missing"))
            return
        yield Chance(answer(Result.DONE), act)
        yield Chance(answer(Result.UNDECIDED), act)
        if not call.doubtful:
            yield Chance(answer(Result.REFUSED, "busy"))

    def act_of(self, call: Attempt) -> Act:
        place = place_of(self.plan, call.id)
        assert place
        return Act(self.plan.steps[place.position].ref, place.undo)

    def answers(self, job: Job) -> Iterator[Chance]:
        """Yield what a crew may say."""
        ref, undo, rounds = job.step.ref, job.undo, rounds_of(job.step, undo=job.undo)
        yield Chance(Reported(ref, undo, rounds), Act(ref, undo))
        yield Chance(Returned(ref, undo, rounds, "nobody at home"))
        if not self.step(ref).accepted:
            yield Chance(Accepted(ref, undo, rounds))

    def step(self, ref: str) -> Step:
        return next(each for each in self.plan.steps if each.ref == ref)

    def hear(self, chance: Chance) -> None:
        """Let something happen, and check what the plan makes of it."""
        event, act = chance
        if act:
            truths.must_be_free(self.plan, self.done, act)
            self.done = (*self.done, act)
        self.open = tuple(each for each in self.open if not self.is_closed(each, event))
        if isinstance(event, Decided):
            self.patience -= 1
            if event.remedy is Remedy.SKIP:
                self.seen_to |= {event.ref}
        before = self.plan
        decision = advance(before, event)
        truths.must_follow(before, decision)
        self.take(decision)
        self.repeat(event)

    def is_closed(self, open_: Attempt | Job | str, event: Event) -> bool:
        """Tell whether an event is the answer to what was under way."""
        match open_, event:
            case "assign", ResourcesAssigned() | ResourcesRefused():
                return True
            case "release", ResourcesReleased():
                return True
            case str(), PauseEnded(step=ref):
                return open_ == ref
            case Attempt(id=id_), AttemptAnswered(attempt_id=answered):
                return id_ == answered
            case Job(), Reported() | Returned():
                return open_.step.ref == event.ref and open_.undo == event.undo
            case _:
                return False

    def repeat(self, event: Event) -> None:
        """Say again what was just said: it changes nothing and sets nothing going."""
        if not isinstance(event, Decided | Accepted):
            assert advance(self.plan, event) == Decision(self.plan)

    def take(self, decision: Decision) -> None:
        """Take up what a plan asks for, and check that all is well."""
        self.plan = decision.plan
        self.told += tuple(each.name.partition(".")[2] for each in decision.tell)
        self.open += tuple(
            "assign" if isinstance(each, AssignmentRequested) else "release"
            for each in decision.tell
            if isinstance(each, AssignmentRequested | ReleaseRequested)
        )
        self.open += (*decision.calls, *decision.jobs, *(each.ref for each in decision.pauses))
        self.open = tuple(each for each in self.open if not self.is_called_off(each))
        truths.must_be_told(self.plan, self.told)
        if not any(True for _ in self.chances()):
            truths.must_have_ended(self.plan, self.done, self.seen_to)

    def is_called_off(self, open_: Attempt | Job | str) -> bool:
        """Tell whether nobody waits any more for a crew that never began, or for a clock."""
        if isinstance(open_, Attempt) or open_ in {"assign", "release"}:
            return False
        ref, undo = (open_, False) if isinstance(open_, str) else (open_.step.ref, open_.undo)
        return self.step(ref).state is not (StepState.UNDOING if undo else StepState.RUNNING)
