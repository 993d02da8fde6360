"""The search for customers by phone and by name."""

from typing import Any

import pytest
from httpx import AsyncClient

from services.customer.handlers import SUBSCRIPTIONS
from shared.persistence.database import Sessions
from tests.callers import AsRole
from tests.customer.builders import ZHANG, a_customer, accepted
from tests.kernel import consume


@pytest.mark.parametrize(
    ("query", "found"),
    [
        ({"phone": "138 5123 4567"}, [ZHANG]),
        ({"phone": "+8613851234567"}, [ZHANG]),
        ({"phone": "１３８-5123-4567"}, [ZHANG]),  # noqa: RUF001  full width
        ({"phone": "\u202a（＋８６）138 5123\u200b4567\u202c"}, [ZHANG]),  # noqa: RUF001
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
    query: dict[str, str],
    found: list[str],
) -> None:
    other = a_customer(id="wei-2", name="张卫", phone="13900000000")
    consume(sessions, SUBSCRIPTIONS, accepted(1), accepted(2, other))

    answer = await client.get("/ops/v1/customers", params=query, headers=as_role("viewer"))

    assert answer.status_code == 200
    assert {each["id"] for each in answer.json()} == set(found)


@pytest.mark.parametrize("query", [{}, {"phone": "1", "name": "a"}])
async def test_a_search_is_by_one_thing(
    client: AsyncClient, as_role: AsRole, query: dict[str, str]
) -> None:
    answer = await client.get("/ops/v1/customers", params=query, headers=as_role("viewer"))

    assert answer.status_code == 400
    assert "phone and name" in answer.json()["errors"][0]["remedy"]


async def test_a_search_is_cut_into_pages(
    client: AsyncClient, sessions: Sessions, as_role: AsRole
) -> None:
    for n in range(1, 4):
        consume(sessions, SUBSCRIPTIONS, accepted(n, a_customer(id=f"zhang-{n}")))
    query: dict[str, Any] = {"name": "张", "limit": 2}

    first = await client.get("/ops/v1/customers", params=query, headers=as_role("viewer"))
    rest = await client.get(
        "/ops/v1/customers", params={**query, "offset": 2}, headers=as_role("viewer")
    )

    assert (first.status_code, rest.status_code) == (206, 200)
    assert [each["id"] for each in first.json() + rest.json()] == ["zhang-1", "zhang-2", "zhang-3"]


async def test_a_client_cannot_search_by_name(client: AsyncClient, as_role: AsRole) -> None:
    answer = await client.get("/ops/v1/customers", params={"name": "张"}, headers=as_role("crm"))

    assert answer.status_code == 403


@pytest.mark.parametrize("query", ["Jos\u00e9", "Jose\u0301", "JOS\u00c9", "ｊｏｓé", "Jos"])
@pytest.mark.parametrize("stored", ["Jose\u0301 Ruiz", "Ｊｏｓ\u00e9 Ruiz"])  # noqa: RUF001
async def test_a_name_is_found_in_any_form_of_unicode_and_shown_as_it_was_sent(
    client: AsyncClient, sessions: Sessions, as_role: AsRole, stored: str, query: str
) -> None:
    consume(sessions, SUBSCRIPTIONS, accepted(1, a_customer(name=stored)))

    answer = await client.get(
        "/ops/v1/customers", params={"name": query}, headers=as_role("viewer")
    )

    assert [each["name"] for each in answer.json()] == [stored]


@pytest.mark.parametrize(
    "stored",
    ["138-5123-4503", "+86 138 5123 4503", "１３８５１２３４５０３", "8613851234503"],  # noqa: RUF001
)
@pytest.mark.parametrize("role", ["viewer", "crm"])
async def test_a_phone_number_is_found_however_it_was_stored_and_asked(
    client: AsyncClient, sessions: Sessions, as_role: AsRole, role: str, stored: str
) -> None:
    consume(sessions, SUBSCRIPTIONS, accepted(1, a_customer(phone=stored)))

    for query in ("13851234503", "138 5123 4503", "+8613851234503"):
        answer = await client.get(
            "/ops/v1/customers", params={"phone": query}, headers=as_role(role)
        )
        assert [each["phone"] for each in answer.json()] == [stored]


@pytest.mark.parametrize("query", [{"name": "  "}, {"name": "\u200b"}, {"phone": "-"}])
async def test_a_search_for_nothing_is_refused(
    client: AsyncClient, as_role: AsRole, query: dict[str, str]
) -> None:
    answer = await client.get("/ops/v1/customers", params=query, headers=as_role("viewer"))

    assert answer.status_code == 400
    assert answer.json()["errors"][0]["code"] == "nothing-sought"
