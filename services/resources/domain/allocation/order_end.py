"""The end of an order: its resources are taken into use, released, or restored."""

from collections.abc import Iterable, Iterator, Mapping
from datetime import datetime, timedelta
from uuid import UUID

from services.resources.domain.business_actions import may_occupy
from services.resources.domain.pool.resource import Holding, Resource, ResourceChange, ResourceKey
from services.resources.domain.pool.states import Transition
from shared.contracts import (
    FIRST_REQUEST,
    CompletedService,
    ReleaseRequested,
    ResourcesReleased,
    ServiceCompleted,
)


def changes_of_undo(holdings: Iterable[Holding]) -> list[ResourceChange]:
    """Free what was reserved, and take what was pre-released back into use."""
    return list(changes_of_transition(holdings, Transition.UNDO))


def completed_without_reservation(
    completed: Iterable[ServiceCompleted], changes: Iterable[ResourceChange]
) -> list[ServiceCompleted]:
    """Return the completed orders that should take resources into use but had none reserved."""
    changed = {each.order_id for each in changes}
    return [
        each
        for each in completed
        if each.order_id not in changed and any(map(occupies_resources, each.services))
    ]


def occupies_resources(service: CompletedService) -> bool:
    """Tell whether the completion of a service takes resources into use: it may, and holds some."""
    return may_occupy(service) and bool(service.held)


def quarantined_by_release(holdings: Iterable[Holding]) -> list[Resource]:
    """Return the resources among these holdings that a release puts into quarantine."""
    return [
        each.resource
        for each in changes_of_transition(holdings, Transition.RELEASE)
        if goes_into_quarantine(each)
    ]


def holdings_to_undo(
    released: Iterable[ReleaseRequested | ResourcesReleased], holdings: Iterable[Holding]
) -> list[Holding]:
    """Return what these messages release: the holdings that they name.

    The release of an order's first request may name none, and is of all holdings of the order.
    """
    whole: set[UUID | None] = set()
    named: set[tuple[UUID | None, str, str]] = set()
    for each in released:
        named |= {(each.order_id, held.kind, held.value) for held in each.held}
        if not each.held and each.request_id == FIRST_REQUEST:
            whole.add(each.order_id)
    return [
        each
        for each in holdings
        if each.order_id in whole
        or (each.order_id, each.resource.pool.kind, each.resource.value) in named
    ]


def release(
    holdings: Iterable[Holding], periods: Mapping[ResourceKey, timedelta], now: datetime
) -> list[ResourceChange]:
    """Free what was pre-released, or put it into quarantine, each resource for its own period.

    Args:
        holdings: of the orders.
        periods: of the resources whose period differs from that of their kind.
        now: the time.
    """
    return [
        each._replace(until=now + quarantine_period(each.resource, periods))
        if goes_into_quarantine(each)
        else each
        for each in changes_of_transition(holdings, Transition.RELEASE)
    ]


def goes_into_quarantine(change: ResourceChange) -> bool:
    """Tell whether a change puts the resource into quarantine."""
    return change.became is change.resource.pool.rules.life_cycle.quarantined


def quarantine_period(resource: Resource, periods: Mapping[ResourceKey, timedelta]) -> timedelta:
    """Return how long a released resource is in quarantine: its own period, or its kind's."""
    period = periods.get(resource.key, resource.pool.rules.quarantine)
    assert period is not None  # its life cycle has a quarantine
    return period


def changes_of_transition(
    holdings: Iterable[Holding], transition: Transition
) -> Iterator[ResourceChange]:
    """Yield the changes of a transition; holdings in any other state stay unchanged."""
    for each in holdings:
        became = each.after(transition)
        if became:
            yield ResourceChange(each.resource, each.state, became, each.order_id, each.service_id)
