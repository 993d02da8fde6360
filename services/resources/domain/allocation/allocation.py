"""Sharing out: who gets which things, when many ask at once.

The orders are served in turn, as if each had come alone: an order gets the lowest
free thing of each pool, or the very number that it picked, and all that it asks for
or nothing. What one is refused is there for the next.
"""

from collections import Counter
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import NamedTuple, TypeAlias

from services.resources.domain.allocation.requirements import (
    OrderRequirements,
    Requirement,
    assigned_message,
    refused_message,
    repeat_assigned,
)
from services.resources.domain.pool.resource import (
    NumberKey,
    Pool,
    Resource,
    ResourceChange,
    ResourceKey,
    ResourceKind,
)
from services.resources.domain.pool.states import (
    NumberState,
    PoolItemState,
    ResourceState,
    Transition,
    next_state,
)
from shared.contracts import RefusalCode, ResourcesAssigned, ResourcesRefused

AssignmentAnswer: TypeAlias = ResourcesAssigned | ResourcesRefused


class PickedNumber(NamedTuple):
    """A number that somebody picked, as it is now."""

    resource: Resource
    network: str
    state: NumberState
    selected_by: str = ""
    until: datetime | None = None

    def is_free_for(self, client: str, now: datetime) -> bool:
        """Tell whether this client may have it: nobody's, or selected by the client itself."""
        return (
            self.state is NumberState.IDLE
            or self.selected_by == client
            or (self.until is not None and self.until <= now)
        )


class Allocation(NamedTuple):
    """What one order is told, and what changes for it."""

    answer: AssignmentAnswer
    changes: tuple[ResourceChange, ...] = ()

    @property
    def is_repeat(self) -> bool:
        """Tell whether the order holds it already, and has asked again."""
        return not self.changes and isinstance(self.answer, ResourcesAssigned)

    @property
    def local_network(self) -> str:
        """The area that the order is about: that of its first item with an address."""
        items = self.answer.items if isinstance(self.answer, ResourcesAssigned) else ()
        return next((each.local_network for each in items if each.local_network), "")


class Demand(NamedTuple):
    """What a batch of claims asks for together."""

    pools: Mapping[Pool, int]
    picked: Sequence[NumberKey]


def total_demand(orders: Iterable[OrderRequirements | ResourcesRefused]) -> Demand:
    """Return how many things of each pool, and which numbers, are asked for."""
    requirements = [
        requirement
        for each in orders
        if isinstance(each, OrderRequirements)
        for requirement in each.requirements
    ]
    picked = {
        (requirement.pool.tenant, requirement.picked)
        for requirement in requirements
        if requirement.picked
    }
    return Demand(
        Counter(requirement.pool for requirement in requirements if not requirement.picked),
        sorted(picked),
    )


@dataclass(slots=True)
class Stock:
    """What there is to share out."""

    free: Mapping[Pool, Sequence[Resource]]
    """The lowest first; what the picks are may be among them."""

    picked_numbers: Mapping[NumberKey, PickedNumber]
    now: datetime
    taken: set[ResourceKey] = field(default_factory=set)
    next_place: dict[Pool, int] = field(default_factory=dict)
    """Everything before this place in the pool is gone."""

    def lowest_free(self, pool: Pool, mine: Collection[ResourceKey]) -> Resource | None:
        """Return the lowest thing of a pool that neither another nor `mine` has."""
        things, place = self.free.get(pool, ()), self.next_place.get(pool, 0)
        while place < len(things) and things[place].key in self.taken:
            place += 1
        self.next_place[pool] = place
        while place < len(things) and (
            things[place].key in mine or things[place].key in self.taken
        ):
            place += 1
        return things[place] if place < len(things) else None

    def find_picked(
        self, requirement: Requirement, client: str, mine: Collection[ResourceKey]
    ) -> PickedNumber | str:
        """Return the number that was picked, or say why it cannot be had."""
        pick = self.picked_numbers.get((requirement.pool.tenant, requirement.picked))
        if pick is None or pick.resource.key in self.taken or pick.resource.key in mine:
            return "the picked number is held by another, or is none of ours"
        if not pick.is_free_for(client, self.now):
            return "the picked number is selected by another"
        if pick.resource.pool.grade != requirement.pool.grade:
            return "the picked number is not of the grade that was sold"
        if requirement.network not in {"", pick.network}:
            return "the picked number belongs to another local network than the address"
        return pick


def allocate(
    orders: Iterable[OrderRequirements | ResourcesRefused], stock: Stock
) -> list[Allocation]:
    """Give each order all that it asks for or nothing, first come first served."""
    return [
        Allocation(each) if isinstance(each, ResourcesRefused) else allocate_order(each, stock)
        for each in orders
    ]


def allocate_order(order: OrderRequirements, stock: Stock) -> Allocation:
    """Give one order all that it asks for, or nothing."""
    if order.held:
        return Allocation(repeat_assigned(order))
    changes = []
    mine: set[ResourceKey] = set()
    for requirement in order.requirements:
        change = allocate_requirement(requirement, order, stock, mine)
        if isinstance(change, ResourcesRefused):
            return Allocation(change)
        changes.append(change)
        mine.add(change.resource.key)
    stock.taken |= mine
    changes += pre_release(order)
    return Allocation(
        assigned_message(order, [(each.service_id, each.resource) for each in changes]), (*changes,)
    )


def allocate_requirement(
    requirement: Requirement, order: OrderRequirements, stock: Stock, mine: Collection[ResourceKey]
) -> ResourceChange | ResourcesRefused:
    """Find what one requirement is for, or refuse the order."""
    request = order.request
    if requirement.picked:
        pick = stock.find_picked(requirement, request.message.client, mine)
        if isinstance(pick, str):
            return refused_message(request, requirement.item, RefusalCode.NOT_AVAILABLE, pick)
        return reserve(pick.resource, pick.state, NumberState.RESERVED, order, requirement)
    thing = stock.lowest_free(requirement.pool, mine)
    if thing is None:
        return refused_message(
            request, requirement.item, RefusalCode.NONE_FREE, none_free(requirement.pool)
        )
    if requirement.pool.kind is ResourceKind.NUMBER:
        return reserve(thing, NumberState.IDLE, NumberState.RESERVED, order, requirement)
    return reserve(thing, PoolItemState.FREE, PoolItemState.RESERVED, order, requirement)


def reserve(
    thing: Resource,
    was: ResourceState,
    became: ResourceState,
    order: OrderRequirements,
    requirement: Requirement,
) -> ResourceChange:
    """Bind a thing to the order."""
    return ResourceChange(
        thing, was, became, order.request.message.order_id, requirement.item.service_id
    )


def pre_release(order: OrderRequirements) -> Iterator[ResourceChange]:
    """Yield what changes with the things that the order gives back."""
    for each in order.returned:
        became = next_state(each.state, Transition.PRE_RELEASE)
        assert became
        order_id = order.request.message.order_id
        yield ResourceChange(each.resource, each.state, became, order_id, each.service_id)


def none_free(pool: Pool) -> str:
    """Say that a pool has nothing left."""
    what = f"number of grade {pool.grade}" if pool.grade else pool.kind
    return f"no {what} of {pool.name} is free"
