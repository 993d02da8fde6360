"""The answer to a request whose order gets all that it requires."""

from collections.abc import Iterable, Mapping, Sequence
from uuid import UUID

from services.resources.domain.allocation.existing_holdings import (
    NO_EFFECTS,
    HoldingEffects,
    pre_releases_all,
)
from services.resources.domain.allocation.requirements import OrderRequirements
from services.resources.domain.pool.resource import Holding, ResourceChange
from shared.contracts import Held, ItemHoldings, ItemNeeds, ResourcesAssigned


def assigned_message(
    order: OrderRequirements,
    reserved: Iterable[Holding | ResourceChange],
    existing: HoldingEffects = NO_EFFECTS,
) -> ResourcesAssigned:
    """Return the message with what an order has reserved, and what it keeps and gives up."""
    request = order.request.message
    held = group_held_by_service(reserved)
    kept = group_held_by_service(existing.kept)
    given_up = group_held_by_service(existing.pre_released)
    return ResourcesAssigned(
        order_id=request.order_id,
        items=tuple(
            item_holdings(item, network, held, kept, given_up)
            for item, network in zip(request.items, order.networks, strict=True)
        ),
        request_id=request.request_id,
    )


def item_holdings(
    item: ItemNeeds,
    network: str,
    held: Mapping[UUID, Sequence[Held]],
    kept: Mapping[UUID, Sequence[Held]],
    given_up: Mapping[UUID, Sequence[Held]],
) -> ItemHoldings:
    """Return what was done for the service of one item."""
    reserved, released = held.get(item.service_id, ()), given_up.get(item.service_id, ())
    gives_up_all = pre_releases_all(item)
    return ItemHoldings(
        item_id=item.item_id,
        service_id=item.service_id,
        held=(*reserved, *released) if gives_up_all else tuple(reserved),
        local_network=network,
        kept=tuple(kept.get(item.service_id, ())),
        pre_released=() if gives_up_all else tuple(released),
    )


def group_held_by_service(holdings: Iterable[Holding | ResourceChange]) -> dict[UUID, list[Held]]:
    """Return holdings as messages carry them, by their services."""
    found: dict[UUID, list[Held]] = {}
    for each in holdings:
        found.setdefault(each.service_id, []).append(each.resource.as_message_part)
    return found
