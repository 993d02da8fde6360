"""What an order claims: its needs, led to the pools that serve its addresses."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import NamedTuple
from uuid import UUID

from services.resources.domain.pool.resource import (
    POOL_SERVING,
    Holding,
    Pool,
    Resource,
    ResourceKind,
    ServingPlant,
)
from services.resources.domain.pool.states import Transition, next_state
from shared.contracts import (
    AssignmentRequested,
    Held,
    HoldAction,
    ItemHoldings,
    ItemNeeds,
    Need,
    RefusalCode,
    ResourcesAssigned,
    ResourcesRefused,
)
from shared.errors import PoisonError


class AssignmentRequest(NamedTuple):
    """What one order wants."""

    tenant: str
    message: AssignmentRequested


class Requirement(NamedTuple):
    """One thing that an item needs, and where it is to come from."""

    item: ItemNeeds
    pool: Pool
    picked: str
    network: str
    """The local network that a picked number must belong to; empty where any will do."""


@dataclass(frozen=True, slots=True)
class OrderRequirements:
    """What one order is to get, and what it gives back."""

    request: AssignmentRequest
    requirements: tuple[Requirement, ...] = ()
    """What the customer picked comes first: nothing else will do for it."""

    returned: tuple[Holding, ...] = ()
    held: tuple[Holding, ...] = ()
    """What the order holds already: it has asked before."""

    networks: tuple[str, ...] = ()
    """Where the address of each item lies; empty where the inventory does not know it."""


@dataclass(frozen=True, slots=True)
class AllocationContext:
    """All that has to be known to tell what orders claim."""

    sites: Mapping[tuple[str, str], ServingPlant]
    """By tenant and address."""

    holdings: Sequence[Holding]
    """What the orders hold, and the services that give something back."""


def resolve_orders(
    requests: Sequence[AssignmentRequest], known: AllocationContext
) -> list[OrderRequirements | ResourcesRefused]:
    """Return what each order claims, or why it cannot.

    Raises:
        PoisonError: if one needs a kind of thing that there is no pool of.
    """
    of_order: dict[UUID, list[Holding]] = {}
    of_service: dict[UUID, list[Holding]] = {}
    for each in known.holdings:
        of_order.setdefault(each.order_id, []).append(each)
        of_service.setdefault(each.service_id, []).append(each)
    return [
        OrderRequirements(request, held=tuple(held), networks=item_networks(request, known.sites))
        if (held := of_order.get(request.message.order_id))
        else resolve_order(request, known.sites, of_service)
        for request in requests
    ]


def resolve_order(
    request: AssignmentRequest,
    sites: Mapping[tuple[str, str], ServingPlant],
    holdings: Mapping[UUID, Sequence[Holding]],
) -> OrderRequirements | ResourcesRefused:
    """Return what one order claims, or why it cannot.

    Raises:
        PoisonError: if it needs a kind of thing that there is no pool of.
    """
    requirements: list[Requirement] = []
    returned: list[Holding] = []
    for item in request.message.items:
        if item.action is HoldAction.PRE_RELEASE:
            held = holdings.get(item.service_id, ())
            mine = [each for each in held if can_pre_release(each, request.tenant)]
            if not mine:
                reason = "the service holds nothing that could be given back"
                return refused_message(request, item, RefusalCode.NOT_HELD, reason)
            returned += mine
            continue
        site = sites.get((request.tenant, item.address_id))
        if reason := location_conflict(item, site):
            return refused_message(request, item, RefusalCode.UNSERVED, reason)
        for need in item.needs:
            requirement = resolve_need(request, item, need, site)
            if isinstance(requirement, ResourcesRefused):
                return requirement
            requirements.append(requirement)
    requirements.sort(key=lambda each: not each.picked)
    return OrderRequirements(
        request, tuple(requirements), tuple(returned), (), item_networks(request, sites)
    )


def item_networks(
    request: AssignmentRequest, sites: Mapping[tuple[str, str], ServingPlant]
) -> tuple[str, ...]:
    """Return where the address of each of an order's items lies."""
    found = (sites.get((request.tenant, item.address_id)) for item in request.message.items)
    return tuple(site.local_network if site else "" for site in found)


def location_conflict(item: ItemNeeds, site: ServingPlant | None) -> str:
    """Say why an item cannot be had where its address lies; empty if it can.

    The address decides: neither what the order says of it is believed, nor that its
    offering is sold there.
    """
    if not (item.local_network or item.sold_in):
        return ""
    if site is None:
        return f"the inventory does not know address {item.address_id}"
    if item.local_network not in {"", site.local_network}:
        lies, said = site.local_network, item.local_network
        return f"address {item.address_id} lies in local network {lies}, not in {said}"
    if item.sold_in and site.local_network not in item.sold_in:
        sold = ", ".join(item.sold_in)
        return (
            f"the offering is not sold in local network {site.local_network}, where address"
            f" {item.address_id} lies; it is sold in: {sold}"
        )
    return ""


def can_pre_release(holding: Holding, tenant: str) -> bool:
    """Tell whether an order of this tenant can give the thing back."""
    is_ours = holding.resource.pool.tenant == tenant
    return is_ours and next_state(holding.state, Transition.PRE_RELEASE) is not None


def resolve_need(
    request: AssignmentRequest, item: ItemNeeds, need: Need, site: ServingPlant | None
) -> Requirement | ResourcesRefused:
    """Lead one need to its pool, or say why none serves the address.

    Raises:
        PoisonError: if there is no pool of such things.
    """
    kind = kind_of(need)
    if kind is ResourceKind.NUMBER and need.picked:
        network = site.local_network if site else ""
        pool = Pool(request.tenant, kind, "", need.grade)
        return Requirement(item, pool, need.picked, network)
    name = POOL_SERVING[kind](site) if site else None
    if name is None:
        where = f"address {item.address_id}" if item.address_id else "an item without address"
        what = "no splitter serves" if site else "the inventory does not know"
        return refused_message(request, item, RefusalCode.UNSERVED, f"{kind}: {what} {where}")
    return Requirement(item, Pool(request.tenant, kind, name, need.grade), need.picked, "")


def kind_of(need: Need) -> ResourceKind:
    """Return the kind of thing that is needed.

    Raises:
        PoisonError: if there is no pool of such things.
    """
    try:
        kind = ResourceKind(need.kind)
    except ValueError:
        msg = f"there is no pool of {need.kind}"
        raise PoisonError(msg) from None
    if kind is not ResourceKind.NUMBER and (need.picked or need.grade):
        msg = f"a {kind} cannot be picked, and has no grade"
        raise PoisonError(msg)
    return kind


def refused_message(
    request: AssignmentRequest, item: ItemNeeds, code: RefusalCode, reason: str
) -> ResourcesRefused:
    """Give the order nothing, and say why."""
    return ResourcesRefused(
        order_id=request.message.order_id, code=code, reason=reason, item_id=item.item_id
    )


def repeat_assigned(order: OrderRequirements) -> ResourcesAssigned:
    """Tell an order that asks again what it holds."""
    return assigned_message(order, [(each.service_id, each.resource) for each in order.held])


def assigned_message(
    order: OrderRequirements, things: Sequence[tuple[UUID, Resource]]
) -> ResourcesAssigned:
    """Tell an order which things its services hold."""
    of_service: dict[UUID, list[Held]] = {}
    for service_id, thing in things:
        of_service.setdefault(service_id, []).append(thing.as_held)
    wanted = order.request.message
    return ResourcesAssigned(
        order_id=wanted.order_id,
        items=tuple(
            ItemHoldings(
                item_id=item.item_id,
                service_id=item.service_id,
                held=tuple(of_service.get(item.service_id, ())),
                local_network=network,
            )
            for item, network in zip(wanted.items, order.networks, strict=True)
        ),
    )
