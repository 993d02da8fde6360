"""The requirements of an order: its needs, resolved to the pools that serve its addresses."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import NamedTuple, TypeAlias
from uuid import UUID

from services.resources.domain.allocation.address_conflict import address_conflict
from services.resources.domain.allocation.assignment_request import (
    AssignmentRequest,
    Sites,
    item_networks,
    site_of,
)
from services.resources.domain.allocation.existing_holdings import (
    is_delivered_at_address,
    needs_to_reserve,
    pre_releases_all,
)
from services.resources.domain.allocation.kept_resources import pools_serving_kept
from services.resources.domain.allocation.needed_kinds import kind_of
from services.resources.domain.pool.kinds import (
    PickedFrom,
    PoolKind,
    PoolKinds,
    ServingPlant,
)
from services.resources.domain.pool.resource import Holding, Pool
from shared.contracts import (
    FIRST_REQUEST,
    ItemNeeds,
    Need,
    RefusalCode,
    ResourcesAssigned,
    ResourcesRefused,
    ServedFrom,
)

PublishedAnswers: TypeAlias = Mapping[tuple[UUID, str], ResourcesAssigned]
"""Published answers, by order and request."""


class Requirement(NamedTuple):
    """One resource that an item needs, and the pool it comes from."""

    item: ItemNeeds
    pool: Pool
    picked: str
    network: str
    """The local network that a resource picked from any pool must belong to; empty for any."""

    only_pool: str = ""
    """The one pool that a resource may be picked from; empty for any."""

    excluded_pool: str = ""
    """The pool that it must not be picked from: that of the whole local network, as of mobile
    numbers, if the need is for another kind of pool."""


@dataclass(frozen=True, slots=True)
class OrderRequirements:
    """What one order requires, and what its services hold."""

    request: AssignmentRequest
    requirements: tuple[Requirement, ...] = ()
    """Picked resources come first: nothing else can replace them."""

    services: Mapping[UUID, Sequence[Holding]] = field(default_factory=dict)
    """What each of its services holds, which it may keep or give up."""

    serving_pools: Mapping[tuple[UUID, str], str] = field(default_factory=dict)
    """The pools that must serve what is kept, by service and kind; others are kept from any."""

    held: tuple[Holding, ...] = ()
    """What the order already holds, if it repeats its first request."""

    networks: tuple[str, ...] = ()
    """The local network of each item's address; empty if the address is unknown."""

    published: ResourcesAssigned | None = None
    """The published answer to the request, if it is repeated and its answer was looked up."""


@dataclass(frozen=True, slots=True)
class AllocationContext:
    """The inventory data that the requirements of a batch are resolved with."""

    sites: Sites
    holdings: Sequence[Holding]
    """The holdings of the orders, and of the services whose holdings they keep or give up."""

    kinds: PoolKinds
    """Those of the needed kinds that exist."""


def resolve_orders(
    requests: Sequence[AssignmentRequest],
    context: AllocationContext,
    answers: PublishedAnswers,
) -> list[OrderRequirements | ResourcesRefused]:
    """Return the requirements of each order, or its refusal.

    Args:
        requests: the requests.
        context: the plant and the holdings.
        answers: published answers to requests that are repeated, as far as they were looked up.

    Raises:
        PoisonError: if one needs a kind of resource that has no pool.
    """
    by_order: dict[UUID, list[Holding]] = {}
    by_service: dict[UUID, list[Holding]] = {}
    for each in context.holdings:
        by_order.setdefault(each.order_id, []).append(each)
        by_service.setdefault(each.service_id, []).append(each)
    return [
        resolve_if_answered(request, answers, context.sites)
        or resolve_if_repeated(request, by_order.get(request.message.order_id, ()), context.sites)
        or resolve_order(request, context, by_service)
        for request in requests
    ]


def is_recognised_by_holdings(request: AssignmentRequest) -> bool:
    """Tell whether a repetition of a request is recognised by what its order holds.

    That is so for the first request of an order, unless it keeps or gives up single resources:
    they are not held for the order alone.
    """
    is_first = request.message.request_id == FIRST_REQUEST
    return is_first and all(map(pre_releases_all, request.affected))


def requests_to_look_up(
    requests: Sequence[AssignmentRequest], holdings: Iterable[Holding]
) -> list[AssignmentRequest]:
    """Return the requests that may have been answered before, by what their orders hold."""
    holders = {each.order_id for each in holdings}
    return [
        each
        for each in requests
        if not is_recognised_by_holdings(each) or each.message.order_id in holders
    ]


def resolve_if_answered(
    request: AssignmentRequest, answers: PublishedAnswers, sites: Sites
) -> OrderRequirements | None:
    """Return the requirements of a request that was answered already; None if none was found."""
    answer = answers.get((request.message.order_id, request.message.request_id))
    if answer is None:
        return None
    return OrderRequirements(request, published=answer, networks=item_networks(request, sites))


def resolve_if_repeated(
    request: AssignmentRequest, held: Sequence[Holding], sites: Sites
) -> OrderRequirements | None:
    """Return the requirements of a first request whose order holds something; None for others.

    Its answer may not be in the archive, if a restore has lost it.
    """
    if not held or not is_recognised_by_holdings(request):
        return None
    return OrderRequirements(request, held=tuple(held), networks=item_networks(request, sites))


def resolve_order(
    request: AssignmentRequest,
    context: AllocationContext,
    holdings: Mapping[UUID, Sequence[Holding]],
) -> OrderRequirements | ResourcesRefused:
    """Return the requirements of one order, or its refusal.

    Raises:
        PoisonError: if it needs a kind of resource that there is not.
    """
    sites, kinds = context.sites, context.kinds
    for need in (need for item in request.affected for need in item.needs):
        kind_of(request.tenant, need, kinds)
    requirements: list[Requirement] = []
    for item in request.message.items:
        site = site_of(request, item, sites)
        needs = needs_to_reserve(item)
        if is_delivered_at_address(item, needs) and (reason := address_conflict(item, site)):
            return refused_message(request, item, RefusalCode.UNSERVED, reason)
        for need in needs:
            kind = kind_of(request.tenant, need, kinds)
            requirement = resolve_need(request, item, need, kind, site)
            if isinstance(requirement, ResourcesRefused):
                return requirement
            requirements.append(requirement)
    requirements.sort(key=lambda each: not each.picked)
    return OrderRequirements(
        request,
        tuple(requirements),
        {
            item.service_id: [
                each
                for each in holdings.get(item.service_id, ())
                if is_of_tenant(each, request.tenant)
            ]
            for item in request.affected
        },
        serving_pools=pools_serving_kept(request, kinds, sites),
        networks=item_networks(request, sites),
    )


def is_of_tenant(holding: Holding, tenant: str) -> bool:
    """Tell whether a holding is a tenant's."""
    return holding.resource.pool.tenant == tenant


def resolve_need(
    request: AssignmentRequest,
    item: ItemNeeds,
    need: Need,
    kind: PoolKind,
    site: ServingPlant | None,
) -> Requirement | ResourcesRefused:
    """Resolve one need to its pool, or refuse the order if no pool serves the address."""
    served_from = ServedFrom(need.served_from) if need.served_from else None
    if need.picked and kind.picked_from is PickedFrom.REGION:
        network = site.local_network if site else ""
        any_pool = Pool(request.tenant, kind.name, "", need.grade)
        only = kind.pool_serving(site, served_from) or "" if served_from else ""
        excluded = "" if (served_from or kind.served_from) is ServedFrom.REGION else network
        return Requirement(item, any_pool, need.picked, network, only, excluded)
    name = kind.pool_serving(site, served_from)
    if name is None:
        reason = unserved_reason(kind, item, site)
        return refused_message(request, item, RefusalCode.UNSERVED, reason)
    pool = Pool(request.tenant, kind.name, name, need.grade)
    return Requirement(item, pool, need.picked, "")


def unserved_reason(kind: PoolKind, item: ItemNeeds, site: ServingPlant | None) -> str:
    """Return why no pool of a kind serves an item."""
    where = f"address {item.address_id}" if item.address_id else "an item without address"
    reason = f"no {kind.served_from} serves" if site else "the inventory does not know"
    return f"{kind.name}: {reason} {where}"


def refused_message(
    request: AssignmentRequest, item: ItemNeeds, code: RefusalCode, reason: str
) -> ResourcesRefused:
    """Return the refusal of an order, with the reason."""
    return ResourcesRefused(
        order_id=request.message.order_id,
        code=code,
        reason=reason,
        item_id=item.item_id,
        request_id=request.message.request_id,
    )
