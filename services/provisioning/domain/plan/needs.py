"""What the steps of a plan request of resources."""

from collections.abc import Iterable, Iterator, Sequence
from itertools import repeat

import msgspec

from services.provisioning.domain.blueprint.blueprint import (
    MAX_COUNT,
    MAX_COUNT_OF_ORDER,
    Blueprint,
    BlueprintNeed,
)
from services.provisioning.domain.business_actions import ServiceEffect, rule_of
from services.provisioning.domain.plan.plan import PlanItem, PlanStep
from services.provisioning.domain.plan.templates import applies, fill_text
from shared.contracts import (
    ItemNeeds,
    Need,
    OrderedItem,
    business_action_name,
)


def first_step_needs(
    item: PlanItem, needs: Sequence[BlueprintNeed], ordered: OrderedItem
) -> ItemNeeds:
    """Return what the first step requests for an item, where the order says it is sold.

    A service that ends gives up all that it holds, or, if its needs name effects, all that they do
    not keep.
    """
    ends = rule_of(item).effect is ServiceEffect.ENDS
    are_named = not ends or any(each.effect for each in needs)
    requested = item_needs(item, needs if are_named else ())
    return msgspec.structs.replace(
        requested, local_network=ordered.local_network, sold_in=ordered.sold_in
    )


def step_needs(step: PlanStep, item: PlanItem) -> ItemNeeds:
    """Return what a later step requests for its item."""
    requested = item_needs(item, step.blueprint.requested_needs)
    return msgspec.structs.replace(requested, local_network=item.local_network)


def item_needs(item: PlanItem, needs: Sequence[BlueprintNeed]) -> ItemNeeds:
    """Return what is requested for an item."""
    hold = rule_of(item).hold
    assert hold, "only what can be carried out is planned"
    return ItemNeeds(
        item_id=item.id,
        service_id=item.service_id,
        action=hold,
        business_action=business_action_name(item),
        address_id=item.address_id,
        needs=tuple(filled_needs(item, needs)),
    )


def filled_needs(item: PlanItem, needs: Iterable[BlueprintNeed]) -> Iterator[Need]:
    """Yield the needs of an item that apply, with what the customer picked."""
    for each in (need for need in needs if applies(need, item)):
        picked, grade = fill_text(each.picked, item), fill_text(each.grade, item)
        need = Need(
            kind=each.kind,
            picked=picked,
            grade=grade,
            effect=each.effect,
            served_from=each.served_from,
        )
        yield from repeat(need, count_of(each, item) or 0)


def count_of(need: BlueprintNeed, item: PlanItem) -> int | None:
    """Return how many resources a need is for; None if its count is no number up to the most."""
    text = fill_text(need.count, item) if need.count else "1"
    is_number = text.isascii() and text.isdigit() and len(text) <= len(str(MAX_COUNT))
    return int(text) if is_number and int(text) <= MAX_COUNT else None


def wrong_counts(planned: Iterable[tuple[PlanItem, Blueprint]]) -> str:
    """Return why an order cannot get as many resources as it needs; empty if it can."""
    total = 0
    for item, blueprint in planned:
        ends = rule_of(item).effect is ServiceEffect.ENDS
        steps = (need for step in blueprint.steps for need in step.requested_needs)
        for need in (each for each in (*blueprint.needs, *steps) if applies(each, item)):
            count = count_of(need, item)
            if count is None:
                text = fill_text(need.count, item)
                return f"{need.kind} of item {item.id}: {text!r} is no number up to {MAX_COUNT}"
            total += 0 if ends else count  # it gives up what an order has got
    if total > MAX_COUNT_OF_ORDER:
        return f"an order gets up to {MAX_COUNT_OF_ORDER} resources, and this one needs {total}"
    return ""
