"""Entries of the catalogue with faults are refused, with pointers into their TMF620 bodies."""

from typing import Any

import pytest
from httpx import AsyncClient

from shared.http.collection_paths import OFFERINGS_PATH, SPECIFICATIONS_PATH
from tests.callers import AsRole
from tests.order.builders import Json
from tests.order.catalogue_client import (
    OFFERING,
    PRICE,
    SPECIFICATION,
    Catalogue,
    cable,
    catalogue,
    faults_in,
)

__all__ = ["cable", "catalogue"]

OFFERING_FAULTS: list[tuple[Json, tuple[str, str]]] = [
    ({"colour": "blue"}, ("/colour", "extra-forbidden")),
    ({"name": ""}, ("/name", "string-too-short")),
    ({"name": None}, ("/name", "string-type")),
    ({"lifecycleStatus": "sold"}, ("/lifecycleStatus", "enum")),
    ({"isBundle": True}, ("/isBundle", "bundle-mismatch")),
    ({"version": "0"}, ("/version", "string-pattern-mismatch")),
    ({"id": "a b"}, ("/id", "id-malformed")),
    ({"productSpecification": {"id": "none"}}, ("/productSpecification/id", "dangling")),
    ({"channel": [{"id": "internet"}, {"id": "x"}]}, ("/channel/1/id", "channel-unknown")),
    ({"marketSegment": [{"id": "x"}]}, ("/marketSegment/0/id", "category-unknown")),
    ({"place": [{"id": "25"}]}, ("/place/0/id", "local-network-malformed")),
    ({"holds": [{"id": "none"}]}, ("/holds/0/id", "dangling")),
    (
        {"productOfferingRelationship": [{"id": "none", "relationshipType": "upgradesTo"}]},
        ("/productOfferingRelationship/0/id", "dangling"),
    ),
    (
        {
            "validFor": {
                "startDateTime": "2026-09-01T00:00:00Z",
                "endDateTime": "2026-08-01T00:00:00Z",
            }
        },
        ("/validFor/endDateTime", "validity-empty"),
    ),
    ({"productOfferingPrice": [{"id": "none:p"}]}, ("/productOfferingPrice/0/id", "dangling")),
    (
        {"productOfferingPrice": [PRICE | {"price": {"value": 0.001}}]},
        ("/productOfferingPrice/0/price", "amount-malformed"),
    ),
    (
        {"productOfferingPrice": [PRICE | {"price": {"value": -1.0}}]},
        ("/productOfferingPrice/0/price", "amount-malformed"),
    ),
    (
        {"productOfferingPrice": [PRICE | {"price": {"value": 1e308}}]},
        ("/productOfferingPrice/0/price/value", "less-than-equal"),
    ),
    (
        {
            "productOfferingPrice": [
                PRICE
                | {
                    "prodSpecCharValueUse": [
                        {"name": "rate", "productSpecCharacteristicValue": [{"value": "x"}]}
                    ]
                }
            ]
        },
        (
            "/productOfferingPrice/0/prodSpecCharValueUse/0/productSpecCharacteristicValue/0/value",
            "characteristic-type",
        ),
    ),
    (
        {
            "productOfferingPrice": [
                PRICE
                | {
                    "priceType": "discount",
                    "percentage": -20.5,
                    "productOffering": {"id": "ftth-300"},
                }
            ]
        },
        ("/productOfferingPrice/0/percentage", "multiple-of"),
    ),
    (
        {"productOfferingPrice": [PRICE, {"id": "home-300:home-300-fibre"}]},
        ("/productOfferingPrice", "discount-malformed"),
    ),
    (
        {"productOfferingPrice": [PRICE, PRICE]},
        ("/productOfferingPrice/1/id", "price-twice"),
    ),
    (
        {"productOfferingPrice": [{"id": "ftth-300:ftth-installation", "price": {"value": 1.0}}]},
        ("/productOfferingPrice/0", "price-incomplete"),
    ),
    (
        {"productOfferingPrice": [{"id": "p", "name": "P", "priceType": "recurring"}]},
        ("/productOfferingPrice/0", "price-incomplete"),
    ),
    (
        {"prodSpecCharValueUse": [{"name": "x", "productSpecCharacteristicValue": [{"value": 1}]}]},
        ("/prodSpecCharValueUse/0/name", "dangling"),
    ),
    (
        {
            "prodSpecCharValueUse": [
                {"name": "rate", "productSpecCharacteristicValue": [{"value": "x"}]}
            ]
        },
        ("/prodSpecCharValueUse/0/productSpecCharacteristicValue/0/value", "characteristic-type"),
    ),
]


@pytest.mark.parametrize(("differences", "fault"), OFFERING_FAULTS)
async def test_an_offering_with_faults_is_refused_with_pointers_into_its_body(
    catalogue: Catalogue, differences: Json, fault: tuple[str, str]
) -> None:
    await catalogue.create(SPECIFICATIONS_PATH, SPECIFICATION)

    answer = await catalogue.create(OFFERINGS_PATH, OFFERING | differences)

    assert faults_in(answer) == {fault}


def a_rule(**differences: Any) -> Json:
    return {"productSpecCharacteristic": [{"name": "rate", "valueType": "integer"} | differences]}


def a_range(**ends: Any) -> Json:
    return a_rule(productSpecCharacteristicValue=[ends])


AT = "/productSpecCharacteristic/0"
SPECIFICATION_FAULTS: list[tuple[Json, tuple[str, str]]] = [
    ({"isBundle": True}, ("/isBundle", "value-fixed")),
    (a_rule(colour="blue"), (f"{AT}/colour", "extra-forbidden")),
    (a_rule(minCardinality=2), (f"{AT}/minCardinality", "less-than-equal")),
    (a_rule(valueType="text"), (f"{AT}/valueType", "enum")),
    (a_rule(valueType="string", regex="("), (f"{AT}/regex", "pattern-malformed")),
    (
        a_range(valueFrom="x"),
        (f"{AT}/productSpecCharacteristicValue/0/valueFrom", "string-pattern-mismatch"),
    ),
    (
        a_range(valueFrom="2", valueTo="1"),
        (f"{AT}/productSpecCharacteristicValue", "range-empty"),
    ),
    (
        a_rule(productSpecCharacteristicValue=[{"valueFrom": "1"}, {"valueTo": "2"}]),
        (AT, "range-twice"),
    ),
    (
        a_rule(productSpecCharRelationship=[{"name": "x", "relationshipType": "requires"}]),
        (f"{AT}/productSpecCharRelationship", "dangling"),
    ),
    (
        a_rule(productSpecCharacteristicValue=[{"value": 1}, {"value": "x"}]),
        (f"{AT}/productSpecCharacteristicValue/1/value", "characteristic-type"),
    ),
    (
        {"productSpecificationRelationship": [{"id": "x", "relationshipType": "reliesOn"}]},
        ("/productSpecificationRelationship", "dangling"),
    ),
    (
        {
            "productSpecificationRelationship": [
                {"id": id_, "relationshipType": "reliesOn"} for id_ in ("ftth", "iptv")
            ]
        },
        ("", "relationship-twice"),
    ),
]


@pytest.mark.parametrize(("differences", "fault"), SPECIFICATION_FAULTS)
async def test_a_specification_with_faults_is_refused_with_pointers_into_its_body(
    catalogue: Catalogue, differences: Json, fault: tuple[str, str]
) -> None:
    answer = await catalogue.create(SPECIFICATIONS_PATH, SPECIFICATION | differences)

    assert faults_in(answer) == {fault}


@pytest.mark.parametrize("name", ["id", "href", "version"])
async def test_a_change_cannot_state_what_is_ours(cable: Catalogue, name: str) -> None:
    answer = await cable.change(OFFERINGS_PATH, "cable-blue", {name: "2"})

    assert faults_in(answer) == {(f"/{name}", "extra-forbidden")}


async def test_what_is_not_there_is_not_found_and_nothing_is_deleted(
    cable: Catalogue, client: AsyncClient, as_role: AsRole
) -> None:
    missing = await cable.change(OFFERINGS_PATH, "none", {"name": "Sky"})
    deleted = await client.delete(f"{OFFERINGS_PATH}/cable-blue", headers=as_role("product"))

    assert (missing.status_code, missing.json()["code"]) == (404, "not-found")
    assert (deleted.status_code, deleted.headers["allow"]) == (405, "GET, HEAD, OPTIONS, PATCH")
