"""The example orders in the folder and in the API's description do what their texts say."""

import json
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import pytest
from httpx import AsyncClient

from services.order.api.examples.orders import ORDER_REQUESTS
from services.order.domain.fulfilment.product import Product
from shared.http.collection_paths import ORDERS_PATH
from tests.callers import AsRole
from tests.order.builders import (
    Json,
    a_body,
    a_fibre,
    a_place,
    a_product,
    a_suspended_fibre,
    accepted,
    an_item,
    bundled_products,
    faults_of,
    identified,
    product_of,
)
from tools.province.addresses import NO_FREE_PORT, UNSERVED
from tools.province.build import Province, build_province

FOLDER = Path(__file__).parents[2] / "examples"
PRICES = {
    "ftth-new": (10000, 9900),
    "ftth-term-new": (0, 6450),
    "voice-new": (5000, 1500),
    "voice-picked": (105000, 8800),
    "second-number-new": (5000, 2000),
    "bundle-home": (5000, 8670),
    "bundle-converged": (0, 19550),
    "unserved-address": (10000, 6900),
    "no-free-port": (10000, 6900),
    "iptv-new": (15000, 11900),
    "content-pack-new": (15000, 13400),
    "static-ip-new": (10000, 19900),
    "leased-line-new": (200000, 300000),
    "vpn-new": (200000, 190000),
    "rental-new": (50000, 120000),
    "mobile-new": (0, 5900),
    "member-card-new": (0, 13900),
    "data-pack-new": (0, 7400),
    "cards-new": (50000, 0),
}
"""The examples that are accepted, each with its one-off and monthly price in cents."""

TEMPLATES: Mapping[str, Callable[..., Product | tuple[Product, ...]]] = {
    "disconnect": a_product,
    "ftth-change": a_fibre,
    "ftth-move": a_fibre,
    "suspend": a_fibre,
    "resume": a_suspended_fibre,
    "voice-caller-id": a_product,
    "voice-move": a_product,
    "voice-change-number": a_product,
    "iptv-change": product_of("ftth-300", "iptv-hd"),
    "leased-line-change": product_of("line-100"),
    "leased-line-move": product_of("line-100"),
    "site-change": product_of("vpn-l3", "site-50"),
    "site-move": product_of("vpn-l3", "site-50"),
    "mobile-change": product_of("plan-20"),
    "mobile-change-number": product_of("plan-20"),
    "sim-swap": product_of("plan-20"),
    "transfer": a_fibre,
    "change-payment": a_fibre,
    "renew": product_of("ftth-500-term"),
    "bundle-join": a_product,
    "bundle-leave": bundled_products,
}
"""The examples that are accepted once they name such a product of the customer."""

FAULTY = ("bad-characteristic", "many-faults")


def example(name: str) -> Json:
    body: Json = json.loads((FOLDER / f"{name}.json").read_text("utf-8"))
    return body


def places_in(body: Any) -> list[Json]:
    """Return all places that a body names."""
    if isinstance(body, list):
        return [place for each in body for place in places_in(each)]
    if not isinstance(body, dict):
        return []
    own: list[Json] = body.get("place", [])
    return own + [place for each in body.values() for place in places_in(each)]


def unknown_products_in(body: Json) -> list[Json]:
    """Return the products that the items of a template name."""
    items = body["productOrderItem"]
    nested = [each for item in items for each in item.get("productOrderItem", ())]
    named = (each.get("product", {}) for each in (*items, *nested))
    return [each for each in named if "id" in each]


@pytest.fixture(scope="module")
def jiangsu() -> Province:
    return build_province()


def test_every_example_is_documented() -> None:
    readme = (FOLDER / "README.md").read_text("utf-8")

    assert all(f"`{path.name}`" in readme for path in FOLDER.glob("*.json"))


def test_every_example_is_tested() -> None:
    assert {path.stem for path in FOLDER.glob("*.json")} == {*PRICES, *TEMPLATES, *FAULTY}


@pytest.mark.parametrize("name", PRICES)
def test_a_good_example_is_accepted_at_the_documented_price(name: str) -> None:
    order = accepted(example(name)).order

    assert (order.one_off_cents, order.monthly_cents) == PRICES[name]


@pytest.mark.parametrize("name", TEMPLATES)
def test_a_template_is_accepted_once_it_names_a_product_of_the_customer(name: str) -> None:
    body = example(name)
    owner = body["relatedParty"][-1]
    product = TEMPLATES[name](party=owner["id"])

    assert {code for _, code in faults_of(body)} == {"product-unknown"}
    products = product if isinstance(product, tuple) else (product,)
    for reference, each in zip(unknown_products_in(body), products, strict=True):
        reference["id"] = str(each.id)
    assert faults_of(body, products=products) == set()


def test_the_bad_characteristic_is_the_only_fault() -> None:
    assert faults_of(example("bad-characteristic")) == {
        ("/productOrderItem/0/product/productCharacteristic/0/value", "characteristic-value")
    }


def test_all_of_many_faults_are_named() -> None:
    assert {code for _, code in faults_of(example("many-faults"))} == {
        "customer-id-missing",
        "priority-unknown",
        "item-id-twice",
        "action-unsupported",
        "address-missing",
        "characteristic-value",
        "characteristic-unknown",
        "offering-unknown",
    }


def test_the_addresses_are_those_of_the_province(jiangsu: Province) -> None:
    orderable_addresses = {
        address.id: address.local_network for address in jiangsu.orderable_addresses()
    }
    special = {"unserved-address": UNSERVED, "no-free-port": NO_FREE_PORT}

    for name in PRICES:
        for place in places_in(example(name)):
            if "id" not in place:
                assert place["localNetwork"] == "025"
            elif name in special:
                assert place["id"] == special[name]
            else:
                assert orderable_addresses[place["id"]] == place["localNetwork"]


def test_the_picked_number_is_one_of_the_exchange_that_serves_the_address(
    jiangsu: Province,
) -> None:
    body = example("voice-picked")
    (place,) = places_in(body)
    exchange = next(each for each in jiangsu.addresses if each.id == place["id"]).exchange_id
    characteristics = body["productOrderItem"][0]["product"]["productCharacteristic"]
    number = next(each["value"] for each in characteristics if each["name"] == "number")

    owners = [each.exchange_id for each in jiangsu.segments if number in set(each.numbers())]

    assert owners == [exchange]


async def test_the_api_describes_itself_with_examples_that_are_accepted(
    client: AsyncClient, as_role: AsRole
) -> None:
    described = (await client.get("/openapi.json")).json()
    post = described["paths"]["/tmf-api/productOrderingManagement/v4/productOrder"]["post"]
    content = post["requestBody"]["content"]["application/json"]

    assert content["schema"]["$ref"].endswith("OrderSchema")
    assert set(content["examples"]) == set(ORDER_REQUESTS)
    for name, each in ORDER_REQUESTS.items():
        answer = await client.post(
            "/tmf-api/productOrderingManagement/v4/productOrder",
            json=each["value"],
            headers=as_role("crm"),
        )
        names_a_product = name in {"change", "suspend", "disconnect"}
        assert answer.status_code == (400 if names_a_product else 201), name


async def test_the_example_of_an_offering_is_published_and_sold_to_its_customers(
    client: AsyncClient, as_role: AsRole
) -> None:
    publication = json.loads((FOLDER / "catalogue/loyal-offer.json").read_text())

    published = await client.post("/ops/v1/catalogue", json=publication, headers=as_role("product"))

    assert published.json()["changed"] == ["offering/ftth-300-loyal/1"]
    plan = an_item("1", "plan-20", place=a_place(localNetwork="025"))
    fibre = an_item("2", "ftth-300-loyal")
    answers = [
        await client.post(ORDERS_PATH, json=identified(a_body(*items)), headers=as_role("crm"))
        for items in ((fibre,), (plan, fibre))
    ]
    assert [each["code"] for each in answers[0].json()["errors"]] == ["offering-not-eligible"]
    assert answers[1].status_code == 201
