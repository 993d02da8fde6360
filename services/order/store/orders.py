"""Orders and where they stand, from rows and to rows."""

from collections.abc import Iterable, Sequence
from uuid import UUID

from sqlalchemy import bindparam, delete, select
from sqlalchemy.orm import Session

from services.order.domain.order import Content, Order
from services.order.domain.progress import Progress
from services.order.store import products, submissions
from services.order.tables import OrderRow, ProgressRow
from shared.access.grants import covers
from shared.access.rule import HiddenError, Reach
from shared.contracts import OrderMessage
from shared.persistence.repository import Shelf
from shared.recovery.troubles import remedy_if_lost

LOOKED_BACK = 10
"""Orders of a customer that are asked what it is. One that was told keeps what is known since."""

ORDERS = Shelf(OrderRow, Order, changes=False)
PROGRESS = Shelf(ProgressRow, Progress)

NEWEST = (
    select(OrderRow.content)
    .where(
        OrderRow.tenant == bindparam("tenant"),
        OrderRow.party_id == bindparam("party_id"),
        OrderRow.client == bindparam("client"),
    )
    .order_by(OrderRow.id.desc())
    .limit(LOOKED_BACK)
)

preload = ORDERS.preload
find = ORDERS.find
get = ORDERS.expect
progress = PROGRESS.expect
move = PROGRESS.put


def add(session: Session, order: Order, acknowledged: Progress) -> None:
    """Write a new order when the transaction ends."""
    ORDERS.add(session, order)
    PROGRESS.add(session, acknowledged)


def remove(session: Session, order_id: UUID) -> None:
    """Delete an order of which no message was sent."""
    session.execute(delete(ProgressRow).where(ProgressRow.order_id == order_id))
    session.execute(delete(OrderRow).where(OrderRow.id == order_id))


def look(session: Session, reach: Reach, order_id: UUID) -> tuple[Order, Progress]:
    """Return an order with where it stands, to show it.

    One that turned out to be the repetition of an order that was there before is shown as that.

    Raises:
        NotFoundError: if there is none, or none within reach.
    """
    order = ORDERS.seen(session, order_id) or repeated(session, order_id)
    if order is None or not is_within(session, reach, order):
        raise HiddenError(kind="order", id_=order_id, remedy=remedy_if_lost(session, order_id))
    return order, PROGRESS.look(session, order.id)


def repeated(session: Session, order_id: UUID) -> Order | None:
    """Return the order that was placed before this one, and asks for the same."""
    first = submissions.stands_for(session, order_id)
    return ORDERS.seen(session, first) if first else None


def is_within(session: Session, reach: Reach, order: Order) -> bool:
    """Tell whether an order is within reach."""
    if order.tenant != reach.tenant:
        return False
    return covers(session, reach, order.client, order.party_id)


def contents_of(session: Session, tenant: str, client: str, party_id: str) -> list[Content]:
    """Return the contents of the newest orders of one client for a customer, newest first."""
    where = {"tenant": tenant, "client": client, "party_id": party_id}
    return list(session.scalars(NEWEST, where))


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
