"""Revisions: how the steps of a running plan are changed, added to, and compensated.

A dropped step stays in the plan with its reference and is undone before further steps start;
what replaces it is another step, whose reference has the number of the revision.
"""

from collections.abc import Collection, Iterable, Mapping
from collections.abc import Set as AbstractSet
from dataclasses import dataclass, field

from services.provisioning.domain.blueprint.blueprint import BlueprintStep
from services.provisioning.domain.plan import compensation, graph
from services.provisioning.domain.plan.modes import ModeChange, is_possible
from services.provisioning.domain.plan.plan import PlanStep, StepState
from services.provisioning.domain.plan.working_plan import WorkingPlan
from shared.errors import ConflictError


@dataclass(frozen=True, slots=True)
class AddedStep:
    """A step that a revision adds."""

    item_id: str
    blueprint: BlueprintStep
    after: tuple[str, ...]
    """The references of its predecessors."""

    before: tuple[str, ...] = ()
    """The references of the steps that then wait for it; they have not started."""


@dataclass(frozen=True, slots=True)
class PlanRevision:
    """A change of a plan's steps."""

    number: int
    """The revision that the plan then has: one more than now. An earlier one is applied already."""

    add: tuple[AddedStep, ...] = ()
    replace: Mapping[str, BlueprintStep] = field(default_factory=dict)
    """The new definition of a step, by its reference.

    The old step is undone. So is each step after it that has started; it is then done again.
    """

    compensate: frozenset[str] = frozenset()
    """The references of steps that are taken out with all that depend on them."""


def apply_revision(working_plan: WorkingPlan, revision: PlanRevision) -> None:
    """Change the steps of a running plan; a revision that it has already changes nothing.

    Raises:
        ConflictError: if the plan is not running, is not at the revision before, has passed
            a hard point of no return, or has no such step.
        PoisonError: if the steps would not be a graph.
    """
    if revision.number <= working_plan.revision:
        return
    check_is_next(working_plan, revision)
    working_plan.revision = revision.number
    compensate_steps(working_plan, revision.compensate)
    replace_steps(working_plan, revision.replace)
    add_steps(working_plan, revision.add)
    ordered = graph.topological_order(tuple(working_plan.steps.values()))
    working_plan.steps = {step.ref: step for step in graph.with_positions(ordered)}
    for step in ordered:
        if step.rounds and step.item_id:
            working_plan.keep_values(step.ref)
    working_plan.change_mode(ModeChange.REVISE)


def check_is_next(working_plan: WorkingPlan, revision: PlanRevision) -> None:
    """Check that a plan is running, and at the revision before this one.

    Raises:
        ConflictError: if it is not.
    """
    if not is_possible(working_plan.state, ModeChange.REVISE):
        raise revision_conflict_error(
            working_plan, f"it is {working_plan.state}", "revise a running plan"
        )
    if revision.number != working_plan.revision + 1:
        remedy = f"make revision {working_plan.revision + 1}"
        raise revision_conflict_error(
            working_plan, f"it has revision {working_plan.revision}", remedy
        )


def compensate_steps(working_plan: WorkingPlan, refs: AbstractSet[str]) -> None:
    """Drop these steps, and all that depend on them.

    Raises:
        ConflictError: if one is not in the plan, or cannot be undone any more.
    """
    check_present(working_plan, refs)
    drop_steps(working_plan, graph.refs_with_dependents(working_plan.steps.values(), refs))


def replace_steps(working_plan: WorkingPlan, new: Mapping[str, BlueprintStep]) -> None:
    """Drop these steps, and what has started after them; add each again, redefined or as it was.

    Raises:
        ConflictError: if one is not in the plan, or cannot be undone any more.
    """
    check_present(working_plan, new.keys())
    changed = graph.refs_with_dependents(working_plan.steps.values(), new.keys())
    present = [step for step in steps_of(working_plan, changed) if not step.is_dropped]
    old = [step for step in present if step.ref in new or step.state is not StepState.WAITING]
    copies = {
        step.ref: PlanStep(
            blueprint=new.get(step.ref, step.blueprint),
            item_id=step.item_id,
            revision=working_plan.revision,
            after=step.after,
        )
        for step in old
    }
    drop_steps(working_plan, copies.keys())
    for copy in copies.values():
        add_step(working_plan, copy)
    successors = {ref: copy.ref for ref, copy in copies.items()}
    for ref in {step.ref for step in present} - copies.keys() | set(successors.values()):
        after = working_plan.steps[ref].after
        working_plan.update_step(ref, after=tuple(successors.get(each, each) for each in after))


def add_steps(working_plan: WorkingPlan, added: Iterable[AddedStep]) -> None:
    """Add steps, each behind those that it names.

    Raises:
        ConflictError: if a reference is taken, or a step that is to wait has started.
    """
    for each in added:
        check_present(working_plan, {*each.after, *each.before})
        step = PlanStep(
            blueprint=each.blueprint,
            item_id=each.item_id,
            revision=working_plan.revision,
            after=each.after,
        )
        add_step(working_plan, step)
        for successor in steps_of(working_plan, each.before):
            if successor.state is not StepState.WAITING:
                raise revision_conflict_error(
                    working_plan, f"{successor.ref} has started", "name a later step"
                )
            working_plan.update_step(successor.ref, after=(*successor.after, step.ref))


def add_step(working_plan: WorkingPlan, step: PlanStep) -> None:
    """Add one step.

    Raises:
        ConflictError: if its reference is taken, if it has no item, or requests resources as
            first step.
    """
    if step.ref in working_plan.steps:
        raise revision_conflict_error(
            working_plan, f"it has a step {step.ref}", "give the step another name"
        )
    is_first = step.requests_resources and not step.after
    if is_first or not has_item(working_plan, step):
        remedy = "add a step of one of its items; behind another, if it assigns or releases"
        raise revision_conflict_error(working_plan, f"{step.ref} is of no item", remedy)
    working_plan.steps[step.ref] = step


def has_item(working_plan: WorkingPlan, step: PlanStep) -> bool:
    """Tell whether the item of a step is in the plan."""
    return any(item.id == step.item_id for item in working_plan.items)


def drop_steps(working_plan: WorkingPlan, refs: AbstractSet[str]) -> None:
    """Drop steps: those that have begun are undone, unanswered work orders and waits cancelled.

    Raises:
        ConflictError: if one has begun and a hard point of no return is passed, or if one is
            of all items.
    """
    steps = steps_of(working_plan, refs)
    if not all(step.item_id for step in steps):
        raise revision_conflict_error(
            working_plan, "it needs its resources", "name steps behind the assignment"
        )
    is_final = compensation.is_past_no_return(working_plan.steps.values(), hard_only=True)
    if is_final and any(step.state is not StepState.WAITING for step in steps):
        raise revision_conflict_error(
            working_plan, "it has passed a point of no return", "name later steps"
        )
    for step in steps:
        working_plan.update_step(step.ref, is_dropped=True)
        if step.state is StepState.WAITING:
            working_plan.update_step(step.ref, state=StepState.UNDONE)
        else:
            compensation.cancel_if_nothing_done(working_plan, step.ref)


def steps_of(working_plan: WorkingPlan, refs: Collection[str]) -> list[PlanStep]:
    """Return the steps with these references, in the plan's order."""
    return [step for ref, step in working_plan.steps.items() if ref in refs]


def check_present(working_plan: WorkingPlan, refs: AbstractSet[str]) -> None:
    """Check that these steps are in the plan, and not dropped.

    Raises:
        ConflictError: if one is not.
    """
    present = {ref for ref, step in working_plan.steps.items() if not step.is_dropped}
    if missing := refs - present:
        remedy = f"name some of: {', '.join(sorted(present))}"
        raise revision_conflict_error(
            working_plan, f"it has no step {', '.join(sorted(missing))}", remedy
        )


def revision_conflict_error(working_plan: WorkingPlan, reason: str, remedy: str) -> ConflictError:
    """Return the error for a revision that is not possible now."""
    message = f"the plan of order {working_plan.plan.order_id} cannot be revised so: {reason}"
    return ConflictError(message, code="not-possible", remedy=remedy)
