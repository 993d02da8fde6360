"""Agreements: a customer's own prices and values, approved by a second person."""

from datetime import timedelta
from typing import Any

import pytest
from httpx import AsyncClient, Response

from services.order.domain.catalogue.agreements import (
    AgreedPrice,
    AgreedValue,
    Agreement,
    AgreementTerms,
    agreement_faults,
    under_agreement,
)
from services.order.domain.catalogue.prices import Discount, PriceKind
from services.order.domain.catalogue.pricing import PricingContext, price_product
from shared.http.collection_paths import AGREEMENTS_PATH, OPS_PATH, ORDERS_PATH
from tests.callers import AsRole
from tests.conftest import NOON
from tests.order.builders import CATALOGUE, PARTY, Json, a_body, an_item

PATH = f"{AGREEMENTS_PATH}/HT-1"
TERMS: Json = {
    "customer": PARTY,
    "name": "Frame contract",
    "prices": [{"offering": "ftth-300", "price": "ftth-300-monthly", "amount_cents": 5000}],
    "values": [{"offering": "ftth-300", "name": "speedMbps", "value": 350}],
}
LI, WANG = "li-na", "wang-fang"


async def write(
    client: AsyncClient, headers: dict[str, str], terms: Json = TERMS, path: str = PATH
) -> Response:
    body = {"terms": terms, "reason": "signed"}
    return await client.put(path, json=body, headers=headers)


async def agreed(client: AsyncClient, as_role: AsRole, terms: Json = TERMS) -> None:
    """Write an agreement that a second person approves."""
    product = as_role("product", person=LI)
    asked = await write(client, product, terms)
    assert asked.status_code == 202, asked.text
    approving = f"{OPS_PATH}/approvals/{asked.json()['id']}/approve"
    supervisor = as_role("supervisor", person=WANG)
    approved = await client.post(approving, json={"reason": "checked"}, headers=supervisor)
    assert approved.status_code == 200, approved.text
    assert (await write(client, product, terms)).status_code == 200


async def order_with(
    client: AsyncClient, headers: dict[str, str], agreement: str = "HT-1", **differences: Any
) -> Response:
    body = a_body(an_item("1", "ftth-300"), agreement=[{"id": agreement}], **differences)
    return await client.post(ORDERS_PATH, json=body, headers=headers)


def codes(response: Response) -> list[str]:
    return [each["code"] for each in response.json()["errors"]]


async def test_an_order_that_names_its_agreement_has_the_agreed_price_and_value(
    client: AsyncClient, as_role: AsRole
) -> None:
    await agreed(client, as_role)

    response = await order_with(client, as_role("crm"))

    order = response.json()
    (item,) = order["productOrderItem"]
    (_, monthly) = item["itemPrice"]
    assert monthly["price"]["dutyFreeAmount"]["value"] == 50.0
    (speed,) = item["product"]["productCharacteristic"]
    assert (speed["name"], speed["value"]) == ("speedMbps", 350)
    assert order["agreement"][0]["id"] == "HT-1"


async def test_nothing_is_agreed_before_a_second_person_approves(
    client: AsyncClient, as_role: AsRole
) -> None:
    asked = await write(client, as_role("product", person=LI))
    own = await client.post(
        f"{OPS_PATH}/approvals/{asked.json()['id']}/approve",
        json={"reason": "my own"},
        headers=as_role("supervisor", person=LI),
    )
    again = await write(client, as_role("product", person=LI))

    assert (own.status_code, again.status_code) == (403, 202)
    assert codes(await order_with(client, as_role("crm"))) == ["agreement-unknown"]


async def test_other_terms_need_another_approval(client: AsyncClient, as_role: AsRole) -> None:
    await agreed(client, as_role)
    cheaper = TERMS | {"values": [], "name": "Cheaper"}

    response = await write(client, as_role("product", person=LI), cheaper)

    assert response.status_code == 202


async def test_an_agreement_of_another_customer_or_one_that_is_over_is_refused(
    client: AsyncClient, as_role: AsRole
) -> None:
    await agreed(client, as_role, TERMS | {"valid_until": (NOON - timedelta(days=40)).isoformat()})
    crm = as_role("crm")
    other = [{"id": "C-2", "role": "customer"}]

    over = await order_with(client, crm)
    of_another = await order_with(client, crm, relatedParty=other)

    assert codes(over) == ["agreement-not-valid"]
    assert codes(of_another) == ["agreement-unknown"]


async def test_the_faults_of_an_agreement_are_all_named(
    client: AsyncClient, as_role: AsRole
) -> None:
    terms = TERMS | {
        "prices": [{"offering": "ftth-300", "price": "nothing", "amount_cents": -1}],
        "values": [
            {"offering": "ftth-300", "name": "speedMbps", "value": "fast"},
            {"offering": "ftth-300", "name": "colour", "value": "red"},
        ],
    }

    response = await write(client, as_role("product", person=LI), terms)

    found = {(each["field"], each["code"]) for each in response.json()["errors"]}
    assert found == {
        ("/prices/0/amount_cents", "amount-malformed"),
        ("/prices/0/price", "dangling"),
        ("/values/0/value", "characteristic-type"),
        ("/values/1/name", "dangling"),
    }


async def test_agreements_are_shown_one_by_one_and_by_customer(
    client: AsyncClient, as_role: AsRole
) -> None:
    await agreed(client, as_role)
    viewer = as_role("viewer")

    one = (await client.get(PATH, headers=viewer)).json()
    of_customer = await client.get(f"{AGREEMENTS_PATH}?customer={PARTY}", headers=viewer)
    of_another = await client.get(f"{AGREEMENTS_PATH}?customer=C-2", headers=viewer)

    assert (one["id"], one["changed_by"]) == ("HT-1", LI)
    assert (of_customer.json(), of_another.json()) == ([one], [])


def test_no_discount_is_given_on_an_agreed_price() -> None:
    terms = AgreementTerms(
        customer=PARTY,
        name="x",
        prices=(AgreedPrice(offering="ftth-300", price="ftth-300-monthly", amount_cents=5000),),
    )
    found = under_agreement(CATALOGUE, Agreement("HT-1", NOON, LI, terms))
    half = Discount(id="d", name="d", member="ftth-300", kind=PriceKind.RECURRING, percent=50)

    offering = found.sellable_offerings["ftth-300"]
    price = price_product(offering, [], PricingContext(NOON, bundle_discounts=(half,)))

    assert price.monthly_cents == 5000
    assert found.sellable_offerings["ftth-100"] is CATALOGUE.sellable_offerings["ftth-100"]


@pytest.mark.parametrize("terms", [AgreementTerms(customer=PARTY, name="x")])
def test_an_agreement_on_nothing_is_refused(terms: AgreementTerms) -> None:
    assert [each.code for each in agreement_faults(terms, CATALOGUE)] == ["agreement-empty"]


def test_a_price_for_usage_is_not_agreed_here() -> None:
    usage = AgreedPrice(offering="plan-20", price="plan-20-data", amount_cents=1)
    terms = AgreementTerms(customer=PARTY, name="x", prices=(usage,))

    assert [each.code for each in agreement_faults(terms, CATALOGUE)] == ["dangling"]


def test_an_agreed_value_may_be_one_that_is_not_sold() -> None:
    value = AgreedValue(offering="ftth-300", name="speedMbps", value=350)
    terms = AgreementTerms(customer=PARTY, name="x", values=(value,))

    assert not list(agreement_faults(terms, CATALOGUE))
