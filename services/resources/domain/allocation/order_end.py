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


def given_up(holdings: Iterable[Holding]) -> list[Resource]:
    """Return the resources among these holdings that a release frees or puts into quarantine."""
    changes = changes_of_transition(holdings, Transition.QUARANTINE)
    return [each.resource for each in changes]


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
        periods: of the resources that rest before they are free.
        now: the time.
    """
    changes = []
    for each in holdings:
        period = periods.get(each.resource.key)
        transition = Transition.RELEASE if period is None else Transition.QUARANTINE
        until = None if period is None else now + period
        released = changes_of_transition([each], transition)
        changes += [change._replace(until=until) for change in released]
    return changes


def changes_of_transition(
    holdings: Iterable[Holding], transition: Transition
) -> Iterator[ResourceChange]:
    """Yield the changes of a transition; holdings in any other state stay unchanged."""
    for each in holdings:
        became = each.after(transition)
        if became:
            yield ResourceChange(each.resource, each.state, became, each.order_id, each.service_id)
