"""The kind of a customer that an order names only by its id."""

from typing import Any

import pytest
from httpx import AsyncClient

from services.order.handlers import SUBSCRIPTIONS
from shared.contracts import OrderAccepted, ResourcesAssigned
from shared.persistence.database import Sessions
from tests.callers import AsRole
from tests.kernel import consume, envelopes
from tests.order.builders import PARTY, a_body, an_item, service_completed_for

ORDERS = "/tmf-api/productOrderingManagement/v4/productOrder"
PRODUCTS = "/tmf-api/productInventory/v4/product"
PARTIES = "/tmf-api/partyManagement/v4"
Headers = dict[str, str]


def a_customer(**fields: Any) -> list[dict[str, Any]]:
    return [{"id": PARTY, "role": "customer"} | fields]


async def place(client: AsyncClient, headers: Headers, *items: Any, **fields: Any) -> Any:
    """Place an order whose customer has these fields besides its id; return the answer's body."""
    body = a_body(*items, relatedParty=a_customer(**fields))
    answer = await client.post(ORDERS, json=body, headers=headers)
    return answer.json()


def reference_in(shown: Any) -> tuple[str, str]:
    """Return the type and the href of the customer in a view."""
    (party,) = shown["relatedParty"]
    return party["@referredType"], party["href"]


async def sell_to(client: AsyncClient, headers: Headers, *categories: str) -> None:
    """Publish an offering only for these categories of customers."""
    offering = {
        "id": "special",
        "version": 1,
        "name": "Special",
        "specification": "voice",
        "eligibility": {"categories": categories},
    }
    answer = await client.post("/ops/v1/catalogue", json={"offerings": [offering]}, headers=headers)
    assert answer.status_code == 200


@pytest.mark.parametrize(
    "kind",
    ["organization", "ORGANIZATION", "Ｏrganization", " Organi-zation"],  # noqa: RUF001
)
async def test_a_kind_is_accepted_in_any_spelling(
    client: AsyncClient, as_role: AsRole, kind: str
) -> None:
    shown = await place(client, as_role("crm"), **{"@referredType": kind})

    assert reference_in(shown)[0] == "Organization"


async def test_a_kind_in_any_spelling_contradicts_a_category(
    client: AsyncClient, as_role: AsRole
) -> None:
    fields = {"@referredType": "individual", "category": "business"}

    refused = await place(client, as_role("crm"), **fields)

    (error,) = refused["errors"]
    at = "/relatedParty/0/@referredType"
    assert (error["field"], error["code"]) == (at, "kind-contradicts-category")


@pytest.mark.parametrize("kind", ["Person", "Seller", "-"])
async def test_an_unknown_kind_is_refused(client: AsyncClient, as_role: AsRole, kind: str) -> None:
    refused = await place(client, as_role("crm"), **{"@referredType": kind})

    (error,) = refused["errors"]
    assert (error["field"], error["code"]) == ("/relatedParty/0/@referredType", "kind-unknown")
    assert kind not in error["message"]


async def test_a_customer_that_is_sent_as_it_is_shown_sets_no_kind(
    client: AsyncClient, as_role: AsRole
) -> None:
    shown = await place(client, as_role("crm"))
    (party,) = shown["relatedParty"]

    again = await place(client, as_role("crm"), **party)

    assert again["relatedParty"] == shown["relatedParty"]


@pytest.mark.parametrize("kind", ["Party", "PartyRole", "Customer", "customer"])
async def test_types_that_standard_clients_send_set_no_kind(
    client: AsyncClient, as_role: AsRole, kind: str
) -> None:
    plain = await place(client, as_role("crm"))

    order = await place(client, as_role("crm"), **{"@referredType": kind})

    assert order["relatedParty"] == plain["relatedParty"]


async def test_the_kind_of_a_party_that_is_no_customer_is_ignored(
    client: AsyncClient, as_role: AsRole
) -> None:
    seller = {"id": "S-1", "role": "seller", "@referredType": "PartyRole"}
    body = a_body(relatedParty=[*a_customer(), seller])

    answer = await client.post(ORDERS, json=body, headers=as_role("crm"))

    assert answer.status_code == 201


@pytest.mark.parametrize("fields", [{"category": "business"}, {"@referredType": "Organization"}])
async def test_an_order_by_id_alone_has_the_kind_of_an_earlier_order(
    client: AsyncClient, as_role: AsRole, fields: dict[str, str]
) -> None:
    await place(client, as_role("crm"), **fields)

    first = await place(client, as_role("crm"))
    second = await place(client, as_role("crm"))

    there = ("Organization", f"{PARTIES}/organization/{PARTY}")
    assert [reference_in(first), reference_in(second)] == [there, there]


async def test_without_a_kind_in_any_order_an_order_and_its_product_have_none(
    client: AsyncClient, as_role: AsRole, stocked: Sessions
) -> None:
    order = await place(client, as_role("crm"), an_item("1", "voice-basic"))
    product = await product_of(client, stocked, as_role("crm"))

    unknown = ("Party", f"{PARTIES}/individual/{PARTY}")
    assert [reference_in(order), reference_in(product)] == [unknown, unknown]


async def test_a_product_has_the_kind_of_customer_of_an_earlier_order(
    client: AsyncClient, as_role: AsRole, stocked: Sessions
) -> None:
    await place(client, as_role("crm"), category="business")
    envelopes(stocked)
    await place(client, as_role("crm"), an_item("1", "voice-basic"))

    product = await product_of(client, stocked, as_role("crm"))

    assert reference_in(product) == ("Organization", f"{PARTIES}/organization/{PARTY}")


async def product_of(client: AsyncClient, sessions: Sessions, headers: Headers) -> Any:
    """Complete the order placed last; return its product as it is shown."""
    accepted = envelopes(sessions)[-1].open()
    assert isinstance(accepted, OrderAccepted)
    consume(sessions, SUBSCRIPTIONS, ResourcesAssigned(order_id=accepted.order_id, items=()))
    consume(sessions, SUBSCRIPTIONS, service_completed_for(accepted))
    shown = await client.get(f"{PRODUCTS}/{accepted.items[0].product_id}", headers=headers)
    return shown.json()


async def test_a_known_business_buys_what_is_for_businesses_by_its_id_alone(
    client: AsyncClient, as_role: AsRole
) -> None:
    await sell_to(client, as_role("ops"), "business")
    item = an_item("1", "special")
    unknown = await place(client, as_role("crm"), item)
    await place(client, as_role("crm"), category="business")

    known = await place(client, as_role("crm"), item)

    assert [each["code"] for each in unknown["errors"]] == ["offering-not-eligible"]
    assert known["state"] == "acknowledged"


async def test_a_known_business_is_no_public_customer_by_its_id_alone(
    client: AsyncClient, as_role: AsRole
) -> None:
    await sell_to(client, as_role("ops"), "public")
    await place(client, as_role("crm"), category="key-account")

    refused = await place(client, as_role("crm"), an_item("1", "special"))

    assert [each["code"] for each in refused["errors"]] == ["offering-not-eligible"]


async def test_the_kind_in_an_order_takes_precedence_over_earlier_ones(
    client: AsyncClient, as_role: AsRole
) -> None:
    await place(client, as_role("crm"), category="business")

    contrary = await place(client, as_role("crm"), **{"@referredType": "Individual"})
    later = await place(client, as_role("crm"))

    there = ("Individual", f"{PARTIES}/individual/{PARTY}")
    assert [reference_in(contrary), reference_in(later)] == [there, there]


async def test_the_kind_that_another_client_sent_is_not_used(
    client: AsyncClient, as_role: AsRole
) -> None:
    other = as_role("crm", client="another-crm")
    await place(client, other, category="business")

    shown = await place(client, as_role("crm"))

    assert reference_in(shown)[0] == "Party"
