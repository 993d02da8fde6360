"""Eligibility rules of offerings: only values that an order can contain."""

import pytest
from httpx import AsyncClient

from services.order.domain.catalogue.eligibility import CHANNELS, CUSTOMER_CATEGORIES
from tests.callers import AsRole
from tests.order.builders import Json

AREAS = ["02\uff15", "25", "025 ", "00", "0251234", ""]
WRONG = [
    *(("local_networks", area, "local-network-malformed") for area in AREAS),
    ("channels", "nonsense", "channel-unknown"),
    ("channels", "Internet", "channel-unknown"),
    ("categories", "publik", "category-unknown"),
    ("categories", "", "category-unknown"),
]


def an_offering(**eligibility: list[str]) -> Json:
    """Return a publication of one offering for these buyers."""
    offering = {
        "id": "special",
        "version": 1,
        "name": "Special",
        "specification": "voice",
        "eligibility": eligibility,
    }
    return {"offerings": [offering]}


@pytest.mark.parametrize(("field", "word", "code"), WRONG)
async def test_an_offering_for_buyers_that_no_order_can_name_is_refused(
    client: AsyncClient, as_role: AsRole, field: str, word: str, code: str
) -> None:
    good = {"local_networks": "0512", "channels": "fax", "categories": "public"}[field]
    body = an_offering(**{field: [good, word]})

    answer = await client.post("/ops/v1/catalogue", json=body, headers=as_role("ops"))

    assert answer.status_code == 400
    (error,) = answer.json()["errors"]
    assert (error["field"], error["code"]) == (f"/offerings/0/eligibility/{field}/1", code)
    assert error["remedy"]


async def test_an_offering_for_all_buyers_that_an_order_can_name_is_published(
    client: AsyncClient, as_role: AsRole
) -> None:
    every = {"categories": [*CUSTOMER_CATEGORIES], "channels": [*CHANNELS]}
    body = an_offering(**every, local_networks=["025", "0512", "010"])

    answer = await client.post("/ops/v1/catalogue", json=body, headers=as_role("ops"))

    assert (answer.status_code, answer.json()["changed"]) == (200, ["offering/special/1"])
