"""Finding customers by what is known of them."""

from typing import Any

import pytest
from httpx import AsyncClient

from services.customer.handlers import SUBSCRIPTIONS
from shared.db import Sessions
from tests.callers import AsRole
from tests.customer.build import ZHANG, a_customer, accepted
from tests.kernel import hear


@pytest.mark.parametrize(
    ("asked", "found"),
    [
        ({"phone": "138 5123 4567"}, [ZHANG]),
        ({"phone": "+8613851234567"}, [ZHANG]),
        ({"phone": "13851234568"}, []),
        ({"name": "张"}, [ZHANG, "wei-2"]),
        ({"name": "张伟"}, [ZHANG]),
        ({"name": "伟"}, []),
    ],
)
async def test_customers_are_found_by_phone_or_by_how_their_name_begins(
    client: AsyncClient,
    sessions: Sessions,
    as_role: AsRole,
    asked: dict[str, str],
    found: list[str],
) -> None:
    other = a_customer(id="wei-2", name="张卫", phone="13900000000")
    hear(sessions, SUBSCRIPTIONS, accepted(1), accepted(2, other))

    answer = await client.get("/ops/v1/customers", params=asked, headers=as_role("viewer"))

    assert answer.status_code == 200
    assert {each["id"] for each in answer.json()} == set(found)


@pytest.mark.parametrize("asked", [{}, {"phone": "1", "name": "a"}])
async def test_a_search_is_by_one_thing(
    client: AsyncClient, as_role: AsRole, asked: dict[str, str]
) -> None:
    answer = await client.get("/ops/v1/customers", params=asked, headers=as_role("viewer"))

    assert answer.status_code == 400
    assert "phone and name" in answer.json()["errors"][0]["remedy"]


async def test_a_search_is_cut_into_pages(
    client: AsyncClient, sessions: Sessions, as_role: AsRole
) -> None:
    for n in range(1, 4):
        hear(sessions, SUBSCRIPTIONS, accepted(n, a_customer(id=f"zhang-{n}")))
    asked: dict[str, Any] = {"name": "张", "limit": 2}

    first = await client.get("/ops/v1/customers", params=asked, headers=as_role("viewer"))
    rest = await client.get(
        "/ops/v1/customers", params={**asked, "offset": 2}, headers=as_role("viewer")
    )

    assert (first.status_code, rest.status_code) == (206, 200)
    assert [each["id"] for each in first.json() + rest.json()] == ["zhang-1", "zhang-2", "zhang-3"]


async def test_a_client_cannot_search_by_name(client: AsyncClient, as_role: AsRole) -> None:
    answer = await client.get("/ops/v1/customers", params={"name": "张"}, headers=as_role("crm"))

    assert answer.status_code == 403
