"""The catalogue over HTTP: read and published by permitted roles."""

import asyncio
from typing import Any

import pytest
from httpx import AsyncClient, Response

from services.order.app import SERVICE
from services.order.commands.catalogue import load_shipped_catalogue
from services.order.store import catalogue
from shared.config.settings import Settings
from shared.http.collection_paths import CATALOGUE_PATH, ORDERS_PATH
from shared.persistence.database import Sessions
from tests.callers import AsRole, api_client
from tests.kernel import TENANT
from tests.order.builders import SHIPPED_ENTRIES, a_body, an_item

PUBLISH = "/ops/v1/catalogue"
Json = dict[str, Any]


def a_publication(version: int = 1, **differences: Any) -> Json:
    """Return a publication of a new kind of product."""
    offering: Json = {
        "id": "cable-blue",
        "version": version,
        "name": "Blue cable",
        "specification": "cable",
        "prices": [{"id": "once", "name": "Once", "kind": "oneTime", "amount_cents": 700}],
    }
    return {
        "specifications": [{"id": "cable", "version": 1, "name": "Cable"}],
        "offerings": [offering | differences],
    }


async def publish(client: AsyncClient, headers: dict[str, str], body: Json) -> Response:
    return await client.post(PUBLISH, json=body, headers=headers)


async def order(client: AsyncClient, headers: dict[str, str], offering: str) -> Response:
    return await client.post(ORDERS_PATH, json=a_body(an_item("1", offering)), headers=headers)


async def test_what_is_sold_is_listed_as_tmf620_has_it(
    client: AsyncClient, as_role: AsRole
) -> None:
    answer = await client.get(
        f"{CATALOGUE_PATH}/productOffering?lifecycleStatus=active&limit=100",
        headers=as_role("viewer"),
    )

    assert answer.status_code == 200
    offerings = {each["id"]: each for each in answer.json()}
    assert set(offerings) == {each.id for each in SHIPPED_ENTRIES.offerings}
    assert all(each["isSellable"] for each in offerings.values())
    home = offerings["home-300"]
    assert [each["id"] for each in home["bundledProductOffering"]] == ["ftth-300", "voice-basic"]
    fibre = offerings["ftth-300"]
    assert (fibre["version"], fibre["lifecycleStatus"], fibre["isBundle"]) == ("1", "active", False)
    for reference in (fibre["productSpecification"], *fibre["productOfferingPrice"]):
        found = await client.get(reference["href"], headers=as_role("viewer"))
        assert found.json()["id"] == reference["id"]


async def test_one_offering_specification_and_price_can_be_read(
    client: AsyncClient, as_role: AsRole
) -> None:
    async def read(path: str) -> Json:
        answer = await client.get(f"{CATALOGUE_PATH}/{path}", headers=as_role("crm"))
        found: Json = answer.json()
        return found

    speed = (await read("productSpecification/ftth"))["productSpecCharacteristic"][0]
    speeds = [each["value"] for each in speed["productSpecCharacteristicValue"]]
    assert speeds == [100, 200, 300, 500, 1000, 2000]
    price = await read("productOfferingPrice/voice-basic:grade-aaaa-minimum")
    assert price["price"] == {"unit": "CNY", "value": 388.0}
    assert price["productOfferingTerm"][0]["duration"] == {"amount": 36, "units": "month"}
    assert (await read("productOfferingPrice/home-300:home-300-fibre"))["percentage"] == -20
    assert (await read("productOffering/ftth-100?fields=name")) == {
        "id": "ftth-100",
        "href": f"{CATALOGUE_PATH}/productOffering/ftth-100",
        "name": "Fibre 100M",
        "@type": "ProductOffering",
    }


@pytest.mark.parametrize(
    "path",
    [
        "productOffering/none",
        "productOffering/ftth-100?version=9",
        "productSpecification/none",
        "productOfferingPrice/none",
    ],
)
async def test_what_is_not_in_the_catalogue_is_not_found(
    client: AsyncClient, as_role: AsRole, path: str
) -> None:
    answer = await client.get(f"{CATALOGUE_PATH}/{path}", headers=as_role("crm"))

    assert (answer.status_code, answer.json()["code"]) == (404, "not-found")


async def test_the_pages_of_a_list_meet(client: AsyncClient, as_role: AsRole) -> None:
    count = len(SHIPPED_ENTRIES.offerings)
    pages = [
        await client.get(
            f"{CATALOGUE_PATH}/productOffering?limit=2&offset={at}", headers=as_role("crm")
        )
        for at in range(0, count, 2)
    ]

    assert [len(page.json()) for page in pages] == [2] * (count // 2) + [1] * (count % 2)
    assert {page.status_code for page in pages[:-1]} == {206}
    assert pages[-1].status_code == 200
    assert {page.headers["x-total-count"] for page in pages} == {str(count)}


async def test_a_published_product_can_be_ordered_at_once_in_every_process(
    stocked: Sessions, own_settings: Settings, as_role: AsRole
) -> None:
    async with (
        api_client(SERVICE, stocked, own_settings) as one,
        api_client(SERVICE, stocked, own_settings) as other,
    ):
        assert (await order(other, as_role("crm"), "cable-blue")).status_code == 400

        published = await publish(one, as_role("ops"), a_publication())

        assert published.json()["changed"] == ["specification/cable/1", "offering/cable-blue/1"]
        placed = await order(other, as_role("crm"), "cable-blue")
    assert placed.json()["orderTotalPrice"][0]["price"]["dutyFreeAmount"]["value"] == 7.0


async def test_a_publication_can_be_sent_again(client: AsyncClient, as_role: AsRole) -> None:
    await publish(client, as_role("ops"), a_publication())

    again = await publish(client, as_role("ops"), a_publication())

    assert (again.status_code, again.json()["changed"]) == (200, [])


async def test_the_version_that_was_ordered_is_kept_with_the_order(
    client: AsyncClient, as_role: AsRole
) -> None:
    await publish(client, as_role("ops"), a_publication())
    first = await order(client, as_role("crm"), "cable-blue")
    await publish(client, as_role("ops"), a_publication(2, prices=[]))
    second = await order(client, as_role("crm"), "cable-blue")

    old = await client.get(first.headers["location"], headers=as_role("crm"))

    (item,) = old.json()["productOrderItem"]
    assert item["productOffering"]["version"] == "1"
    assert item["itemTotalPrice"][0]["price"]["dutyFreeAmount"]["value"] == 7.0
    assert second.json()["productOrderItem"][0]["productOffering"]["version"] == "2"
    assert second.json()["orderTotalPrice"] == []


async def test_a_retired_offering_is_sold_no_more(client: AsyncClient, as_role: AsRole) -> None:
    await publish(client, as_role("ops"), a_publication())
    await publish(client, as_role("ops"), a_publication(state="retired"))

    answer = await order(client, as_role("crm"), "cable-blue")

    assert answer.json()["errors"][0]["code"] == "offering-not-sold"


async def test_a_tenant_publishes_for_itself_alone(client: AsyncClient, as_role: AsRole) -> None:
    await publish(client, as_role("ops", tenant="zhejiang"), a_publication())

    assert (await order(client, as_role("crm"), "cable-blue")).status_code == 400
    elsewhere = as_role("crm", tenant="zhejiang")
    assert (await order(client, elsewhere, "cable-blue")).status_code == 201
    assert (await order(client, elsewhere, "ftth-300")).status_code == 201


async def test_a_publication_with_faults_changes_nothing_and_names_them_all(
    client: AsyncClient, as_role: AsRole
) -> None:
    body = a_publication(
        specification="none",
        prices=[{"id": "once", "name": "Once", "kind": "oneTime", "amount_cents": -1}],
    )

    answer = await publish(client, as_role("ops"), body)

    assert answer.status_code == 400
    assert {each["field"] for each in answer.json()["errors"]} == {
        "/offerings/0/specification",
        "/offerings/0/prices/0/amount_cents",
    }
    found = await client.get(f"{CATALOGUE_PATH}/productSpecification/cable", headers=as_role("ops"))
    assert found.status_code == 404


async def test_a_publication_of_the_wrong_form_is_refused(
    client: AsyncClient, as_role: AsRole
) -> None:
    answer = await publish(client, as_role("ops"), {"offerings": [{"id": 7}]})

    assert answer.status_code == 400


async def test_only_permitted_roles_publish(client: AsyncClient, as_role: AsRole) -> None:
    assert (await publish(client, as_role("crm"), a_publication())).status_code == 403
    assert (await publish(client, as_role("viewer"), a_publication())).status_code == 403


async def test_two_publications_at_once_are_one_after_the_other(
    client: AsyncClient, stocked: Sessions, as_role: AsRole
) -> None:
    answers = await asyncio.gather(
        *(publish(client, as_role("ops"), a_publication(n)) for n in range(1, 6))
    )

    assert 200 in {answer.status_code for answer in answers}
    with stocked() as session:
        sold = catalogue.get(session, TENANT).sellable_offerings["cable-blue"]
    assert sold.version == 5


async def test_a_start_loads_the_shipped_catalogue_once(stocked: Sessions) -> None:
    with stocked.begin() as session:
        load_shipped_catalogue(session)
        before = catalogue.get(session, TENANT)
    with stocked.begin() as session:
        load_shipped_catalogue(session)
        assert catalogue.get(session, TENANT) is before


async def test_a_price_that_a_later_version_has_no_more_is_still_found(
    client: AsyncClient, as_role: AsRole
) -> None:
    await publish(client, as_role("ops"), a_publication())
    again = {"id": "often", "name": "Often", "kind": "oneTime", "amount_cents": 1}
    await publish(client, as_role("ops"), a_publication(2, prices=[again]))

    path = f"{CATALOGUE_PATH}/productOfferingPrice/cable-blue:once"
    old = (await client.get(path, headers=as_role("crm"))).json()

    assert (old["id"], old["version"]) == ("cable-blue:once", "1")
