"""A customer is found at its own href, whatever its id."""

import pytest
from httpx import AsyncClient

from services.customer.handlers import SUBSCRIPTIONS
from shared.persistence.database import Sessions
from tests.callers import AsRole
from tests.customer.builders import a_customer, accepted
from tests.hrefs import broken_references, references_in
from tests.kernel import consume

IDS = [
    "A/B",
    "/",
    "A/",
    "a b",
    "客户/1",
    "50%",
    "%2F",
    "a?b#c",
    "a+b",
    "a:b@c;d,e=f",
    "...",
    "'\"\\",
]
ELSEWHERE = ("/tmf-api/productOrdering", "/tmf-api/productInventory")


@pytest.mark.parametrize("id_", IDS)
async def test_every_href_about_a_customer_leads_to_what_it_names(
    client: AsyncClient, sessions: Sessions, as_role: AsRole, id_: str
) -> None:
    customer = a_customer(id=id_, account_id=f"{id_}/pays")
    consume(sessions, SUBSCRIPTIONS, accepted(1, customer))

    found = await client.get(
        "/ops/v1/customers", params={"phone": customer.phone}, headers=as_role("viewer")
    )
    view = await client.get(found.json()[0]["view"], headers=as_role("viewer"))

    assert view.status_code == 200
    assert view.json()["id"] == id_
    for answer in (found.json(), view.json()):
        assert list(references_in(answer))
        assert await broken_references(client, answer, as_role("viewer"), besides=ELSEWHERE) == []


@pytest.mark.parametrize("id_", IDS)
async def test_a_customer_can_be_erased_whatever_its_id(
    client: AsyncClient, sessions: Sessions, as_role: AsRole, id_: str
) -> None:
    consume(sessions, SUBSCRIPTIONS, accepted(1, a_customer(id=id_)))
    found = await client.get(
        "/ops/v1/customers", params={"phone": a_customer().phone}, headers=as_role("viewer")
    )
    at = found.json()[0]["view"].removesuffix("/view")

    answer = await client.post(
        f"{at}/erase", json={"reason": "asked for"}, headers=as_role("admin")
    )

    assert answer.status_code == 200
    assert (await client.get(f"{at}/view", headers=as_role("viewer"))).json()["profile"][
        "name"
    ] == ""


async def test_an_encoded_slash_is_part_of_an_id_and_a_plain_one_separates_segments(
    client: AsyncClient, sessions: Sessions, as_role: AsRole
) -> None:
    consume(sessions, SUBSCRIPTIONS, accepted(1, a_customer(id="A/B")))
    parties = "/tmf-api/partyManagement/v4/individual"

    assert [
        (await client.get(f"{parties}/{written}", headers=as_role("viewer"))).status_code
        for written in ("A%2FB", "A%2fB", "A/B", "A%252FB", "A%EE%80%80B")
    ] == [200, 200, 404, 404, 404]
