"""Validation of undos: what changes something says what undoes it, or why nothing needs to."""

from collections.abc import Iterator, Sequence

from services.provisioning.domain.blueprint.blueprint import (
    INLINE,
    BlueprintStep,
    OnFailure,
    PointOfNoReturn,
    StepKind,
)
from shared.errors import Fault

CHANGING_KINDS = frozenset({StepKind.ACTIVATE, StepKind.WORK_ORDER})
"""The kinds of steps that change something; what resources do is undone by resources."""


def undo_faults(steps: Sequence[BlueprintStep], at: str) -> Iterator[Fault]:
    """Yield the steps that change something without saying what undoes it."""
    never_undone = steps_never_undone(steps)
    for i, step in enumerate(steps):
        is_change = step.kind in CHANGING_KINDS and step.element != INLINE
        if step.undo and step.no_undo:
            reason = "a step that has an undo needs one"
            yield Fault(f"{at}/{i}/no_undo", "not-allowed", reason, "leave one of them out")
        elif is_change and not (step.undo or step.no_undo or step.name in never_undone):
            reason = "it changes something, and nothing undoes it"
            remedy = "give the operation that undoes it, or say in `no_undo` why none is needed"
            yield Fault(f"{at}/{i}/undo", "undo-missing", reason, remedy)


def steps_never_undone(steps: Sequence[BlueprintStep]) -> set[str]:
    """Return the names of steps that begin only when a hard point of no return is passed.

    A step that a plan may lack, or that is skipped when it fails, does not count: a plan may go on
    without passing it.
    """
    names: set[str] = set()
    for step in steps:
        is_in_every_plan = not (step.when or step.for_each)
        is_always_passed = is_in_every_plan and step.on_failure is not OnFailure.SKIP
        if (step.ponr is PointOfNoReturn.HARD and is_always_passed) or names & {*step.after}:
            names.add(step.name)
    return names
