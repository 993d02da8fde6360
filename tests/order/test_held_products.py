"""An offering is sold to customers who have another product, or order one with it."""

import asyncio
from dataclasses import replace

import pytest
from httpx import AsyncClient

from services.order.domain.acceptance.held_products import candidate_specifications
from services.order.domain.catalogue.catalogue import Catalogue, Eligibility
from services.order.domain.catalogue.publication import Publication, publish
from services.order.domain.fulfilment.product import ProductStatus
from services.order.store import products
from shared.errors import InvalidError
from shared.http.collection_paths import ORDERS_PATH
from shared.persistence.database import Sessions
from tests.callers import AsRole
from tests.order.builders import (
    CATALOGUE,
    Json,
    a_body,
    a_disconnection,
    a_fibre,
    a_product,
    a_suspended_fibre,
    an_item,
    faults_of,
    found,
    read_order,
)
from tests.order.related_products import at_address
from tests.order.test_changes import a_change
from tests.order.test_related_products_api import keep
from tests.order.waiting import until_a_transaction_waits

VOICE = CATALOGUE.sellable_offerings["voice-basic"]
LOYAL = replace(VOICE, id="voice-loyal", eligibility=Eligibility(holds=("ftth-1000", "ftth-300")))
FAMILY = replace(VOICE, id="voice-family", eligibility=Eligibility(holds=("ftth",)))
WITH_LOYAL = Catalogue.of(CATALOGUE.specifications, (*CATALOGUE.offerings, LOYAL, FAMILY))
REFUSED = {("/productOrderItem/0/productOffering/id", "offering-not-eligible")}
PUBLICATION: Json = {
    "offerings": [
        {
            "id": "voice-loyal",
            "version": 1,
            "name": "Telephone for fibre customers",
            "specification": "voice",
            "eligibility": {"holds": ["ftth-300"]},
        }
    ]
}


def a_telephone(offering: str = "voice-loyal", id_: str = "1") -> Json:
    return an_item(id_, offering)


@pytest.mark.parametrize("offering", ["voice-loyal", "voice-family"])
def test_a_customer_with_the_other_product_may_order(offering: str) -> None:
    body = a_body(a_telephone(offering))

    assert faults_of(body, catalogue=WITH_LOYAL, products=(a_fibre(),)) == set()
    assert faults_of(body, catalogue=WITH_LOYAL) == REFUSED


def test_the_remedy_names_what_to_order() -> None:
    (fault,) = found(a_body(a_telephone()), WITH_LOYAL)

    assert fault.remedy == (
        "order one of these before it, or in the same order: ftth-1000, ftth-300"
    )


def test_a_product_of_the_same_order_counts() -> None:
    body = a_body(a_telephone(), an_item("2", "ftth-300"))

    assert faults_of(body, catalogue=WITH_LOYAL) == set()


def test_a_product_that_is_not_active_or_anothers_does_not_count() -> None:
    body = a_body(a_telephone())
    ending = replace(a_fibre(), status=ProductStatus.PENDING_TERMINATE)

    for product in (a_suspended_fibre(), ending, a_fibre(party="C-2"), a_product()):
        assert faults_of(body, catalogue=WITH_LOYAL, products=(product,)) == REFUSED


def test_a_product_that_the_order_ends_or_changes_does_not_count() -> None:
    fibre = a_fibre()
    changed = a_change(fibre, productOffering={"id": "ftth-100"})["productOrderItem"][0]

    for item in (a_disconnection(fibre.id, "2"), changed | {"id": "2"}):
        body = a_body(a_telephone(), item)
        assert faults_of(body, catalogue=WITH_LOYAL, products=(fibre,)) == REFUSED


def test_a_product_changes_to_the_offering_by_the_same_rule() -> None:
    telephone = a_product()
    body = a_change(telephone, productOffering={"id": "voice-loyal"})

    assert faults_of(body, catalogue=WITH_LOYAL, products=(telephone,)) == REFUSED
    assert faults_of(body, catalogue=WITH_LOYAL, products=(telephone, a_fibre(2))) == set()


def test_a_product_does_not_make_its_own_offering_eligible() -> None:
    own = replace(VOICE, id="voice-loyal", eligibility=Eligibility(holds=("voice",)))
    catalogue = Catalogue.of(CATALOGUE.specifications, (*CATALOGUE.offerings, own))
    telephone = a_product()
    body = a_change(telephone, productOffering={"id": "voice-loyal"})

    assert faults_of(body, catalogue=catalogue, products=(telephone,)) == REFUSED


def test_a_product_that_has_the_offering_keeps_it_without_the_other_one() -> None:
    telephone = replace(a_product(), offering_id="voice-loyal")
    named = {"productCharacteristic": [{"name": "callerId", "value": True}]}
    body = a_change(telephone, productOffering={"id": "voice-loyal"}, product=named)

    assert faults_of(body, catalogue=WITH_LOYAL, products=(telephone,)) == set()


@pytest.mark.parametrize("id_", ["none", "home-300"])
def test_the_other_product_is_of_a_single_offering_or_a_specification(id_: str) -> None:
    wrong = replace(LOYAL, eligibility=Eligibility(holds=("ftth", id_)))

    with pytest.raises(InvalidError) as caught:
        publish(CATALOGUE, CATALOGUE, Publication(offerings=(wrong,)))

    assert [(each.field, each.code) for each in caught.value.faults] == [
        ("/offerings/0/eligibility/holds/1", "dangling")
    ]


async def test_the_product_is_found_in_the_database_at_any_address(
    client: AsyncClient, stocked: Sessions, as_role: AsRole
) -> None:
    published = await client.post("/ops/v1/catalogue", json=PUBLICATION, headers=as_role("ops"))
    assert published.status_code == 200
    body = a_body(a_telephone())

    before = await client.post(ORDERS_PATH, json=body, headers=as_role("crm"))
    keep(stocked, [at_address(a_fibre(), "addr-9")])
    elsewhere = await client.post(ORDERS_PATH, json=body, headers=as_role("crm", "another-crm"))
    after = await client.post(ORDERS_PATH, json=body, headers=as_role("crm"))

    assert [each["code"] for each in before.json()["errors"]] == ["offering-not-eligible"]
    assert [each["code"] for each in elsewhere.json()["errors"]] == ["offering-not-eligible"]
    assert after.status_code == 201


async def test_a_product_that_another_order_ends_meanwhile_does_not_count(
    client: AsyncClient, stocked: Sessions, as_role: AsRole
) -> None:
    """The order waits for the other one, which has locked the product."""
    await client.post("/ops/v1/catalogue", json=PUBLICATION, headers=as_role("ops"))
    fibre = a_fibre()
    keep(stocked, [fibre])
    with stocked.begin() as session:
        products.preload(session, [fibre.id])
        placed = asyncio.create_task(
            client.post(ORDERS_PATH, json=a_body(a_telephone()), headers=as_role("crm"))
        )
        await until_a_transaction_waits(stocked)
        ending = replace(fibre, status=ProductStatus.PENDING_TERMINATE)
        products.put_all(session, changed=[ending])
        products.PRODUCTS.write(session)

    answer = await placed

    assert [each["code"] for each in answer.json()["errors"]] == ["offering-not-eligible"]


def test_only_an_order_for_such_an_offering_searches_products() -> None:
    ordinary, loyal = (read_order(a_body(an_item("1", id_))) for id_ in ("ftth-300", "voice-loyal"))

    assert candidate_specifications(ordinary, WITH_LOYAL) == {}
    assert candidate_specifications(loyal, WITH_LOYAL) == {"ftth": {""}}
