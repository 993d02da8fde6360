"""Orders and where they stand, from rows and to rows."""

from collections.abc import Iterable, Sequence
from uuid import UUID

from sqlalchemy.orm import Session

from services.order.domain.order import Order
from services.order.domain.progress import Progress
from services.order.store import products
from services.order.tables import OrderRow, ProgressRow
from shared.contracts import OrderMessage
from shared.errors import NotFoundError
from shared.shelf import Shelf

ORDERS = Shelf(OrderRow, Order, changes=False)
PROGRESS = Shelf(ProgressRow, Progress)

get = ORDERS.get
progress = PROGRESS.get
move = PROGRESS.put


def add(session: Session, order: Order, acknowledged: Progress) -> None:
    """Write a new order when the transaction ends."""
    ORDERS.add(session, order)
    PROGRESS.add(session, acknowledged)


def look(
    session: Session, order_id: UUID, tenant: str, client: str | None
) -> tuple[Order, Progress]:
    """Return an order with where it stands, to show it.

    Raises:
        NotFoundError: if there is none, or none of this tenant and, if given, this client.
    """
    order = ORDERS.look(session, order_id)
    if order.tenant != tenant or client not in {None, order.client}:
        msg = f"there is no order {order_id}"
        raise NotFoundError(msg)
    return order, PROGRESS.look(session, order_id)


def preload_progress(session: Session, news: Sequence[OrderMessage]) -> None:
    """Read where the orders stand that these messages are about."""
    PROGRESS.preload(session, ids(news))


def preload_whole(session: Session, news: Sequence[OrderMessage]) -> None:
    """Read these orders, where they stand, and the products that they take away."""
    keys = ids(news)
    PROGRESS.preload(session, keys)
    ORDERS.preload(session, keys)
    orders = (ORDERS.find(session, key) for key in keys)
    going = [product for order in orders if order for product in order.ended_products()]
    products.preload(session, going)


def ids(news: Iterable[OrderMessage]) -> list[UUID]:
    """Return the orders that messages are about, each once."""
    return list(dict.fromkeys(each.order_id for each in news))
