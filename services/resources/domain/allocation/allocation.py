"""Allocation of free resources to a batch of orders.

The orders are served in their order, with the same result as one by one: an order gets the
lowest free resource of each pool, or the very resource that it picked, and everything that it
requires or nothing. What a refused order would have taken is free for the next.
"""

from collections import Counter
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import NamedTuple, TypeAlias

from services.resources.domain.allocation.answers import assigned_message
from services.resources.domain.allocation.existing_holdings import (
    NO_EFFECTS,
    HoldingEffects,
    effects_on_holdings,
)
from services.resources.domain.allocation.kept_resources import reason_not_kept
from services.resources.domain.allocation.requirements import (
    OrderRequirements,
    Requirement,
    refused_message,
)
from services.resources.domain.pool.resource import (
    Holding,
    Pool,
    Resource,
    ResourceChange,
    ResourceKey,
    ResourceName,
)
from services.resources.domain.pool.states import ResourceState, Transition
from shared.contracts import RefusalCode, ResourcesAssigned, ResourcesRefused

AssignmentAnswer: TypeAlias = ResourcesAssigned | ResourcesRefused


class PickedResource(NamedTuple):
    """A resource that a customer picked, in its current state: free, or selected."""

    resource: Resource
    network: str
    """The local network of its pool; empty if it was picked from the pool that serves."""

    state: ResourceState
    selected_by: str = ""
    until: datetime | None = None

    @property
    def is_free(self) -> bool:
        """Tell whether it is free, and so may also be the lowest of its pool."""
        return self.state is self.resource.pool.life_cycle.free

    def is_free_for(self, client: str, now: datetime) -> bool:
        """Tell whether this client may have it: it is free, or the client itself selected it."""
        return (
            self.is_free
            or self.selected_by == client
            or (self.until is not None and self.until <= now)
        )


class Allocation(NamedTuple):
    """The answer to one order, and the state changes for it."""

    answer: AssignmentAnswer
    changes: tuple[ResourceChange, ...] = ()

    @property
    def is_repeat(self) -> bool:
        """Tell whether it changes nothing: the order, or its service, holds all of it already."""
        return not self.changes and isinstance(self.answer, ResourcesAssigned)

    @property
    def local_network(self) -> str:
        """The local network of the order: that of its first item with an address."""
        items = self.answer.items if isinstance(self.answer, ResourcesAssigned) else ()
        return next((each.local_network for each in items if each.local_network), "")


class Demand(NamedTuple):
    """What a batch of orders requires together."""

    pools: Mapping[Pool, int]
    picked: Sequence[ResourceName]


def total_demand(orders: Iterable[OrderRequirements | ResourcesRefused]) -> Demand:
    """Return how many resources of each pool, and which resources by name, are required."""
    requirements = [
        requirement
        for each in orders
        if isinstance(each, OrderRequirements)
        for requirement in each.requirements
    ]
    picked = {picked_name(requirement) for requirement in requirements if requirement.picked}
    return Demand(
        Counter(requirement.pool for requirement in requirements if not requirement.picked),
        sorted(picked),
    )


@dataclass(slots=True)
class Stock:
    """The free resources that a batch can get."""

    free: Mapping[Pool, Sequence[Resource]]
    """The lowest first; picked resources may be among them."""

    picked: Mapping[ResourceName, PickedResource]
    now: datetime
    taken: set[ResourceKey] = field(default_factory=set)
    next_place: dict[Pool, int] = field(default_factory=dict)
    """All resources before this place in the pool are taken."""

    given_up: set[ResourceKey] = field(default_factory=set)
    """What orders of the batch have pre-released."""

    def lowest_free(self, pool: Pool, own: Collection[ResourceKey]) -> Resource | None:
        """Return the lowest free resource of a pool that is neither taken nor in `own`."""
        resources, place = self.free.get(pool, ()), self.next_place.get(pool, 0)
        while place < len(resources) and resources[place].key in self.taken:
            place += 1
        self.next_place[pool] = place
        while place < len(resources) and (
            resources[place].key in own or resources[place].key in self.taken
        ):
            place += 1
        return resources[place] if place < len(resources) else None

    def find_picked(
        self, requirement: Requirement, client: str, own: Collection[ResourceKey]
    ) -> PickedResource | str:
        """Return the resource that was picked, or the reason why it is not available."""
        what = f"the picked {requirement.pool.kind}"
        picked = self.picked.get(picked_name(requirement))
        if picked is None or picked.resource.key in self.taken or picked.resource.key in own:
            return f"{what} is held by another, or is not in the inventory"
        if not picked.is_free_for(client, self.now):
            return f"{what} is selected by another client"
        if reason := reason_unsuitable(picked, requirement):
            return f"{what} is {reason}"
        return picked


def reason_unsuitable(picked: PickedResource, requirement: Requirement) -> str:
    """Return why a picked resource is not what is required; empty if it is."""
    pool = picked.resource.pool
    if pool.grade != requirement.pool.grade:
        return "not of the grade that was sold"
    if requirement.network not in {"", picked.network}:
        return "not of the address's local network"
    if requirement.only_pool not in {"", pool.name}:
        return f"of {pool.name}, not of {requirement.only_pool}"
    if requirement.excluded_pool == pool.name != "":
        return "of the whole local network, as mobile ones are"
    return ""


def picked_name(requirement: Requirement) -> ResourceName:
    """Return the name of the resource that a requirement picks."""
    return ResourceName(*requirement.pool[:3], requirement.picked)


def allocate(
    orders: Iterable[OrderRequirements | ResourcesRefused], stock: Stock
) -> list[Allocation]:
    """Allocate to each order everything that it requires or nothing, first come first served."""
    return [
        Allocation(each) if isinstance(each, ResourcesRefused) else allocate_order(each, stock)
        for each in orders
    ]


def allocate_order(order: OrderRequirements, stock: Stock) -> Allocation:
    """Allocate to one order everything that it requires, or nothing."""
    if order.published:
        return Allocation(order.published)
    if order.held:
        return Allocation(assigned_message(order, order.held))
    existing = existing_effects(order, stock)
    if isinstance(existing, ResourcesRefused):
        return Allocation(existing)
    changes = []
    own: set[ResourceKey] = set()
    for requirement in order.requirements:
        change = allocate_requirement(requirement, order, stock, own)
        if isinstance(change, ResourcesRefused):
            return Allocation(change)
        changes.append(change)
        own.add(change.resource.key)
    stock.taken |= own
    stock.given_up |= {each.resource.key for each in existing.pre_released}
    return Allocation(
        assigned_message(order, changes, existing),
        (*changes, *changes_of_pre_release(order, existing)),
    )


def existing_effects(order: OrderRequirements, stock: Stock) -> HoldingEffects | ResourcesRefused:
    """Return what an order keeps and gives up, or its refusal.

    What an order before it in the batch gives up is not held any more.
    """
    if not order.request.affected:
        return NO_EFFECTS
    kept: list[Holding] = []
    pre_released: list[Holding] = []
    for item in order.request.affected:
        held = order.services.get(item.service_id, ())
        left = [each for each in held if each.resource.key not in stock.given_up]
        found = effects_on_holdings(item, left, order.request.message)
        if isinstance(found, str):
            return refused_message(order.request, item, RefusalCode.NOT_HELD, found)
        if reason := reason_not_kept(found.kept, left, order.serving_pools):
            return refused_message(order.request, item, RefusalCode.UNSERVED, reason)
        kept += found.kept
        pre_released += found.pre_released
    return HoldingEffects(tuple(kept), tuple(pre_released))


def allocate_requirement(
    requirement: Requirement, order: OrderRequirements, stock: Stock, own: Collection[ResourceKey]
) -> ResourceChange | ResourcesRefused:
    """Allocate one requirement, or refuse the order."""
    request = order.request
    if requirement.picked:
        picked = stock.find_picked(requirement, request.message.client, own)
        if isinstance(picked, str):
            return refused_message(request, requirement.item, RefusalCode.NOT_AVAILABLE, picked)
        return change_to_reserved(picked.resource, picked.state, order, requirement)
    resource = stock.lowest_free(requirement.pool, own)
    if resource is None:
        return refused_message(
            request, requirement.item, RefusalCode.NONE_FREE, none_free_reason(requirement.pool)
        )
    return change_to_reserved(resource, resource.pool.life_cycle.free, order, requirement)


def change_to_reserved(
    resource: Resource, was: ResourceState, order: OrderRequirements, requirement: Requirement
) -> ResourceChange:
    """Reserve a resource for the order."""
    became = resource.pool.life_cycle.reserved
    order_id = order.request.message.order_id
    return ResourceChange(resource, was, became, order_id, requirement.item.service_id)


def changes_of_pre_release(
    order: OrderRequirements, existing: HoldingEffects
) -> Iterator[ResourceChange]:
    """Yield the state changes of the resources that the order pre-releases."""
    for each in existing.pre_released:
        became = each.after(Transition.PRE_RELEASE)
        assert became
        order_id = order.request.message.order_id
        yield ResourceChange(each.resource, each.state, became, order_id, each.service_id)


def none_free_reason(pool: Pool) -> str:
    """Return the reason that a pool has nothing left."""
    what = f"{pool.kind} of grade {pool.grade}" if pool.grade else pool.kind
    return f"no {what} of {pool.name} is free"
