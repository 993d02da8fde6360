"""Orders that wait for open orders: a client that places them, and how orders end."""

from datetime import timedelta
from typing import Any
from uuid import UUID

from httpx import AsyncClient, Response

from services.order.domain.fulfilment.product import Product
from services.order.handlers import SUBSCRIPTIONS
from services.order.store import products
from services.order.tables import AwaitedProductRow, QueuedOrderRow
from shared.contracts import (
    OrderAccepted,
    OrderTerms,
    ServiceFailed,
)
from shared.http.collection_paths import ORDERS_PATH
from shared.persistence.database import Sessions
from tests.conftest import NOON
from tests.erasure import fire_timers
from tests.kernel import consume, count_of, published
from tests.order.builders import (
    Json,
    a_body,
    service_completed_for,
)

LATER = NOON + timedelta(minutes=1)
ELSEWHERE = "+862580008888"


class Crm:
    """A client of the API."""

    def __init__(self, client: AsyncClient, headers: dict[str, str]) -> None:
        self.client, self.headers = client, headers

    async def post(self, *items: Json, waits: bool = True, **more: Any) -> Response:
        """Post an order, which waits for the open orders of its products."""
        body = a_body(*items, **more) | ({"afterOpenOrder": True} if waits else {})
        return await self.client.post(ORDERS_PATH, json=body, headers=self.headers)

    async def place(self, *items: Json, waits: bool = True, **more: Any) -> UUID:
        """Place an order that is accepted."""
        answer = await self.post(*items, waits=waits, **more)
        assert answer.status_code == 201, answer.text
        return UUID(answer.json()["id"])

    async def read(self, order: UUID) -> Json:
        """Return an order as it is."""
        answer = await self.client.get(f"{ORDERS_PATH}/{order}", headers=self.headers)
        shown: Json = answer.json()
        return shown

    async def states(self, *orders: UUID) -> list[str]:
        """Return the states of orders."""
        return [(await self.read(each))["state"] for each in orders]


def a_change(product: Product, offering: str = "", id_: str = "1", **values: Any) -> Json:
    """Return an item that changes a product."""
    characteristics = [{"name": name, "value": value} for name, value in values.items()]
    named = {"id": str(product.id), "productCharacteristic": characteristics}
    item = {"id": id_, "action": "modify", "product": named}
    return item | ({"productOffering": {"id": offering}} if offering else {})


def terms_of(sessions: Sessions, order: UUID, kind: type[OrderTerms] = OrderAccepted) -> OrderTerms:
    """Return the terms that were published for an order."""
    (found,) = (
        each for each in published(sessions) if isinstance(each, kind) and each.order_id == order
    )
    return found


def complete(sessions: Sessions, order: UUID) -> None:
    """End an order, and start what waits for it alone."""
    terms = terms_of(sessions, order)
    assert isinstance(terms, OrderAccepted)
    consume(sessions, SUBSCRIPTIONS, service_completed_for(terms))
    fire_timers(sessions, SUBSCRIPTIONS, LATER)


def fail(sessions: Sessions, order: UUID) -> None:
    """End an order without success, and start what waits for it alone."""
    consume(sessions, SUBSCRIPTIONS, ServiceFailed(order_id=order, code="refused", reason="no"))
    fire_timers(sessions, SUBSCRIPTIONS, LATER)


def stored(sessions: Sessions, product: Product) -> Product:
    with sessions() as session:
        found = products.PRODUCTS.find(session, product.id)
    assert found
    return found


def rows_of_queue(sessions: Sessions) -> tuple[int, int]:
    return count_of(sessions, QueuedOrderRow), count_of(sessions, AwaitedProductRow)
