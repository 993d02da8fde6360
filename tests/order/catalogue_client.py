"""A product manager's client of the catalogue, with a kind of product of its own."""

import pytest
from httpx import AsyncClient, Response

from shared.http.collection_paths import OFFERINGS_PATH, ORDERS_PATH, SPECIFICATIONS_PATH
from tests.callers import AsRole
from tests.order.builders import Json, a_body, an_item

SPECIFICATION: Json = {
    "id": "cable",
    "name": "Cable",
    "lifecycleStatus": "active",
    "productSpecCharacteristic": [{"name": "rate", "valueType": "integer"}],
}
PRICE: Json = {
    "id": "monthly",
    "name": "Cable, monthly",
    "priceType": "recurring",
    "recurringChargePeriodType": "month",
    "price": {"unit": "CNY", "value": 19.9},
}
OFFERING: Json = {
    "id": "cable-blue",
    "name": "Blue cable",
    "lifecycleStatus": "active",
    "productSpecification": {"id": "cable"},
    "productOfferingPrice": [PRICE],
}


class Catalogue:
    """A product manager's client of the catalogue."""

    def __init__(self, client: AsyncClient, headers: dict[str, str]) -> None:
        self._client = client
        self._headers = headers

    async def create(self, path: str, body: Json) -> Response:
        return await self._client.post(path, json=body, headers=self._headers)

    async def change(self, path: str, id_: str, body: Json, query: str = "") -> Response:
        return await self._client.patch(f"{path}/{id_}{query}", json=body, headers=self._headers)

    async def read(self, path: str, id_: str, query: str = "") -> Json:
        answer = await self._client.get(f"{path}/{id_}{query}", headers=self._headers)
        found: Json = answer.json()
        return found


@pytest.fixture
def catalogue(client: AsyncClient, as_role: AsRole) -> Catalogue:
    return Catalogue(client, as_role("product"))


@pytest.fixture
async def cable(catalogue: Catalogue) -> Catalogue:
    """A catalogue with an offering of cable on sale."""
    for path, body in ((SPECIFICATIONS_PATH, SPECIFICATION), (OFFERINGS_PATH, OFFERING)):
        answer = await catalogue.create(path, body)
        assert answer.status_code == 201, answer.text
    return catalogue


def faults_in(answer: Response) -> set[tuple[str, str]]:
    assert answer.status_code == 400, answer.text
    assert answer.headers["content-type"] == "application/problem+json"
    return {(each["field"], each["code"]) for each in answer.json()["errors"]}


async def order(client: AsyncClient, as_role: AsRole, offering: str = "cable-blue") -> Response:
    """Order a product of an offering."""
    body = a_body(an_item("1", offering))
    return await client.post(ORDERS_PATH, json=body, headers=as_role("crm"))
