"""Assignment: the answers of the resource service to the requests of a plan's steps."""

from collections.abc import Iterable
from typing import TypeAlias

import msgspec

from services.provisioning.domain.plan import compensation, execution
from services.provisioning.domain.plan.plan import (
    EarlyAnswer,
    PlanFailure,
    PlanItem,
    PlanStep,
    StepFailure,
    StepState,
)
from services.provisioning.domain.plan.working_plan import WorkingPlan
from shared.contracts import (
    Held,
    ItemHoldings,
    ReleaseRequested,
    ResourcesAssigned,
    ResourcesRefused,
    ResourcesReleased,
)

ResourcesAnswer: TypeAlias = ResourcesAssigned | ResourcesRefused | ResourcesReleased


def apply_resources_answer(
    working_plan: WorkingPlan, step: PlanStep, answer: ResourcesAnswer
) -> bool:
    """Apply an answer to the step that it is for; return whether it can be legal there.

    After a restore answers are consumed again, and come to later steps that were taken over.
    """
    match step.state, answer:
        case StepState.RUNNING, ResourcesAssigned():
            take_holdings(working_plan, step, answer.items)
            execution.complete_step(working_plan, step.ref)

        case StepState.UNDOING, ResourcesReleased():
            restore_earlier_holdings(working_plan, step)
            compensation.mark_undone(working_plan, step.ref)

        case StepState.RUNNING, ResourcesRefused():
            refuse_step(working_plan, step, answer)

        case StepState.DONE | StepState.UNDOING | StepState.UNDONE, ResourcesAssigned():
            """Applied already."""

        case StepState.FAILED | StepState.FALLOUT | StepState.SKIPPED, ResourcesRefused() if (
            not step.unsure
        ):
            """Applied already."""

        case StepState.UNDONE, ResourcesReleased():
            """Applied already."""

        case _ if step.item_id:
            return apply_after_takeover(working_plan, step, answer)

        case _:
            return False
    return True


def apply_after_takeover(
    working_plan: WorkingPlan, step: PlanStep, answer: ResourcesAnswer
) -> bool:
    """Apply an answer to a later step that was taken over; return whether it can be legal there."""
    match step.state, answer:
        case StepState.WAITING, _:
            working_plan.update_step(step.ref, early_answer=early_answer(answer))

        case StepState.FAILED, ResourcesAssigned() if step.unsure:
            take_holdings(working_plan, step, answer.items)

        case StepState.FAILED, ResourcesReleased() if step.unsure:
            restore_earlier_holdings(working_plan, step)
            compensation.mark_undone(working_plan, step.ref)

        case StepState.FAILED, ResourcesRefused():
            working_plan.update_step(step.ref, unsure=False)

        case StepState.FALLOUT, ResourcesAssigned():
            # It had been assigned to a request that was made again. Were it released, a person's
            # retry would get this very answer once more, with what is free by then.
            take_holdings(working_plan, step, answer.items)
            execution.complete_step(working_plan, step.ref)

        case StepState.FAILED | StepState.SKIPPED, ResourcesAssigned():
            release_again(working_plan, step, answer)

        case StepState.FAILED | StepState.SKIPPED, ResourcesReleased():
            """It had been assigned to a request that was made again."""

        case StepState.DONE | StepState.UNDOING | StepState.UNDONE, ResourcesRefused():
            """The step has been taken over since."""

        case _:
            return False
    return True


def release_again(working_plan: WorkingPlan, step: PlanStep, assigned: ResourcesAssigned) -> None:
    """Release what a refused step got when it was requested again, after a restore."""
    if held := tuple(each for item in assigned.items for each in item.changed_holdings):
        order_id, request = working_plan.plan.order_id, step.ref
        working_plan.messages.append(
            ReleaseRequested(order_id=order_id, request_id=request, held=held)
        )


def early_answer(answer: ResourcesAnswer) -> EarlyAnswer | None:
    """Return what is kept of an answer that came before its step; nothing of a release."""
    match answer:
        case ResourcesAssigned(items=items):
            return EarlyAnswer(items=items)
        case ResourcesRefused(code=code, reason=reason):
            return EarlyAnswer(refusal=StepFailure(code=code, reason=reason))
        case ResourcesReleased():
            return None


def apply_early_answer(working_plan: WorkingPlan) -> bool:
    """Apply an answer that came before its step; return whether there was one."""
    steps = working_plan.steps.values()
    step = next(
        (each for each in steps if each.early_answer and each.state is StepState.RUNNING), None
    )
    if step is None or step.early_answer is None:
        return False
    working_plan.update_step(step.ref, early_answer=None)
    if step.early_answer.refusal:
        execution.fail_step(working_plan, step.ref, step.early_answer.refusal)
    else:
        take_holdings(working_plan, step, step.early_answer.items)
        execution.complete_step(working_plan, step.ref)
    return True


def take_holdings(
    working_plan: WorkingPlan, step: PlanStep, assigned: Iterable[ItemHoldings]
) -> None:
    """Give the items what a step got for them, and take from them what they give up.

    The first step sets all that they hold. What a later one got for its item stands before
    what the item holds already, so that templates find it first.
    """
    by_item = {each.item_id: each for each in assigned}
    for item in working_plan.items:
        found = by_item.get(item.id)
        if not step.item_id:
            replace_item(working_plan, with_first_holdings(item, found))
        elif item.id == step.item_id and found:
            replace_item(working_plan, with_later_holdings(item, found))
            working_plan.update_step(step.ref, held=found.held, pre_released=found.pre_released)
    refresh_base_holdings(working_plan)


def refresh_base_holdings(working_plan: WorkingPlan) -> None:
    """Give items what the services of the plan hold on which their own rely."""
    services = {item.service_id: item for item in working_plan.items}
    for item in working_plan.items:
        base = services.get(item.base_service_id) if item.base_service_id else None
        if base:
            changed = msgspec.structs.replace(
                item, base_held=base.held, base_pre_released=base.pre_released
            )
            replace_item(working_plan, changed)


def with_first_holdings(item: PlanItem, found: ItemHoldings | None) -> PlanItem:
    """Return an item with what the first step got for it, perhaps nothing."""
    if found is None:
        return item.with_holdings((), "")
    changed = item.with_holdings((*found.held, *found.kept), found.local_network)
    return msgspec.structs.replace(changed, pre_released=found.pre_released)


def with_later_holdings(item: PlanItem, found: ItemHoldings) -> PlanItem:
    """Return an item with what a later step got for it, before what it holds already."""
    got = (*found.held, *found.kept)
    return msgspec.structs.replace(
        item,
        held=(*got, *holdings_without(item.held, (*got, *found.pre_released))),
        pre_released=(*found.pre_released, *item.pre_released),
    )


def restore_earlier_holdings(working_plan: WorkingPlan, step: PlanStep) -> None:
    """Take from an item what a step had got for it, and give it back what it had given up.

    What a step that is undone by now had got does not come back: no order need stand between the
    step that got a resource and the one that gave it up.
    """
    of_undone = tuple(
        held
        for each in working_plan.steps.values()
        if each.item_id == step.item_id and each.state is StepState.UNDONE
        for held in each.held
    )
    for item in working_plan.items:
        if item.id == step.item_id:
            given_back = holdings_without(step.pre_released, of_undone)
            held = (*holdings_without(item.held, step.held), *given_back)
            pre_released = holdings_without(item.pre_released, step.pre_released)
            changed = msgspec.structs.replace(item, held=held, pre_released=pre_released)
            replace_item(working_plan, changed)
    refresh_base_holdings(working_plan)


def replace_item(working_plan: WorkingPlan, changed: PlanItem) -> None:
    """Put a changed item in the place of the one before."""
    working_plan.items = tuple(
        changed if item.id == changed.id else item for item in working_plan.items
    )


def holdings_without(held: tuple[Held, ...], others: tuple[Held, ...]) -> tuple[Held, ...]:
    """Return holdings that are not among others."""
    names = {(each.kind, each.value) for each in others}
    return tuple(each for each in held if (each.kind, each.value) not in names)


def refuse_step(working_plan: WorkingPlan, step: PlanStep, refused: ResourcesRefused) -> None:
    """Fail a step that got nothing: a first one ends the plan, as nothing was done before it."""
    if step.after:
        failure = StepFailure(code=refused.code, reason=refused.reason)
        execution.fail_step(working_plan, step.ref, failure)
        return
    working_plan.update_step(step.ref, state=StepState.FAILED)
    if not working_plan.is_to_be_undone(step):
        failure_of_plan = PlanFailure(code=refused.code, reason=refused.reason, step=step.ref)
        working_plan.refuse(failure_of_plan)
