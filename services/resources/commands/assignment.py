"""Assignment (配线配号) of a batch of orders; each order gets everything or nothing."""

from collections.abc import Sequence
from datetime import datetime

from sqlalchemy.orm import Session

from services.resources import store
from services.resources.domain.allocation.allocation import Allocation, allocate, total_demand
from services.resources.domain.allocation.assignment_request import (
    AssignmentRequest,
    order_addresses,
    services_with_affected_holdings,
)
from services.resources.domain.allocation.needed_kinds import needed_kinds
from services.resources.domain.allocation.requirements import (
    PublishedAnswers,
    requests_to_look_up,
    resolve_orders,
)
from shared.contracts import ResourcesAssigned
from shared.messaging.archive_reader import read_published


def assign(
    session: Session, requests: Sequence[AssignmentRequest], now: datetime
) -> list[Allocation]:
    """Hold for each order everything that it needs, or nothing; return the answers.

    The outcome is that of serving them one by one, in their order.

    Raises:
        PoisonError: if one needs a kind of resource that has no pool.
    """
    context = store.read_context_locking_holdings(
        session,
        order_addresses(requests),
        services_with_affected_holdings(requests),
        needed_kinds((each.tenant, item) for each in requests for item in each.message.items),
    )
    answers = published_answers(session, requests_to_look_up(requests, context.holdings))
    orders = resolve_orders(requests, context, answers)
    allocations = allocate(orders, store.lock_stock(session, total_demand(orders), now))
    changes = [change for allocation in allocations for change in allocation.changes]
    store.save_changes(session, changes)
    return allocations


def published_answers(session: Session, requests: Sequence[AssignmentRequest]) -> PublishedAnswers:
    """Return what was published in answer to the orders of these requests."""
    orders = {(each.tenant, each.message.order_id) for each in requests}
    return {
        (order_id, answer.request_id): answer
        for tenant, order_id in sorted(orders)
        for _, answer in read_published(session, tenant, order_id, ResourcesAssigned)
    }
