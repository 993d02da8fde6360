"""Reads and writes orders and their progress."""

from uuid import UUID

from sqlalchemy import bindparam, delete, select
from sqlalchemy.orm import Session

from services.order.domain.fulfilment.progress import Progress
from services.order.domain.order import Order, OrderContent
from services.order.store import submissions
from services.order.tables import OrderRow, ProgressRow
from shared.access.access_rule import DataScope
from shared.access.grants import is_accessible
from shared.persistence.repository import Repository

MAX_EARLIER_ORDERS = 10
"""The most earlier orders read for a category; each stores the category known when it came."""

ORDERS = Repository(OrderRow, Order, is_mutable=False)
PROGRESS = Repository(ProgressRow, Progress)
QUEUED = Repository(OrderRow, Order)
"""Orders that wait: their content may change when they start, and an erasure may blank it."""


NEWEST_CONTENTS = (
    select(OrderRow.content)
    .where(
        OrderRow.tenant == bindparam("tenant"),
        OrderRow.party_id == bindparam("party_id"),
        OrderRow.client == bindparam("client"),
    )
    .order_by(OrderRow.id.desc())
    .limit(MAX_EARLIER_ORDERS)
)

preload = ORDERS.preload
preload_progress = PROGRESS.preload
find_for_update = ORDERS.find_for_update
expect_for_update = ORDERS.expect_for_update
get_progress_for_update = PROGRESS.expect_for_update
put_progress = PROGRESS.put
get_queued_for_update = QUEUED.get_for_update
put_queued = QUEUED.put


def add(session: Session, order: Order, progress: Progress) -> None:
    """Insert a new order when the transaction ends."""
    ORDERS.add(session, order)
    PROGRESS.add(session, progress)


def remove(session: Session, order_id: UUID) -> None:
    """Delete an order that no message was published for."""
    session.execute(delete(ProgressRow).where(ProgressRow.order_id == order_id))
    session.execute(delete(OrderRow).where(OrderRow.id == order_id))


def find_accessible(
    session: Session, data_scope: DataScope, order_id: UUID
) -> tuple[Order, Progress] | None:
    """Return an order with its progress, to show it; None if there is none in the data scope.

    For a repetition of an earlier order, the earlier order is returned.
    """
    order = ORDERS.find(session, order_id) or find_original(session, order_id)
    if order is None or not is_in_scope(session, data_scope, order):
        return None
    return order, PROGRESS.get(session, order.id)


def find_original(session: Session, order_id: UUID) -> Order | None:
    """Return the earlier order with the same content that an order repeats."""
    original_id = submissions.find_original_id(session, order_id)
    return ORDERS.find(session, original_id) if original_id else None


def is_in_scope(session: Session, data_scope: DataScope, order: Order) -> bool:
    """Tell whether an order is in the data scope."""
    if order.tenant != data_scope.tenant:
        return False
    return is_accessible(session, data_scope, order.client, order.party_id)


def newest_contents(
    session: Session, tenant: str, client: str, party_id: str
) -> list[OrderContent]:
    """Return the contents of the newest orders of one client for a customer, newest first."""
    values = {"tenant": tenant, "client": client, "party_id": party_id}
    return list(session.scalars(NEWEST_CONTENTS, values))
