"""Takeover after a restore: published assignments are applied again.

An order holds what was published as assigned to it. If the restored database has another
holder, that one had released the resource by then.
"""

from collections.abc import Iterable, Iterator, Sequence
from typing import NamedTuple
from uuid import UUID

from services.resources.domain.pool.resource import Resource, ResourceChange, ResourceName
from services.resources.domain.pool.states import ResourceState, Transition
from shared.contracts import Held, ResourcesAssigned
from shared.errors import PoisonError


class ResourceStatus(NamedTuple):
    """A resource, its state and its holder in the database."""

    resource: Resource
    state: ResourceState
    order_id: UUID | None
    service_id: UUID | None


def resource_names(tenant: str, message: ResourcesAssigned) -> list[ResourceName]:
    """Return the resources that a message reserves or pre-releases."""
    return [resource_name(tenant, held) for item in message.items for held in item.changed_holdings]


def resource_name(tenant: str, held: Held) -> ResourceName:
    """Return the name by which a held resource is found."""
    return ResourceName(tenant, held.kind, held.pool, held.value)


def changes_as_published(
    message: ResourcesAssigned, statuses: Sequence[ResourceStatus]
) -> Iterator[ResourceChange]:
    """Yield the changes by which an order holds all that was published as assigned to it.

    Raises:
        PoisonError: if the inventory has no such resource.
    """
    found = {(each.resource.pool.kind, each.resource.value): each for each in statuses}
    for item in message.items:
        for held in item.changed_holdings:
            each = found.get((held.kind, held.value))
            if each is None:
                msg = (
                    f"the inventory has no such {held.kind} any more: repeat the imports that the "
                    "restore lost, then retry this message"
                )
                raise PoisonError(msg)
            if each.order_id != message.order_id or (
                held in item.pre_released and pre_released_state(each)
            ):
                became = taken_over_state(each, item.service_id)
                yield ResourceChange(
                    each.resource, each.state, became, message.order_id, item.service_id
                )


def changes_freeing_earlier_holders(
    message: ResourcesAssigned, statuses: Iterable[ResourceStatus]
) -> Iterator[ResourceChange]:
    """Yield the changes that free resources of other services: they had released them."""
    new_holders = {
        (held.kind, held.value): item.service_id
        for item in message.items
        for held in item.changed_holdings
    }
    for each in statuses:
        pool, holder = each.resource.pool, each.service_id
        if holder and each.order_id and holder != new_holders[pool.kind, each.resource.value]:
            free = pool.life_cycle.free
            yield ResourceChange(each.resource, each.state, free, each.order_id, holder)


def statuses_after(
    statuses: Iterable[ResourceStatus], freed: Iterable[ResourceChange]
) -> list[ResourceStatus]:
    """Return the statuses after these resources are free."""
    became = {each.resource.key: each.became for each in freed}
    return [
        ResourceStatus(each.resource, became[each.resource.key], None, None)
        if each.resource.key in became
        else each
        for each in statuses
    ]


def taken_over_state(each: ResourceStatus, service_id: UUID) -> ResourceState:
    """Return the state for the new holder: pre-released if its own service had the resource."""
    released = pre_released_state(each) if each.service_id == service_id else None
    return released or each.resource.pool.life_cycle.reserved


def pre_released_state(each: ResourceStatus) -> ResourceState | None:
    """Return the state in which its service gives it up; None if it does so, or has none."""
    life_cycle = each.resource.pool.life_cycle
    return life_cycle.next_state(each.state, Transition.PRE_RELEASE)
