"""The way forward: beginning the steps of a plan, and what follows when they end."""

from datetime import timedelta

from services.provisioning.domain import backward
from services.provisioning.domain.blueprint import INLINE, Kind, OnFailure
from services.provisioning.domain.filling import fill, unknown
from services.provisioning.domain.plan import (
    SETTLED,
    PlanState,
    Step,
    StepState,
    Trouble,
)
from services.provisioning.domain.turn import Pause, Turn


def begin_ready(turn: Turn) -> None:
    """Begin every step whose predecessors are done; end the plan when all are.

    A step stands behind its predecessors, so one pass also begins what becomes
    ready by a step that is done at once.
    """
    for position in range(len(turn.steps)):
        if turn.state is PlanState.RUNNING and is_ready(turn, turn.steps[position]):
            begin(turn, position)
    if turn.state is PlanState.RUNNING and all(each.state in SETTLED for each in turn.steps):
        turn.complete()


def is_ready(turn: Turn, step: Step) -> bool:
    """Tell whether a step waits for nothing any more."""
    return step.state is StepState.WAITING and all(
        turn.steps[each].state in SETTLED for each in step.after
    )


def begin(turn: Turn, position: int) -> None:
    """Begin a step, or begin it once more."""
    step = turn.steps[position]
    drawn = step.blueprint
    match drawn.kind:
        case Kind.ACTIVATE | Kind.TEST if missing := unknown(drawn, turn.item_of(step)):
            fail(turn, position, not_known(step, missing))
        case Kind.ACTIVATE | Kind.TEST if fill(drawn.element, turn.item_of(step)) == INLINE:
            succeed(turn, position)
        case Kind.ACTIVATE | Kind.TEST:
            turn.call(position, undo=False)
        case Kind.WORK_ORDER:
            turn.dispatch(position, undo=False)
        case Kind.WAIT:
            turn.change(position, state=StepState.RUNNING)
            turn.pauses.append(Pause(step.ref, timedelta(seconds=drawn.wait_s)))
        case Kind.ASSIGN:
            turn.change(position, state=StepState.RUNNING)


def succeed(turn: Turn, position: int) -> None:
    """Note that a step is done."""
    turn.change(position, state=StepState.DONE, unsure=False, trouble=None)


def fail(turn: Turn, position: int, trouble: Trouble) -> None:
    """Let follow what the blueprint says when a step has certainly not been done."""
    turn.change(position, state=StepState.FAILED, unsure=False, trouble=trouble)
    match turn.steps[position].blueprint.on_failure:
        case _ if turn.state is PlanState.UNDOING:
            pass
        case OnFailure.SKIP:
            turn.change(position, state=StepState.SKIPPED)
        case OnFailure.ROLLBACK if not backward.is_past_return(turn.steps):
            backward.give_up(turn, position, trouble)
        case OnFailure.ROLLBACK | OnFailure.PEOPLE:
            turn.change(position, state=StepState.FALLOUT)


def doubt(turn: Turn, position: int, trouble: Trouble) -> None:
    """Send a step to people, of which nobody can tell whether it was done."""
    turn.change(position, state=StepState.FALLOUT, unsure=True, trouble=trouble)


def send_back(turn: Turn, position: int, trouble: Trouble) -> None:
    """Send people out once more when a crew came back with a reason, as often as is drawn."""
    step = turn.steps[position]
    if turn.state is PlanState.RUNNING and step.rounds < step.blueprint.tries:
        begin(turn, position)
    else:
        fail(turn, position, trouble)


def not_known(step: Step, missing: list[str]) -> Trouble:
    """Say that a step cannot begin, because its blueprint asks for what is not known."""
    what = ", ".join(missing)
    return Trouble(
        code="parameter-missing",
        reason=f"{step.title} cannot begin: nothing is known of {what} for this item",
    )
