"""The history of a product: what it was at any time, with the same ids throughout."""

from datetime import timedelta
from uuid import UUID

from httpx import AsyncClient

from services.order.handlers import SUBSCRIPTIONS
from shared.contracts import OrderAccepted
from shared.http.collection_paths import OPS_PATH, ORDERS_PATH, PRODUCTS_PATH
from shared.persistence.database import Sessions
from tests.callers import AsRole
from tests.conftest import NOON
from tests.kernel import consume, published
from tests.order.builders import Json, a_body, a_disconnection, an_item, service_completed_for


async def complete(
    client: AsyncClient, sessions: Sessions, headers: dict[str, str], body: Json
) -> UUID:
    """Place an order that is completed at once; return its product."""
    response = await client.post(ORDERS_PATH, json=body, headers=headers)
    assert response.status_code == 201, response.text
    accepted = [each for each in published(sessions) if isinstance(each, OrderAccepted)][-1]
    now = NOON + timedelta(hours=len(published(sessions)))
    consume(sessions, SUBSCRIPTIONS, service_completed_for(accepted), now=now)
    return accepted.items[0].product_id


async def test_a_product_is_shown_as_it_was_at_any_time(
    client: AsyncClient, stocked: Sessions, as_role: AsRole
) -> None:
    crm = as_role("crm")
    id_ = await complete(client, stocked, crm, a_body(an_item("1", "ftth-300")))
    faster = {
        "id": "1",
        "action": "modify",
        "productOffering": {"id": "ftth-1000"},
        "product": {"id": str(id_)},
    }
    await complete(client, stocked, crm, a_body(faster))
    await complete(client, stocked, crm, a_body(a_disconnection(id_)))

    history = (await client.get(f"{OPS_PATH}/products/{id_}/history", headers=crm)).json()

    states = [
        (each["product"]["productOffering"]["id"], each["product"]["status"]) for each in history
    ]
    assert states == [
        ("ftth-300", "active"),
        ("ftth-1000", "active"),
        ("ftth-1000", "terminated"),
    ]
    assert {each["product"]["id"] for each in history} == {str(id_)}
    assert [each["end"] for each in history[:-1]] == [each["begin"] for each in history[1:]]
    for period in history:
        then = await client.get(
            f"{PRODUCTS_PATH}/{id_}", params={"asOf": period["begin"]}, headers=crm
        )
        assert then.json() == period["product"]


async def test_a_product_was_not_there_before_it_was_installed(
    client: AsyncClient, stocked: Sessions, as_role: AsRole
) -> None:
    crm = as_role("crm")
    id_ = await complete(client, stocked, crm, a_body())

    response = await client.get(
        f"{PRODUCTS_PATH}/{id_}", params={"asOf": "2001-01-01T00:00:00Z"}, headers=crm
    )

    assert response.status_code == 404
