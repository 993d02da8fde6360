"""Requests and responses of the catalogue are those of TMF620 v4, with documented extensions."""

from pathlib import Path

import pytest
from httpx import AsyncClient

from services.order.api.examples import offerings, specifications
from shared.http.collection_paths import OFFERINGS_PATH, PRICES_PATH, SPECIFICATIONS_PATH
from tests.callers import AsRole
from tests.order.builders import Json
from tests.order.conftest import as_role, client, keys, own_settings, stocked
from tests.tmf.tmf_schema import tmf_faults

__all__ = ["as_role", "client", "keys", "own_settings", "stocked"]

FILE = "TMF620-v4.json"
EXTENSIONS = {
    "ProductSpecification": {
        *("needsAddress", "needsLocalNetwork", "changedBy", "regexDescription", "step", "values"),
    },
    "ProductOffering": {
        *("holds", "warnings", "productOfferingRelationship", "version", "chargeStart"),
    },
    "ProductOfferingPrice": {
        *("chargedWith", "productOffering", "perCharacteristic", "tier", "suspendedFor"),
        *("firstMonth", "reducedPrice"),
    },
}
"""`productOfferingRelationship` came with TMF620 4.1; references to prices have a `version`."""

PATHS = {
    "ProductSpecification": SPECIFICATIONS_PATH,
    "ProductOffering": OFFERINGS_PATH,
    "ProductOfferingPrice": PRICES_PATH,
}
REQUESTS: list[tuple[str, Json]] = [
    ("ProductSpecification_Create", specifications.NEW_SPECIFICATION),
    ("ProductSpecification_Update", specifications.SPECIFICATION_PATCH),
    ("ProductOffering_Create", offerings.NEW_OFFERING),
    ("ProductOffering_Update", offerings.OFFERING_PATCH),
]
PRICE_VALUES = {
    *("priceType", "price", "recurringChargePeriodType", "recurringChargePeriodLength"),
}
"""Attributes of a price where TMF620 has a reference alone."""


def faults(value: Json, definition: str) -> list[str]:
    """Return the faults of a request or a response."""
    resource = definition.partition("_")[0]
    extensions = EXTENSIONS[resource] | ({"id"} if definition.endswith("_Create") else set())
    extensions |= PRICE_VALUES if resource == "ProductOffering" else set()
    return list(tmf_faults(value, FILE, definition, extensions))


@pytest.mark.parametrize("resource", list(PATHS))
async def test_every_shipped_entry_is_shown_as_tmf620_has_it(
    client: AsyncClient, as_role: AsRole, resource: str
) -> None:
    answer = await client.get(f"{PATHS[resource]}?limit=100", headers=as_role("viewer"))

    shown = answer.json()
    assert shown
    assert [fault for each in shown for fault in faults(each, resource)] == []


@pytest.mark.parametrize(("definition", "request_body"), REQUESTS)
def test_the_requests_of_the_examples_are_those_of_tmf620(
    definition: str, request_body: Json
) -> None:
    assert faults(request_body, definition) == []


async def test_the_responses_to_requests_are_those_of_tmf620(
    client: AsyncClient, as_role: AsRole
) -> None:
    headers = as_role("product")
    created = [
        (
            "ProductSpecification",
            await client.post(
                SPECIFICATIONS_PATH, json=specifications.NEW_SPECIFICATION, headers=headers
            ),
        ),
        (
            "ProductOffering",
            await client.post(OFFERINGS_PATH, json=offerings.NEW_OFFERING, headers=headers),
        ),
        (
            "ProductOffering",
            await client.patch(
                f"{OFFERINGS_PATH}/ftth-300-loyal", json=offerings.OFFERING_PATCH, headers=headers
            ),
        ),
    ]

    assert [answer.status_code for _, answer in created] == [201, 201, 200]
    assert [fault for name, each in created for fault in faults(each.json(), name)] == []


def test_every_extension_is_documented() -> None:
    page = Path("docs/catalogue.md").read_text()

    names = {name for extensions in EXTENSIONS.values() for name in extensions}
    assert {name for name in names if f"`{name}`" not in page} == set()
