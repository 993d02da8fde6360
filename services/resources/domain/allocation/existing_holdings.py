"""What an order does to the holdings that its services have: keep, pre-release or swap them."""

from collections.abc import Iterable, Sequence
from typing import NamedTuple
from uuid import UUID

from services.resources.domain.business_actions import effect_of_action
from services.resources.domain.pool.resource import Holding
from services.resources.domain.pool.states import Transition
from shared.contracts import (
    FIRST_REQUEST,
    RESERVING_EFFECTS,
    AssignmentRequested,
    ItemNeeds,
    Need,
    NeedEffect,
)

OF_EXISTING = frozenset({NeedEffect.KEEP, NeedEffect.PRE_RELEASE, NeedEffect.SWAP})
"""The effects on a resource that the service holds."""


class HoldingEffects(NamedTuple):
    """What is kept, and what is given up when the order completes."""

    kept: tuple[Holding, ...] = ()
    pre_released: tuple[Holding, ...] = ()


NO_EFFECTS = HoldingEffects()


def pre_releases_all(item: ItemNeeds) -> bool:
    """Tell whether an item gives up all that its service holds."""
    return not item.needs and is_ending(item)


def is_ending(item: ItemNeeds) -> bool:
    """Tell whether the service ends: by its first request it gives up all that it does not keep."""
    return effect_of_action(item) is NeedEffect.PRE_RELEASE


def needs_with_effects(item: ItemNeeds) -> list[tuple[Need, NeedEffect]]:
    """Return the needs of an item with their effects."""
    effect = effect_of_action(item)
    return [(need, need.effect or effect) for need in item.needs]


def needs_to_reserve(item: ItemNeeds) -> list[Need]:
    """Return the needs for which a free resource is reserved."""
    return [need for need, effect in needs_with_effects(item) if effect in RESERVING_EFFECTS]


def is_delivered_at_address(item: ItemNeeds, reserved: Sequence[Need]) -> bool:
    """Tell whether an item is to be served at its address: it reserves, or has a new service."""
    return bool(reserved) or (not item.needs and effect_of_action(item) is NeedEffect.RESERVE)


def has_affected_holdings(item: ItemNeeds) -> bool:
    """Tell whether an item keeps or gives up what its service holds."""
    effects = needs_with_effects(item)
    return any(effect in OF_EXISTING for _, effect in effects) if effects else is_ending(item)


def effects_on_holdings(
    item: ItemNeeds, held: Iterable[Holding], request: AssignmentRequested
) -> HoldingEffects | str:
    """Return what an item does to the holdings of its service, or why that is not possible.

    Args:
        item: the item.
        held: what its service holds and has not given up.
        request: the request of the item's order.
    """
    order_id = request.order_id
    left = list(held)
    if pre_releases_all(item):
        releasable = tuple(each for each in left if can_pre_release(each, order_id))
        if not releasable:
            return "the service holds nothing that could be released"
        return HoldingEffects(pre_released=releasable)
    kept: list[Holding] = []
    pre_released: list[Holding] = []
    affecting = [pair for pair in needs_with_effects(item) if pair[1] in OF_EXISTING]
    # What is kept may be reserved by the order itself; what is given up may not.
    for need, effect in sorted(affecting, key=lambda pair: pair[1] is NeedEffect.KEEP):
        is_kept = effect is NeedEffect.KEEP
        possible = (
            each
            for each in left
            if each.resource.pool.kind == need.kind
            and (can_keep(each) if is_kept else can_pre_release(each, order_id))
        )
        found = next(possible, None)
        if found is None:
            done = "kept" if is_kept else "released"
            return f"the service holds no {need.kind} that could be {done}"
        left.remove(found)
        (kept if is_kept else pre_released).append(found)
    if is_ending(item) and request.request_id == FIRST_REQUEST:
        pre_released += [each for each in left if can_pre_release(each, order_id)]
    return HoldingEffects(tuple(kept), tuple(pre_released))


def can_keep(holding: Holding) -> bool:
    """Tell whether a service has something and does not give it up."""
    return holding.after(Transition.PRE_RELEASE) is not None


def can_pre_release(holding: Holding, order_id: UUID) -> bool:
    """Tell whether an order can pre-release a holding.

    What an order has reserved itself is not in use: the release of its request frees it.
    """
    is_reserved = holding.state is holding.resource.pool.life_cycle.reserved
    return can_keep(holding) and not (is_reserved and holding.order_id == order_id)
