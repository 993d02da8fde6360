"""Orders that are completed in the database of a test, and what is handed over to billing."""

from datetime import datetime, timedelta

from sqlalchemy import select

from services.order.domain.fulfilment.product import Product
from services.order.handlers import SUBSCRIPTIONS
from services.order.store.products import PRODUCTS
from services.order.tables import ProductRow
from shared.contracts import ItemCompleted
from shared.persistence.database import Sessions
from tests.conftest import NOON
from tests.kernel import consume, published
from tests.order.builders import Json, a_place, accepted, an_item, order_id, service_completed
from tests.order.test_handlers import add_orders

DAY_BEFORE = NOON - timedelta(days=1)
"""On a day that is over, whenever the tests run."""

NANJING = "025"


def a_new(offering: str = "ftth-300", id_: str = "1", network: str = NANJING) -> Json:
    """Return an item that asks for a product in a local network."""
    return an_item(id_, offering, place=a_place(localNetwork=network))


def complete(
    sessions: Sessions, body: Json, n: int = 1, *, now: datetime = DAY_BEFORE
) -> list[ItemCompleted]:
    """Accept the n-th order and complete it; return what is handed over to billing."""
    order = accepted(body, n, products=stored_products(sessions))
    add_orders(sessions, order)
    consume(sessions, SUBSCRIPTIONS, service_completed(order), now=now)
    return [each for each in handed_over(sessions) if each.order_id == order_id(n)]


def stored_products(sessions: Sessions) -> tuple[Product, ...]:
    """Return the installed base, oldest first."""
    with sessions() as session:
        ids = session.scalars(select(ProductRow.id).order_by(ProductRow.started_at)).all()
        return tuple(PRODUCTS.get(session, each) for each in ids)


def handed_over(sessions: Sessions) -> list[ItemCompleted]:
    """Return all that was handed over to billing, oldest first."""
    return [each for each in published(sessions) if isinstance(each, ItemCompleted)]
