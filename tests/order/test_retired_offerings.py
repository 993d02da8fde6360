"""A retired offering takes no new orders, and its running orders and products go on as they are."""

from collections.abc import Awaitable, Callable
from typing import Any, TypeAlias

import pytest
from httpx import AsyncClient, Response

from services.order.handlers import SUBSCRIPTIONS
from shared.contracts import OrderAccepted
from shared.http.collection_paths import (
    OFFERINGS_PATH,
    ORDERS_PATH,
    PRODUCTS_PATH,
    SPECIFICATIONS_PATH,
)
from shared.persistence.database import Sessions
from tests.callers import AsRole
from tests.kernel import consume, published
from tests.order.builders import Json, a_body, a_disconnection, an_item, service_completed_for

Send: TypeAlias = Callable[[Json], Awaitable[Response]]
RETIRED: Json = {"lifecycleStatus": "retired"}
SUCCESSOR: Json = {
    "productOfferingRelationship": [{"id": "ftth-500", "relationshipType": "upgradesTo"}]
}


@pytest.fixture
def send(client: AsyncClient, as_role: AsRole) -> Send:
    """Sends an order with items."""

    async def order(item: Json) -> Response:
        return await client.post(ORDERS_PATH, json=a_body(item), headers=as_role("crm"))

    return order


async def retire(client: AsyncClient, as_role: AsRole, path: str, **more: Any) -> None:
    answer = await client.patch(path, json=RETIRED | more, headers=as_role("product"))
    assert answer.status_code == 200, answer.text


def complete(sessions: Sessions) -> None:
    """Complete the newest order."""
    orders = [each for each in published(sessions) if isinstance(each, OrderAccepted)]
    consume(sessions, SUBSCRIPTIONS, service_completed_for(orders[-1]))


async def the_product(client: AsyncClient, as_role: AsRole) -> Json:
    """Return the only product that there is."""
    answer = await client.get(PRODUCTS_PATH, headers=as_role("crm"))
    (product,) = answer.json()
    found: Json = product
    return found


def prices_of(product: Json) -> dict[str, float]:
    """Return the prices of a product by name, in yuan."""
    return {
        each["name"]: each["price"]["dutyFreeAmount"]["value"] for each in product["productPrice"]
    }


def on_product(id_: str, action: str, **more: Any) -> Json:
    """Return an item that changes a product."""
    fields: Json = {"id": "1", "action": "modify", "businessAction": action, "product": {"id": id_}}
    return fields | more


async def test_an_order_in_flight_completes_with_its_price(
    client: AsyncClient, stocked: Sessions, as_role: AsRole, send: Send
) -> None:
    placed = await send(an_item("1", "ftth-300"))
    await retire(client, as_role, f"{OFFERINGS_PATH}/ftth-300")
    await retire(client, as_role, f"{SPECIFICATIONS_PATH}/ftth")

    complete(stocked)

    order = await client.get(placed.headers["location"], headers=as_role("crm"))
    assert order.json()["state"] == "completed"
    assert order.json()["orderTotalPrice"] == placed.json()["orderTotalPrice"]
    product = await the_product(client, as_role)
    assert product["status"] == "active"
    assert prices_of(product) == {"Installation": 100.0, "Fibre 300M, monthly": 99.0}


async def test_a_product_of_a_retired_offering_is_changed_suspended_and_disconnected(
    client: AsyncClient, stocked: Sessions, as_role: AsRole, send: Send
) -> None:
    await send(an_item("1", "voice-basic"))
    complete(stocked)
    id_ = (await the_product(client, as_role))["id"]
    await retire(client, as_role, f"{OFFERINGS_PATH}/voice-basic")
    await retire(client, as_role, f"{SPECIFICATIONS_PATH}/voice")
    caller_id = {"productCharacteristic": [{"name": "callerId", "value": True}]}

    for item in (
        on_product(id_, "change", product={"id": id_} | caller_id),
        on_product(id_, "suspend", suspensionReason="request"),
        on_product(id_, "resume", suspensionReason="request"),
        a_disconnection(id_),
    ):
        answer = await send(item)
        assert answer.status_code == 201, answer.text
        complete(stocked)
        product = await the_product(client, as_role)
        lines = {"Line rental, monthly": 15.0, "Caller ID, monthly": 6.0}
        assert lines.items() <= prices_of(product).items()

    assert (await the_product(client, as_role))["status"] == "terminated"


async def test_a_new_order_is_refused_with_the_successor(
    client: AsyncClient, as_role: AsRole, send: Send
) -> None:
    await retire(client, as_role, f"{OFFERINGS_PATH}/ftth-300", **SUCCESSOR)

    answer = await send(an_item("1", "ftth-300"))

    (fault,) = answer.json()["errors"]
    assert (answer.status_code, fault["code"]) == (400, "offering-not-sold")
    assert fault["remedy"] == "order its successor: ftth-500"
    assert (await send(an_item("1", "ftth-500"))).status_code == 201


async def test_a_product_of_a_retired_offering_changes_to_its_successor(
    client: AsyncClient, stocked: Sessions, as_role: AsRole, send: Send
) -> None:
    await send(an_item("1", "ftth-300"))
    complete(stocked)
    id_ = (await the_product(client, as_role))["id"]
    await retire(client, as_role, f"{OFFERINGS_PATH}/ftth-300", **SUCCESSOR)

    other = await send(on_product(id_, "change", productOffering={"id": "ftth-100"}))
    successor = await send(on_product(id_, "change", productOffering={"id": "ftth-500"}))

    assert [each["code"] for each in other.json()["errors"]] == ["upgrade-not-possible"]
    assert successor.status_code == 201
