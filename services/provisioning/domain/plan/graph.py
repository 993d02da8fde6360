"""The graph of a plan's steps. A step stands behind its predecessors.

Predecessors are named by reference. The previous version of this code names them by position in
the plan, reads only positions and leaves out references when it stores a plan. Both versions run
during an upgrade, so steps are stored with both: `with_positions` fills in positions where the
graph is made or changed, `with_references` fills in references where a plan is read. The next
version can drop the positions.
"""

from collections.abc import Collection, Iterable, Sequence

import msgspec

from services.provisioning.domain.plan.plan import PlanStep
from shared.errors import PoisonError


def with_positions(steps: Sequence[PlanStep]) -> tuple[PlanStep, ...]:
    """Return the steps with the positions of their predecessors."""
    position = {step.ref: place for place, step in enumerate(steps)}
    return tuple(
        msgspec.structs.replace(step, positions=tuple(position[ref] for ref in step.after))
        for step in steps
    )


def with_references(steps: tuple[PlanStep, ...]) -> tuple[PlanStep, ...]:
    """Return the steps of a stored plan with the references of their predecessors."""
    if not any(step.positions and not step.after for step in steps):
        return steps
    refs = [step.ref for step in steps]
    return tuple(
        msgspec.structs.replace(step, after=tuple(refs[place] for place in step.positions))
        for step in steps
    )


def topological_order(steps: Sequence[PlanStep]) -> list[PlanStep]:
    """Return steps so that each stands behind its predecessors, otherwise in their order.

    Raises:
        PoisonError: if a reference is used twice or has no step, or if steps wait for each other.
    """
    waiting = {step.ref: step for step in steps}
    if len(waiting) < len(steps):
        msg = "two steps of a plan have one reference"
        raise PoisonError(msg)
    if unknown := {ref for step in steps for ref in step.after} - waiting.keys():
        msg = f"steps of a plan wait for others that are not in it: {', '.join(sorted(unknown))}"
        raise PoisonError(msg)
    placed = []
    while waiting:
        free = (step for step in waiting.values() if waiting.keys().isdisjoint(step.after))
        step = next(free, None)
        if step is None:
            msg = f"steps of a plan wait for each other: {', '.join(waiting)}"
            raise PoisonError(msg)
        placed.append(waiting.pop(step.ref))
    return placed


def refs_with_dependents(steps: Iterable[PlanStep], refs: Collection[str]) -> set[str]:
    """Return these steps and all that depend on them, directly or not."""
    found = set(refs)
    for step in steps:
        if not found.isdisjoint(step.after):
            found.add(step.ref)
    return found
