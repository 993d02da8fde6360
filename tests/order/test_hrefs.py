"""Ids in orders and the catalogue: one rule, and an href for each."""

from typing import Any

import pytest
from httpx import AsyncClient

from shared.http.collection_paths import CATALOGUE_PATH, ORDERS_PATH, SERVICES_PATH
from tests.callers import AsRole
from tests.hrefs import broken_references, references_in
from tests.order.builders import Json, a_body, a_place, an_item

PRODUCT = "/tmf-api/productInventory/v4/product/"
OF_CUSTOMERS = ("/tmf-api/accountManagement/v4/", "/tmf-api/partyManagement/v4/")
"""Paths of the customer service."""

WRONG = ["a\u001b[31m", "a\nb", "Jose\u0301", " C-1", "..", "a\u200bb"]
PLACES: list[tuple[str, Any]] = [
    ("/externalId", lambda id_: a_body(externalId=id_)),
    ("/relatedParty/0/id", lambda id_: a_body(party=id_)),
    ("/billingAccount/id", lambda id_: a_body(billingAccount={"id": id_})),
    ("/productOrderItem/0/id", lambda id_: a_body(an_item(id_))),
    (
        "/productOrderItem/0/product/place/0/id",
        lambda id_: a_body(an_item("1", place=a_place(id=id_))),
    ),
]


@pytest.mark.parametrize("id_", WRONG)
@pytest.mark.parametrize(("at", "body_of"), PLACES, ids=[at for at, _ in PLACES])
async def test_every_id_of_an_order_keeps_to_one_rule(
    client: AsyncClient, as_role: AsRole, at: str, body_of: Any, id_: str
) -> None:
    answer = await client.post(ORDERS_PATH, json=body_of(id_), headers=as_role("crm"))

    assert answer.status_code == 400
    (error,) = answer.json()["errors"]
    assert (error["field"], error["code"][:3]) == (at, "id-")
    assert error["remedy"]


@pytest.mark.parametrize("id_", ["A/B", "客户 1", "50%", "a?b#c", "%2F"])
async def test_an_order_is_accepted_and_found_by_any_printable_ids(
    client: AsyncClient, as_role: AsRole, id_: str
) -> None:
    body = a_body(an_item(id_), party=id_, externalId=id_, billingAccount={"id": id_})

    placed = await client.post(ORDERS_PATH, json=body, headers=as_role("crm"))
    found = await client.get(
        ORDERS_PATH, params={"externalId": id_, "relatedParty.id": id_}, headers=as_role("crm")
    )

    assert placed.status_code == 201
    assert [each["id"] for each in found.json()] == [placed.json()["id"]]
    assert found.json()[0]["externalId"] == id_
    besides = (SERVICES_PATH, PRODUCT, *OF_CUSTOMERS)
    assert await broken_references(client, found.json(), as_role("crm"), besides=besides) == []


async def test_every_href_of_the_catalogue_leads_to_what_it_names(
    client: AsyncClient, as_role: AsRole
) -> None:
    for kind in ("productOffering", "productSpecification", "productOfferingPrice"):
        listed = await client.get(f"{CATALOGUE_PATH}/{kind}", headers=as_role("crm"))

        assert list(references_in(listed.json()))
        assert await broken_references(client, listed.json(), as_role("crm")) == []


@pytest.mark.parametrize("part", ["prices", "discounts"])
@pytest.mark.parametrize("id_", ["a b", "a/b", "a:b", "", "价格"])
async def test_the_parts_of_an_offering_have_ids_that_stand_in_an_address(
    client: AsyncClient, as_role: AsRole, part: str, id_: str
) -> None:
    offering: Json = {"id": "own", "version": 1, "name": "Own"}
    if part == "prices":
        price = {"id": id_, "name": "Once", "kind": "oneTime", "amount_cents": 1}
        offering |= {"specification": "ftth", "prices": [price]}
        offering["fixed"] = [{"name": "speedMbps", "value": 300}]
    else:
        off = {"id": id_, "name": "Off", "kind": "recurring", "member": "ftth-300", "percent": 5}
        offering |= {"members": ["ftth-300", "voice-basic"], "discounts": [off]}

    answer = await client.post(
        "/ops/v1/catalogue", json={"offerings": [offering]}, headers=as_role("ops")
    )

    assert answer.status_code == 400
    assert [(each["field"], each["code"]) for each in answer.json()["errors"]] == [
        (f"/offerings/0/{part}/0/id", "id-malformed")
    ]
