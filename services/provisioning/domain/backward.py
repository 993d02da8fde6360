"""The way back: undoing what a plan has done, last things first."""

from collections.abc import Iterable

from services.provisioning.domain.blueprint import INLINE, Kind, NoReturn
from services.provisioning.domain.filling import fill
from services.provisioning.domain.plan import (
    Failure,
    PlanState,
    Step,
    StepState,
    Trouble,
    work_order_id,
)
from services.provisioning.domain.turn import Turn
from shared.contracts import ReleaseRequested

BEGUN = frozenset({StepState.RUNNING, StepState.DONE})


def is_past_return(steps: Iterable[Step], *, hard_only: bool = False) -> bool:
    """Tell whether a point of no return has been passed, or may have been."""
    passed = (step.blueprint.ponr for step in steps if step.state in BEGUN or step.unsure)
    return any(each is NoReturn.HARD or (each and not hard_only) for each in passed)


def give_up(turn: Turn, position: int, trouble: Trouble) -> None:
    """Turn the plan round because of a step, which has failed.

    What nobody has begun is called off: work orders not accepted, waits, and steps
    that people were to look at though it is certain that nothing was done.
    """
    ref = turn.steps[position].ref
    turn.state = PlanState.UNDOING
    turn.failure = Failure(code=trouble.code, reason=trouble.reason, step=ref)
    turn.change(position, state=StepState.FAILED)
    for other, each in enumerate(turn.steps):
        call_off(turn, other, each)


def call_off(turn: Turn, position: int, step: Step) -> None:
    """Call a step off if nobody has begun it."""
    match step.state, step.blueprint.kind:
        case StepState.RUNNING, Kind.WORK_ORDER if not step.accepted:
            turn.voided.append(work_order_id(turn.plan.order_id, step, undo=False))
            turn.change(position, state=StepState.UNDONE)
        case StepState.RUNNING, Kind.WAIT:
            turn.change(position, state=StepState.UNDONE)
        case StepState.FALLOUT, _ if not step.unsure:
            turn.change(position, state=StepState.FAILED)


def undo_ready(turn: Turn) -> None:
    """Undo every step that nothing done stands on any more; end the plan when none is left.

    Nothing is undone while a step is under way, or while nobody knows whether it was
    done: what it leads to would be undone from under it. A step stands behind its
    predecessors, so one pass from the end finds all.
    """
    if any(is_unresolved(step) for step in turn.steps):
        return
    clear = [True] * len(turn.steps)
    for position in reversed(range(len(turn.steps))):
        if clear[position] and turn.steps[position].has_undo:
            undo_if_done(turn, position)
        if not clear[position] or is_in_the_way(turn.steps[position]):
            for before in turn.steps[position].after:
                clear[before] = False
    if not any(is_in_the_way(step) for step in turn.steps):
        assert turn.failure
        turn.fail(turn.failure)


def is_unresolved(step: Step) -> bool:
    """Tell whether a step's way forward has not ended."""
    if step.state is StepState.FALLOUT:
        return step.trouble is not None and not step.trouble.undoing
    return step.state is StepState.RUNNING


def is_in_the_way(step: Step) -> bool:
    """Tell whether what a step stands on must not be undone yet."""
    being_undone = step.state in {StepState.UNDOING, StepState.FALLOUT}
    return being_undone or (step.may_be_done and step.has_undo)


def undo_if_done(turn: Turn, position: int) -> None:
    """Undo a step if there may be something to undo."""
    if turn.steps[position].may_be_done:
        turn.change(position, unsure=False, trouble=None)
        undo(turn, position)


def undo(turn: Turn, position: int) -> None:
    """Have a step undone, or have it undone once more."""
    step = turn.steps[position]
    match step.blueprint.kind:
        case Kind.ASSIGN:
            turn.change(position, state=StepState.UNDOING)
            turn.tell.append(ReleaseRequested(order_id=turn.plan.order_id))
        case Kind.WORK_ORDER:
            turn.dispatch(position, undo=True)
        case _ if fill(step.blueprint.element, turn.item_of(step)) == INLINE:
            undone(turn, position)
        case _:
            turn.call(position, undo=True)


def undone(turn: Turn, position: int) -> None:
    """Note that a step is undone."""
    turn.change(position, state=StepState.UNDONE, unsure=False, trouble=None)


def not_undone(turn: Turn, position: int, trouble: Trouble, *, unsure: bool = False) -> None:
    """Send a step to people that could not be undone: something may be left of it."""
    turn.change(position, state=StepState.FALLOUT, unsure=unsure, trouble=trouble)


def send_back(turn: Turn, position: int, trouble: Trouble) -> None:
    """Send people out once more when a crew came back from undoing, as often as is drawn."""
    step = turn.steps[position]
    if step.undo_rounds < step.blueprint.tries:
        undo(turn, position)
    else:
        not_undone(turn, position, trouble)
