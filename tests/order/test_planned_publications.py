"""A planned publication is shown field by field, and changes nothing."""

from typing import Any

from httpx import AsyncClient

from shared.http.collection_paths import CATALOGUE_PATH
from tests.callers import AsRole

PLAN, PUBLISH = "/ops/v1/catalogue/plan", "/ops/v1/catalogue"
SPECIFICATION = {"id": "cable", "version": 1, "name": "Cable"}
OFFERING = {"id": "cable-blue", "version": 1, "name": "Blue cable", "specification": "cable"}
PUBLICATION = {"specifications": [SPECIFICATION], "offerings": [OFFERING]}
Json = dict[str, Any]


async def send(client: AsyncClient, as_role: AsRole, path: str, body: Json) -> Any:
    answer = await client.post(path, json=body, headers=as_role("product"))
    assert answer.is_success, answer.text
    return answer.json()


async def test_a_plan_names_what_is_new_and_changes_nothing(
    client: AsyncClient, as_role: AsRole
) -> None:
    found = await send(client, as_role, PLAN, PUBLICATION)

    assert {each["entry"]: (each["state"], each["missing"]) for each in found} == {
        "specification/cable/1": ("new", []),
        "offering/cable-blue/1": ("new", ["cable/new", "cable/disconnect"]),
    }
    path = f"{CATALOGUE_PATH}/productSpecification/cable"
    assert (await client.get(path, headers=as_role("viewer"))).status_code == 404


async def test_a_higher_version_is_compared_with_the_newest_one(
    client: AsyncClient, as_role: AsRole
) -> None:
    draft = OFFERING | {"state": "draft"}
    await send(client, as_role, PUBLISH, {"specifications": [SPECIFICATION], "offerings": [draft]})

    again = await send(client, as_role, PLAN, {"offerings": [draft]})
    renamed = await send(client, as_role, PLAN, {"offerings": [draft | {"name": "Sky"}]})
    second = await send(client, as_role, PLAN, {"offerings": [draft | {"version": 2}]})

    assert [each["state"] for each in (*again, *renamed, *second)] == [
        *("unchanged", "changed", "changed")
    ]
    assert renamed[0]["differences"] == [{"field": "/name", "before": "Blue cable", "after": "Sky"}]
    assert [each["field"] for each in second[0]["differences"]] == ["/version"]


async def test_a_plan_is_refused_as_its_publication_would_be(
    client: AsyncClient, as_role: AsRole
) -> None:
    answer = await client.post(PLAN, json={"offerings": [OFFERING]}, headers=as_role("product"))

    assert answer.status_code == 400
    assert [each["code"] for each in answer.json()["errors"]] == ["dangling"]


async def test_a_plan_names_the_range_of_a_characteristic_that_changes(
    client: AsyncClient, as_role: AsRole
) -> None:
    rate = {"name": "rate", "type": "integer", "minimum": 10, "maximum": 100, "unit": "Mbit/s"}
    first = SPECIFICATION | {"characteristics": [rate]}
    second = SPECIFICATION | {"version": 2, "characteristics": [rate | {"maximum": 200}]}
    await send(client, as_role, PUBLISH, {"specifications": [first]})

    (planned,) = await send(client, as_role, PLAN, {"specifications": [second]})

    assert planned["differences"][1:] == [
        {"field": "/characteristics/rate/maximum", "before": 100, "after": 200}
    ]
