"""What an order claims: its needs, led to the pools that serve its addresses."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import NamedTuple
from uuid import UUID

from services.resources.domain.states import Move, after
from services.resources.domain.things import SERVED_BY, Holding, Kind, Pool, Site, Thing
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


class Request(NamedTuple):
    """What one order wants."""

    tenant: str
    wanted: AssignmentRequested


class Ask(NamedTuple):
    """One thing that an item needs, and where it is to come from."""

    item: ItemNeeds
    pool: Pool
    picked: str
    network: str
    """The local network that a picked number must belong to; empty where any will do."""


@dataclass(frozen=True, slots=True)
class Claim:
    """What one order is to get, and what it gives back."""

    request: Request
    asks: tuple[Ask, ...] = ()
    """What the customer picked comes first: nothing else will do for it."""

    returned: tuple[Holding, ...] = ()
    held: tuple[Holding, ...] = ()
    """What the order holds already: it has asked before."""

    networks: tuple[str, ...] = ()
    """Where the address of each item lies; empty where the inventory does not know it."""


@dataclass(frozen=True, slots=True)
class Known:
    """All that has to be known to tell what orders claim."""

    sites: Mapping[tuple[str, str], Site]
    """By tenant and address."""

    holdings: Sequence[Holding]
    """What the orders hold, and the services that give something back."""


def claims(requests: Sequence[Request], known: Known) -> list[Claim | ResourcesRefused]:
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
        Claim(request, held=tuple(held), networks=networks_of(request, known.sites))
        if (held := of_order.get(request.wanted.order_id))
        else claim(request, known.sites, of_service)
        for request in requests
    ]


def claim(
    request: Request,
    sites: Mapping[tuple[str, str], Site],
    holdings: Mapping[UUID, Sequence[Holding]],
) -> Claim | ResourcesRefused:
    """Return what one order claims, or why it cannot.

    Raises:
        PoisonError: if it needs a kind of thing that there is no pool of.
    """
    asks: list[Ask] = []
    returned: list[Holding] = []
    for item in request.wanted.items:
        if item.action is HoldAction.PRE_RELEASE:
            held = holdings.get(item.service_id, ())
            mine = [each for each in held if may_return(each, request.tenant)]
            if not mine:
                reason = "the service holds nothing that could be given back"
                return refuse(request, item, RefusalCode.NOT_HELD, reason)
            returned += mine
            continue
        site = sites.get((request.tenant, item.address_id))
        if reason := misplaced(item, site):
            return refuse(request, item, RefusalCode.UNSERVED, reason)
        for need in item.needs:
            ask = ask_for(request, item, need, site)
            if isinstance(ask, ResourcesRefused):
                return ask
            asks.append(ask)
    asks.sort(key=lambda each: not each.picked)
    return Claim(request, tuple(asks), tuple(returned), (), networks_of(request, sites))


def networks_of(request: Request, sites: Mapping[tuple[str, str], Site]) -> tuple[str, ...]:
    """Return where the address of each of an order's items lies."""
    found = (sites.get((request.tenant, item.address_id)) for item in request.wanted.items)
    return tuple(site.local_network if site else "" for site in found)


def misplaced(item: ItemNeeds, site: Site | None) -> str:
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


def may_return(holding: Holding, tenant: str) -> bool:
    """Tell whether an order of this tenant can give the thing back."""
    is_ours = holding.thing.pool.tenant == tenant
    return is_ours and after(holding.state, Move.PRE_RELEASE) is not None


def ask_for(
    request: Request, item: ItemNeeds, need: Need, site: Site | None
) -> Ask | ResourcesRefused:
    """Lead one need to its pool, or say why none serves the address.

    Raises:
        PoisonError: if there is no pool of such things.
    """
    kind = kind_of(need)
    if kind is Kind.NUMBER and need.picked:
        network = site.local_network if site else ""
        pool = Pool(request.tenant, kind, "", need.grade)
        return Ask(item, pool, need.picked, network)
    name = SERVED_BY[kind](site) if site else None
    if name is None:
        where = f"address {item.address_id}" if item.address_id else "an item without address"
        what = "no splitter serves" if site else "the inventory does not know"
        return refuse(request, item, RefusalCode.UNSERVED, f"{kind}: {what} {where}")
    return Ask(item, Pool(request.tenant, kind, name, need.grade), need.picked, "")


def kind_of(need: Need) -> Kind:
    """Return the kind of thing that is needed.

    Raises:
        PoisonError: if there is no pool of such things.
    """
    try:
        kind = Kind(need.kind)
    except ValueError:
        msg = f"there is no pool of {need.kind}"
        raise PoisonError(msg) from None
    if kind is not Kind.NUMBER and (need.picked or need.grade):
        msg = f"a {kind} cannot be picked, and has no grade"
        raise PoisonError(msg)
    return kind


def refuse(request: Request, item: ItemNeeds, code: RefusalCode, reason: str) -> ResourcesRefused:
    """Give the order nothing, and say why."""
    return ResourcesRefused(
        order_id=request.wanted.order_id, code=code, reason=reason, item_id=item.item_id
    )


def tell_again(claim_: Claim) -> ResourcesAssigned:
    """Tell an order that asks again what it holds."""
    return assigned(claim_, [(each.service_id, each.thing) for each in claim_.held])


def assigned(claim_: Claim, things: Sequence[tuple[UUID, Thing]]) -> ResourcesAssigned:
    """Tell an order which things its services hold."""
    of_service: dict[UUID, list[Held]] = {}
    for service_id, thing in things:
        of_service.setdefault(service_id, []).append(thing.as_held)
    wanted = claim_.request.wanted
    return ResourcesAssigned(
        order_id=wanted.order_id,
        items=tuple(
            ItemHoldings(
                item_id=item.item_id,
                service_id=item.service_id,
                held=tuple(of_service.get(item.service_id, ())),
                local_network=network,
            )
            for item, network in zip(wanted.items, claim_.networks, strict=True)
        ),
    )
