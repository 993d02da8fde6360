"""Assignment (配线配号) of a batch of orders; each order gets everything or nothing."""

from collections.abc import Sequence
from datetime import datetime

from sqlalchemy.orm import Session

from services.resources import store
from services.resources.domain.allocation.allocation import Allocation, allocate, total_demand
from services.resources.domain.allocation.requirements import (
    AssignmentRequest,
    order_places,
    releasing_services,
    resolve_orders,
)


def assign(
    session: Session, requests: Sequence[AssignmentRequest], now: datetime
) -> list[Allocation]:
    """Hold for each order everything that it needs, or nothing; return the answers.

    The outcome is that of serving them one by one, in their order.

    Raises:
        PoisonError: if one needs a kind of resource that has no pool.
    """
    places, releasing = order_places(requests), releasing_services(requests)
    orders = resolve_orders(requests, store.read_context(session, places, releasing))
    allocations = allocate(orders, store.lock_stock(session, total_demand(orders), now))
    changes = [change for allocation in allocations for change in allocation.changes]
    store.save_changes(session, changes)
    return allocations
