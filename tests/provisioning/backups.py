"""A backup of the provisioning database, and what a restored plan says of itself."""

from typing import NamedTuple

from services.provisioning.domain.blueprint.blueprint import StepKind
from services.provisioning.domain.plan.modes import FINAL_STATES
from services.provisioning.domain.plan.plan import Plan, PlanState, PlanStep, StepState
from tests.provisioning.plan_environment import OpenRequest, Operation


class Backup(NamedTuple):
    """What the provisioning database holds at one moment."""

    plan: Plan
    open: tuple[OpenRequest, ...]
    timers: dict[str, str]
    published_count: int
    consumed_count: int
    done: tuple[Operation, ...]
    decided_count: int


def published_of_plan(plan: Plan) -> tuple[str, ...]:
    """Return the names of the messages that say what the plan's state says."""
    end = "service_completed" if plan.state is PlanState.COMPLETED else "service_failed"
    held = ("service_held",) if plan.is_in_fallout else ()
    return (*held, *((end,) if plan.state in FINAL_STATES else ()))


def is_called_off(step: PlanStep) -> bool:
    """Tell whether the work order of a step was called off, and no other undoes it."""
    is_work_order = step.blueprint.kind is StepKind.WORK_ORDER
    return is_work_order and step.state is StepState.UNDONE and not step.undo_rounds
