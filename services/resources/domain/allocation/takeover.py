"""What was told before the database was restored, made true again.

An order that was told that it has a thing has it, whoever has it by what the restored database
says: that one had given it up by then.
"""

from collections.abc import Iterable, Iterator, Sequence
from typing import NamedTuple
from uuid import UUID

from services.resources.domain.pool.resource import Resource, ResourceChange, ResourceKind
from services.resources.domain.pool.states import (
    NumberState,
    PoolItemState,
    ResourceState,
    Transition,
    next_state,
)
from shared.contracts import Action, CompletedService, Held, ResourcesAssigned, ServiceCompleted
from shared.errors import PoisonError


class ResourceName(NamedTuple):
    """A thing as a message names it; its pool is empty where an older message leaves it out."""

    tenant: str
    kind: str
    pool: str
    value: str


class ResourceStatus(NamedTuple):
    """A thing, and who has it by what the database says."""

    resource: Resource
    state: ResourceState
    order_id: UUID | None
    service_id: UUID | None


def resource_names(tenant: str, told: ResourcesAssigned) -> list[ResourceName]:
    """Return the things that a message says are held."""
    return [resource_name(tenant, held) for item in told.items for held in item.held]


def resource_name(tenant: str, held: Held) -> ResourceName:
    """Return what a thing is found by."""
    return ResourceName(tenant, held.kind, held.pool, held.value)


def changes_as_published(
    told: ResourcesAssigned, statuses: Sequence[ResourceStatus]
) -> Iterator[ResourceChange]:
    """Yield what changes so that an order has all that it was told to have.

    Raises:
        PoisonError: if the inventory has no such thing.
    """
    found = {(each.resource.pool.kind.value, each.resource.value): each for each in statuses}
    for item in told.items:
        for held in item.held:
            each = found.get((held.kind, held.value))
            if each is None:
                msg = (
                    f"the inventory has no such {held.kind} any more: repeat the imports of the "
                    "lost time, then retry this message"
                )
                raise PoisonError(msg)
            if each.order_id != told.order_id:
                became = taken_over_state(each, item.service_id)
                yield ResourceChange(
                    each.resource, each.state, became, told.order_id, item.service_id
                )


def earlier_holders(
    told: ResourcesAssigned, statuses: Iterable[ResourceStatus]
) -> Iterator[ResourceChange]:
    """Yield what other services held: they had given it up when the order was told it has it."""
    takers = {(held.kind, held.value): item.service_id for item in told.items for held in item.held}
    for each in statuses:
        kind, holder = each.resource.pool.kind, each.service_id
        if holder and each.order_id and holder != takers[kind.value, each.resource.value]:
            free = NumberState.IDLE if kind is ResourceKind.NUMBER else PoolItemState.FREE
            yield ResourceChange(each.resource, each.state, free, each.order_id, holder)


def statuses_after(
    statuses: Iterable[ResourceStatus], freed: Iterable[ResourceChange]
) -> list[ResourceStatus]:
    """Return where things stand once these are free."""
    became = {each.resource.key: each.became for each in freed}
    return [
        ResourceStatus(each.resource, became[each.resource.key], None, None)
        if each.resource.key in became
        else each
        for each in statuses
    ]


def taken_over_state(each: ResourceStatus, service_id: UUID) -> ResourceState:
    """Return how an order has a thing: about to give it back where its own service had it."""
    given_back = next_state(each.state, Transition.PRE_RELEASE)
    if each.service_id == service_id and given_back:
        return given_back
    return (
        NumberState.RESERVED
        if each.resource.pool.kind is ResourceKind.NUMBER
        else PoolItemState.RESERVED
    )


def completed_without_change(
    completed: Iterable[ServiceCompleted], changes: Iterable[ResourceChange]
) -> list[ServiceCompleted]:
    """Return those orders that were to take something into use, and had nothing reserved."""
    changed = {each.order_id for each in changes}
    return [
        each
        for each in completed
        if each.order_id not in changed and any(map(takes_into_use, each.services))
    ]


def takes_into_use(service: CompletedService) -> bool:
    """Tell whether a service that is new holds anything."""
    return service.action is Action.ADD and bool(service.held)
