"""Orders and products are visible to the client that placed them and to clients with a grant."""

from datetime import datetime, timedelta
from uuid import UUID, uuid4

import pytest
from httpx import AsyncClient, Response
from sqlalchemy import text

from services.order.handlers import SUBSCRIPTIONS
from shared.access.access_rule import AccessLevel
from shared.contracts import AccessChanged, Causation, OrderAccepted, ResourcesAssigned, grant_key
from shared.persistence.database import Sessions
from tests.callers import CLIENT, AsRole
from tests.conftest import NOON
from tests.kernel import TENANT, consume, consume_records, envelopes, history, record_of
from tests.order.builders import (
    PARTY,
    a_body,
    a_disconnection,
    an_item,
    order_id,
    service_completed_for,
)

ORDERS = "/tmf-api/productOrderingManagement/v4/productOrder"
PRODUCTS = "/tmf-api/productInventory/v4/product"
OTHER = "another-crm"
SECOND = timedelta(seconds=1)


def shared_by(level: str, customer: str = PARTY, owner: str = CLIENT) -> AccessChanged:
    """Return the message that the first CRM shares a customer with the other."""
    key = grant_key(TENANT, owner, OTHER, customer)
    return AccessChanged(
        grant_key=key, owner_client=owner, grantee=OTHER, customer_id=customer, level=level
    )


def consume_grant(sessions: Sessions, message: AccessChanged, published_at: datetime) -> None:
    """Consume a grant that was changed at a time."""
    cause = Causation(uuid4(), message.key, TENANT)
    consume_records(sessions, SUBSCRIPTIONS, [record_of(message, cause, published_at=published_at)])


async def post(client: AsyncClient, headers: dict[str, str], body: object) -> Response:
    return await client.post(ORDERS, json=body, headers=headers)


@pytest.fixture
async def product(client: AsyncClient, stocked: Sessions, as_role: AsRole) -> UUID:
    """A telephone that the first CRM ordered."""
    placed = await post(client, as_role("crm"), a_body(an_item("1", "voice-basic")))
    assert placed.status_code == 201
    (envelope,) = envelopes(stocked)
    accepted = envelope.open()
    assert isinstance(accepted, OrderAccepted)
    consume(stocked, SUBSCRIPTIONS, ResourcesAssigned(order_id=accepted.order_id, items=()))
    consume(stocked, SUBSCRIPTIONS, service_completed_for(accepted))
    return accepted.items[0].product_id


async def seen(client: AsyncClient, headers: dict[str, str], product: UUID) -> tuple[int, int, int]:
    """Return the status of a product, and the lengths of the lists of products and orders."""
    one = await client.get(f"{PRODUCTS}/{product}", headers=headers)
    products = await client.get(PRODUCTS, headers=headers)
    orders = await client.get(ORDERS, headers=headers)
    return one.status_code, len(products.json()), len(orders.json())


async def test_another_client_neither_lists_nor_reads_a_product(
    client: AsyncClient, as_role: AsRole, product: UUID
) -> None:
    assert await seen(client, as_role("crm"), product) == (200, 1, 1)
    assert await seen(client, as_role("crm", OTHER), product) == (404, 0, 0)
    assert await seen(client, as_role("viewer", OTHER), product) == (200, 1, 1)
    narrowed = await client.get(
        PRODUCTS, params={"relatedParty.id": PARTY}, headers=as_role("crm", OTHER)
    )
    assert narrowed.json() == []


@pytest.mark.parametrize("level", ["", "see"])
async def test_another_client_cannot_disconnect_a_product_that_it_may_at_most_see(
    client: AsyncClient, stocked: Sessions, as_role: AsRole, product: UUID, level: str
) -> None:
    consume(stocked, SUBSCRIPTIONS, shared_by(level))

    answer = await post(client, as_role("crm", OTHER), a_body(a_disconnection(product)))

    assert answer.status_code == 400
    (fault,) = answer.json()["errors"]
    assert fault["code"] == "product-unknown"


async def test_a_client_disconnects_what_is_shared_with_it_for_that(
    client: AsyncClient, stocked: Sessions, as_role: AsRole, product: UUID
) -> None:
    consume(stocked, SUBSCRIPTIONS, shared_by(AccessLevel.CHANGE))

    answer = await post(client, as_role("crm", OTHER), a_body(a_disconnection(product)))

    assert answer.status_code == 201


async def test_the_owner_disconnects_its_own_product(
    client: AsyncClient, as_role: AsRole, product: UUID
) -> None:
    assert (await post(client, as_role("crm"), a_body(a_disconnection(product)))).status_code == 201


@pytest.mark.parametrize(
    ("level", "customer"), [("see", PARTY), ("see", ""), ("change", PARTY), ("change", "")]
)
async def test_what_is_shared_is_seen_until_it_is_no_more(  # noqa: PLR0913, PLR0917
    client: AsyncClient,
    stocked: Sessions,
    as_role: AsRole,
    product: UUID,
    level: str,
    customer: str,
) -> None:
    stranger = as_role("crm", OTHER)

    consume_grant(stocked, shared_by(level, customer), NOON)
    granted = await seen(client, stranger, product)
    consume_grant(stocked, shared_by("", customer), NOON + SECOND)
    consume_grant(stocked, shared_by(level, customer), NOON - SECOND)
    revoked = await seen(client, stranger, product)

    assert (granted, revoked) == ((200, 1, 1), (404, 0, 0))


@pytest.mark.parametrize("grant", [shared_by("see", "C-2"), shared_by("see", PARTY, "third-crm")])
async def test_a_grant_opens_one_customer_of_one_client_alone(
    client: AsyncClient, stocked: Sessions, as_role: AsRole, product: UUID, grant: AccessChanged
) -> None:
    consume(stocked, SUBSCRIPTIONS, grant)

    assert await seen(client, as_role("crm", OTHER), product) == (404, 0, 0)


async def test_a_grant_of_another_tenant_opens_nothing(
    client: AsyncClient, stocked: Sessions, as_role: AsRole, product: UUID
) -> None:
    consume(stocked, SUBSCRIPTIONS, shared_by("see"), tenant="zhejiang")

    assert await seen(client, as_role("crm", OTHER), product) == (404, 0, 0)


async def test_an_orders_history_says_which_person_placed_it(
    client: AsyncClient, stocked: Sessions, as_role: AsRole
) -> None:
    placed = await post(client, as_role("crm", person="li-na"), a_body())

    shown = await client.get(
        f"/ops/v1/orders/{placed.json()['id']}/history", headers=as_role("crm")
    )

    assert [each["actor"] for each in shown.json()] == ["li-na", "li-na"]
    assert len(history(stocked)) == 2


def test_a_product_that_the_previous_version_writes_gets_its_orders_client(
    sessions: Sessions,
) -> None:
    columns = "id, tenant, party_id, status, offering_id, specification, number, service_id"
    with sessions.begin() as session:
        session.execute(
            text(
                "INSERT INTO orders (id, tenant, client, party_id, content)"
                " VALUES (:id, 'jiangsu', 'one-crm', 'C-1', convert_to('{}', 'UTF8'))"
            ),
            {"id": order_id(1)},
        )
        session.execute(
            text(
                f"INSERT INTO products ({columns}, order_id, started_at, content)"  # noqa: S608
                " VALUES (:id, 'jiangsu', 'C-1', 'active', 'o', 's', '', :id, :id, now(),"
                " convert_to('{}', 'UTF8'))"
            ),
            {"id": order_id(1)},
        )

    with sessions() as session:
        assert session.scalar(text("SELECT client FROM products")) == "one-crm"
