"""The one table of a plan: what it does when it hears something.

Each row stands for an event that meets a step in some state. A forward step stands
next to its undo. What comes late or crosses something else is a row that changes
nothing; what can never be legal raises.
"""

from dataclasses import dataclass
from typing import Never, TypeAlias, assert_never

from services.provisioning.domain import backward, forward, people
from services.provisioning.domain.filling import fill_text
from services.provisioning.domain.messages import PauseEnded
from services.provisioning.domain.people import Decided
from services.provisioning.domain.plan import (
    Failure,
    Item,
    Plan,
    PlanState,
    Step,
    StepState,
    Trouble,
    place_of,
    rounds_of,
)
from services.provisioning.domain.turn import Decision, Turn
from shared.calls.outbound_call import AttemptAnswered, Result
from shared.contracts import (
    ItemHoldings,
    ResourcesAssigned,
    ResourcesRefused,
    ResourcesReleased,
)
from shared.errors import PoisonError


@dataclass(frozen=True, slots=True)
class Accepted:
    """A crew is at a step's work order."""

    ref: str
    undo: bool
    round: int


@dataclass(frozen=True, slots=True)
class Reported:
    """A crew has done a step's work order."""

    ref: str
    undo: bool
    round: int


@dataclass(frozen=True, slots=True)
class Returned:
    """A crew came back with a reason; the work order is not done."""

    ref: str
    undo: bool
    round: int
    reason: str


AWAITED = {False: StepState.RUNNING, True: StepState.UNDOING}
"""The state of a step that is being done, and of one that is being undone."""

CrewAnswer: TypeAlias = Accepted | Reported | Returned
ResourcesAnswer: TypeAlias = ResourcesAssigned | ResourcesRefused | ResourcesReleased
Event: TypeAlias = ResourcesAnswer | AttemptAnswered | CrewAnswer | PauseEnded | Decided


def advance(plan: Plan, event: Event) -> Decision:
    """Move a plan on by one event.

    Raises:
        PoisonError: if the event can never be legal for this plan.
        ConflictError: if people decided something that is not possible now.
    """
    turn = Turn(plan)
    match event:
        case ResourcesAssigned() | ResourcesRefused() | ResourcesReleased():
            resources_answered(turn, event)
        case AttemptAnswered():
            element_answered(turn, event)
        case Accepted() | Reported() | Returned():
            crew_answered(turn, event)
        case PauseEnded(step=ref):
            pause_ended(turn, ref)
        case Decided():
            people.decided(turn, event)
        case _:
            assert_never(event)
    go_on(turn)
    return turn.decide()


def go_on(turn: Turn) -> None:
    """Do what follows: begin what has become ready, or undo what may be undone."""
    if turn.state is PlanState.RUNNING:
        forward.begin_ready(turn)
    if turn.state is PlanState.UNDOING:
        backward.undo_ready(turn)


def resources_answered(turn: Turn, answer: ResourcesAnswer) -> None:
    """Take what resources answered for the whole order; its step is the first."""
    step = turn.steps[0] if turn.steps else never(turn.plan, answer.type)
    match step.state, answer:
        case StepState.RUNNING, ResourcesAssigned(items=holdings):
            turn.items = holding(turn.items, holdings)
            forward.succeed(turn, 0)

        case StepState.UNDOING, ResourcesReleased():
            backward.undone(turn, 0)

        case StepState.RUNNING, ResourcesRefused(code=code, reason=reason):
            turn.change(0, state=StepState.FAILED)
            turn.fail(Failure(code=code, reason=reason, step=step.ref))

        case StepState.DONE | StepState.UNDOING | StepState.UNDONE, ResourcesAssigned():
            """Known already."""

        case StepState.FAILED, ResourcesRefused():
            """Known already."""

        case StepState.UNDONE, ResourcesReleased():
            """Known already."""

        case _:
            never(turn.plan, answer.type, step)


def holding(items: tuple[Item, ...], holdings: tuple[ItemHoldings, ...]) -> tuple[Item, ...]:
    """Return the items with what each of them holds."""
    of = {each.item_id: (each.held, each.local_network) for each in holdings}
    return tuple(item.with_held(*of.get(item.id, ((), ""))) for item in items)


def element_answered(turn: Turn, answer: AttemptAnswered) -> None:
    """Take the outcome of a call; one that comes late, when the step has gone on, is nothing."""
    place = place_of(turn.plan, answer.attempt_id) or never(turn.plan, answer.type)
    step = turn.steps[place.position]
    if place.is_present and step.state is AWAITED[place.undo]:
        trouble = in_words(turn.item_of(step), step, answer, undo=place.undo)
        (call_to_undo_ended if place.undo else call_ended)(turn, place.position, answer, trouble)


def call_ended(turn: Turn, position: int, answer: AttemptAnswered, trouble: Trouble) -> None:
    """Take what came of a call that was to do a step."""
    match answer.result:
        case Result.DONE:
            forward.succeed(turn, position)
        case Result.REFUSED:
            turn.refused(position)
            forward.fail(turn, position, trouble)
        case Result.FAILED:
            forward.fail(turn, position, trouble)
        case Result.UNDECIDED:
            forward.doubt(turn, position, trouble)


def call_to_undo_ended(
    turn: Turn, position: int, answer: AttemptAnswered, trouble: Trouble
) -> None:
    """Take what came of a call that was to undo a step."""
    match answer.result:
        case Result.DONE:
            backward.undone(turn, position)
        case Result.REFUSED if answer.code in turn.steps[position].blueprint.nothing_to_undo:
            backward.undone(turn, position)
        case Result.REFUSED:
            turn.refused(position)
            backward.not_undone(turn, position, trouble)
        case Result.FAILED:
            backward.not_undone(turn, position, trouble)
        case Result.UNDECIDED:
            backward.not_undone(turn, position, trouble, unsure=True)


def in_words(item: Item, step: Step, answer: AttemptAnswered, *, undo: bool) -> Trouble:
    """Say in plain words what an element's answer means for a step."""
    who = fill_text(step.blueprint.element, item)
    what = {
        Result.DONE: "done",
        Result.REFUSED: f"{who} refused",
        Result.FAILED: f"{who} could not be reached, and nothing was done",
        Result.UNDECIDED: f"nobody can tell whether {who} did it",
    }[answer.result]
    reason = f"{'undo: ' if undo else ''}{step.title}: {what}"
    code = answer.code or answer.result
    return Trouble(code=code, reason=reason, answer=answer.detail, undoing=undo)


def crew_answered(turn: Turn, answer: CrewAnswer) -> None:
    """Take what a crew says about a work order."""
    position = turn.plan.position(answer.ref)
    if position is None:
        never(turn.plan, type(answer).__name__)
    step = turn.steps[position]
    match answer:
        case _ if is_late(step, answer):
            """Late: the step has gone on, or another crew was sent out."""

        case Accepted():
            turn.change(position, accepted=True)

        case Reported() if answer.undo:
            backward.undone(turn, position)

        case Reported():
            forward.succeed(turn, position)

        case Returned() if answer.undo:
            backward.send_back(turn, position, came_back(step, answer))

        case Returned():
            forward.send_back(turn, position, came_back(step, answer))


def is_late(step: Step, answer: CrewAnswer) -> bool:
    """Tell whether a step does not wait for this crew any more."""
    is_awaited = step.state is AWAITED[answer.undo]
    return not is_awaited or rounds_of(step, undo=answer.undo) != answer.round


def came_back(step: Step, answer: Returned) -> Trouble:
    """Say in plain words that a crew came back."""
    undo = "undo: " if answer.undo else ""
    return Trouble(
        code="returned",
        reason=f"{undo}{step.title}: the work order was returned",
        answer=answer.reason,
        undoing=answer.undo,
    )


def pause_ended(turn: Turn, ref: str) -> None:
    """Go on after a wait, unless it was called off or decided meanwhile."""
    position = turn.plan.position(ref)
    if position is None:
        never(turn.plan, PauseEnded.type)
    if turn.steps[position].state is StepState.RUNNING:
        forward.succeed(turn, position)


def never(plan: Plan, event: str, step: Step | None = None) -> Never:
    """Refuse an event that no way of things can bring."""
    where = f"{step.ref} is {step.state}" if step else "none of its steps is meant"
    message = f"plan {plan.order_id} is {plan.state}, {where}: it can never hear {event}"
    raise PoisonError(message)
