"""Orders and where they stand, from rows and to rows."""

from collections.abc import Iterable, Sequence
from uuid import UUID

from sqlalchemy import bindparam, delete, select
from sqlalchemy.orm import Session

from services.order.domain.fulfilment.progress import Progress
from services.order.domain.order import Order, OrderContent
from services.order.store import products, submissions
from services.order.tables import OrderRow, ProgressRow
from shared.access.access_rule import DataScope, NotVisibleError
from shared.access.grants import is_accessible
from shared.contracts import OrderMessage
from shared.persistence.repository import Repository
from shared.recovery.troubles import remedy_if_lost

MAX_EARLIER_ORDERS = 10
"""Orders of a customer that are asked what it is. One that was told keeps what is known since."""

ORDERS = Repository(OrderRow, Order, is_mutable=False)
PROGRESS = Repository(ProgressRow, Progress)

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
find = ORDERS.find_for_update
get = ORDERS.expect_for_update
get_progress_for_update = PROGRESS.expect_for_update
put_progress = PROGRESS.put


def add(session: Session, order: Order, acknowledged: Progress) -> None:
    """Write a new order when the transaction ends."""
    ORDERS.add(session, order)
    PROGRESS.add(session, acknowledged)


def remove(session: Session, order_id: UUID) -> None:
    """Delete an order of which no message was sent."""
    session.execute(delete(ProgressRow).where(ProgressRow.order_id == order_id))
    session.execute(delete(OrderRow).where(OrderRow.id == order_id))


def get_within_reach(
    session: Session, data_scope: DataScope, order_id: UUID
) -> tuple[Order, Progress]:
    """Return an order with where it stands, to show it.

    One that turned out to be the repetition of an order that was there before is shown as that.

    Raises:
        NotFoundError: if there is none, or none within reach.
    """
    order = ORDERS.find(session, order_id) or find_original(session, order_id)
    if order is None or not is_within_reach(session, data_scope, order):
        raise NotVisibleError(kind="order", id_=order_id, remedy=remedy_if_lost(session, order_id))
    return order, PROGRESS.get(session, order.id)


def find_original(session: Session, order_id: UUID) -> Order | None:
    """Return the order that was placed before this one, and asks for the same."""
    first = submissions.find_original_id(session, order_id)
    return ORDERS.find(session, first) if first else None


def is_within_reach(session: Session, data_scope: DataScope, order: Order) -> bool:
    """Tell whether an order is within reach."""
    if order.tenant != data_scope.tenant:
        return False
    return is_accessible(session, data_scope, order.client, order.party_id)


def newest_contents(
    session: Session, tenant: str, client: str, party_id: str
) -> list[OrderContent]:
    """Return the contents of the newest orders of one client for a customer, newest first."""
    where = {"tenant": tenant, "client": client, "party_id": party_id}
    return list(session.scalars(NEWEST_CONTENTS, where))


def preload_progress(session: Session, message: Sequence[OrderMessage]) -> None:
    """Read where the orders stand that these messages are about."""
    PROGRESS.preload(session, order_ids(message))


def preload_with_products(session: Session, message: Sequence[OrderMessage]) -> None:
    """Read these orders, where they stand, and the products that they take away."""
    keys = order_ids(message)
    PROGRESS.preload(session, keys)
    ORDERS.preload(session, keys)
    orders = (ORDERS.find_for_update(session, key) for key in keys)
    going = [product for order in orders if order for product in order.disconnected_product_ids()]
    products.preload(session, going)


def order_ids(message: Iterable[OrderMessage]) -> list[UUID]:
    """Return the orders that messages are about, each once."""
    return list(dict.fromkeys(each.order_id for each in message))
