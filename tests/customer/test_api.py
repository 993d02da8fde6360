"""The answers of the customer service."""

import pytest
from httpx import AsyncClient

from services.customer.handlers import SUBSCRIPTIONS
from shared.contracts import Characteristic, Held, ItemHoldings, ResourcesAssigned
from shared.persistence.database import Sessions
from tests.callers import AsRole
from tests.customer.builders import (
    ZHANG,
    a_customer,
    accepted,
    assigned,
    completed,
    order_held,
    order_id,
    product_id,
    service_completed,
    service_id,
)
from tests.kernel import consume

PARTIES = "/tmf-api/partyManagement/v4"
ACCOUNTS = "/tmf-api/accountManagement/v4/partyAccount"
VIEW = f"/ops/v1/customers/{ZHANG}/view"
COMPANY = a_customer(id="panda", name="熊猫电子", category="key-account", account_id="acc-9")


async def test_a_person_is_answered_as_tmf632_has_it(
    client: AsyncClient, sessions: Sessions, as_role: AsRole
) -> None:
    consume(sessions, SUBSCRIPTIONS, accepted(1))

    answer = await client.get(f"{PARTIES}/individual/{ZHANG}", headers=as_role("crm"))

    assert answer.status_code == 200
    assert answer.json() == {
        "id": ZHANG,
        "href": f"{PARTIES}/individual/{ZHANG}",
        "@type": "Individual",
        "status": "initialized",
        "fullName": "张伟",
        "contactMedium": [
            {
                "mediumType": "phone",
                "preferred": True,
                "characteristic": {"phoneNumber": "13851234567"},
            },
            {
                "mediumType": "email",
                "preferred": False,
                "characteristic": {"emailAddress": "zhang@example.cn"},
            },
        ],
        "partyCharacteristic": [{"name": "category", "valueType": "string", "value": "public"}],
        "individualIdentification": [
            {
                "identificationType": "identity-number",
                "identificationId": "320102199003078515",
            }
        ],
    }


async def test_a_key_account_is_answered_as_an_organization_under_either_address(
    client: AsyncClient, sessions: Sessions, as_role: AsRole
) -> None:
    consume(sessions, SUBSCRIPTIONS, accepted(1, COMPANY))

    as_organization = await client.get(f"{PARTIES}/organization/panda", headers=as_role("crm"))
    as_individual = await client.get(f"{PARTIES}/individual/panda", headers=as_role("crm"))

    assert as_organization.json()["name"] == "熊猫电子"
    assert as_organization.json()["@type"] == "Organization"
    assert as_organization.json()["href"] == f"{PARTIES}/organization/panda"
    assert (as_individual.status_code, as_individual.json()) == (200, as_organization.json())


async def test_fields_choose_attributes(
    client: AsyncClient, sessions: Sessions, as_role: AsRole
) -> None:
    consume(sessions, SUBSCRIPTIONS, accepted(1))
    url = f"{PARTIES}/individual/{ZHANG}"

    chosen = await client.get(url, params={"fields": "fullName"}, headers=as_role("crm"))
    unknown = await client.get(url, params={"fields": "shoeSize"}, headers=as_role("crm"))

    assert chosen.json().keys() == {"id", "href", "@type", "fullName"}
    assert unknown.status_code == 400


async def test_accounts_are_listed_by_their_party_page_by_page(
    client: AsyncClient, sessions: Sessions, as_role: AsRole
) -> None:
    for n in range(1, 4):
        consume(sessions, SUBSCRIPTIONS, accepted(n, a_customer(account_id=f"acc-{n}")))
    query = {"relatedParty.id": ZHANG, "limit": "2"}

    first = await client.get(ACCOUNTS, params=query, headers=as_role("crm"))
    second = await client.get(ACCOUNTS, params={**query, "offset": "2"}, headers=as_role("crm"))

    assert (first.status_code, second.status_code) == (206, 200)
    assert [each["id"] for each in first.json() + second.json()] == ["acc-1", "acc-2", "acc-3"]
    assert first.json()[0] == {
        "id": "acc-1",
        "href": f"{ACCOUNTS}/acc-1",
        "@type": "PartyAccount",
        "name": "acc-1",
        "relatedParty": [
            {
                "id": ZHANG,
                "href": f"{PARTIES}/individual/{ZHANG}",
                "role": "customer",
                "@referredType": "Individual",
            }
        ],
    }


async def test_accounts_without_a_party_are_refused_with_the_parameters_name(
    client: AsyncClient, as_role: AsRole
) -> None:
    answer = await client.get(ACCOUNTS, headers=as_role("crm"))

    assert answer.status_code == 400
    assert answer.json()["errors"][0]["field"] == "relatedParty.id"


async def test_one_account_is_answered_with_its_customer(
    client: AsyncClient, sessions: Sessions, as_role: AsRole
) -> None:
    consume(sessions, SUBSCRIPTIONS, accepted(1, COMPANY))

    answer = await client.get(f"{ACCOUNTS}/acc-9", headers=as_role("crm"))

    assert answer.json()["relatedParty"][0]["@referredType"] == "Organization"


async def test_the_view_shows_a_customer_whole(
    client: AsyncClient, sessions: Sessions, as_role: AsRole
) -> None:
    consume(sessions, SUBSCRIPTIONS, accepted(1), assigned(1), service_completed(1), completed(1))
    consume(sessions, SUBSCRIPTIONS, accepted(2), assigned(2, "+862583100002"), order_held(2))

    view = (await client.get(VIEW, headers=as_role("viewer"))).json()

    assert view["id"] == view["profile"]["id"] == ZHANG
    assert [each["id"] for each in view["accounts"]] == ["acc-1"]
    held_order, done_order = view["orders"]
    assert (held_order["state"], done_order["state"]) == ("held", "completed")
    assert held_order["hold"]["step"] == "jumper"
    assert held_order["items"][0]["action"] == "add"
    (product,) = view["products"]
    assert (product["id"], product["orderId"]) == (str(product_id(1)), str(order_id(1)))
    assert (product["number"], product["specification"]) == ("+862583100001", "voice")
    assert view["numbers"] == [
        {
            "kind": "number",
            "value": "+862583100001",
            "state": "inUse",
            "serviceId": str(service_id(1)),
        },
        {
            "kind": "number",
            "value": "+862583100002",
            "state": "reserved",
            "serviceId": str(service_id(2)),
        },
    ]
    assert {each["element"] for each in view["lines"]} == {"msan-1"}
    assert view["cutShort"] == []


async def test_the_view_can_be_kept_short(
    client: AsyncClient, sessions: Sessions, as_role: AsRole
) -> None:
    consume(sessions, SUBSCRIPTIONS, accepted(1), accepted(2))

    view = await client.get(VIEW, params={"limit": "1"}, headers=as_role("viewer"))

    assert [each["id"] for each in view.json()["orders"]] == [str(order_id(2))]
    assert view.json()["cutShort"] == ["orders"]


async def test_the_view_shows_the_attributes_of_a_line(
    client: AsyncClient, sessions: Sessions, as_role: AsRole
) -> None:
    port = Characteristic(name="pon_port", value="0/1/3")
    leg = Held(kind="leg", value="LEG-1", element="olt-1", attributes=(port,))
    item = ItemHoldings(item_id="1", service_id=service_id(1), held=(leg,))
    consume(sessions, SUBSCRIPTIONS, accepted(1))
    consume(sessions, SUBSCRIPTIONS, ResourcesAssigned(order_id=order_id(1), items=(item,)))

    (line,) = (await client.get(VIEW, headers=as_role("viewer"))).json()["lines"]

    assert line["attributes"] == [{"name": "pon_port", "value": "0/1/3"}]


async def test_a_client_sees_only_customers_that_it_has_ordered_for(
    client: AsyncClient, sessions: Sessions, as_role: AsRole
) -> None:
    consume(sessions, SUBSCRIPTIONS, accepted(1))
    stranger = as_role("crm", client="another-crm")
    paths = [VIEW, f"{PARTIES}/individual/{ZHANG}", f"{ACCOUNTS}/acc-1"]

    answers = [await client.get(path, headers=stranger) for path in paths]
    answers.append(await client.get(ACCOUNTS, params={"relatedParty.id": ZHANG}, headers=stranger))
    found = await client.get("/ops/v1/customers", params={"phone": "13851234567"}, headers=stranger)

    assert [answer.status_code for answer in answers] == [404] * 4
    assert ZHANG not in answers[2].text
    assert found.json() == []


async def test_a_tenant_sees_only_its_own_customers(
    client: AsyncClient, sessions: Sessions, as_role: AsRole
) -> None:
    consume(sessions, SUBSCRIPTIONS, accepted(1))
    elsewhere = as_role("viewer", tenant="zhejiang")

    view = await client.get(VIEW, headers=elsewhere)
    found = await client.get("/ops/v1/customers", params={"name": "张"}, headers=elsewhere)

    assert view.status_code == 404
    assert found.json() == []


async def test_an_unknown_customer_is_a_problem_with_a_remedy(
    client: AsyncClient, as_role: AsRole
) -> None:
    answer = await client.get("/ops/v1/customers/nobody/view", headers=as_role("viewer"))

    assert answer.status_code == 404
    assert answer.headers["content-type"] == "application/problem+json"
    assert answer.json()["remedy"]


@pytest.mark.parametrize("path", [VIEW, f"{PARTIES}/individual/{ZHANG}", ACCOUNTS])
async def test_a_request_without_a_token_is_refused(client: AsyncClient, path: str) -> None:
    assert (await client.get(path)).status_code == 401
