"""Placing an order, and reading it."""

from datetime import datetime, timedelta
from uuid import UUID

import pytest
from httpx import AsyncClient, Response

from services.order.domain.order_id_time import placed_at
from services.order.handlers import SUBSCRIPTIONS
from shared.contracts import OrderAccepted, RefusalCode, ResourcesAssigned, ResourcesRefused
from shared.http.collection_paths import ORDERS_PATH
from shared.ids import time_ordered_id
from shared.persistence.database import Sessions
from tests.callers import AsRole
from tests.kernel import consume, envelopes, history, published
from tests.order.builders import NUMBER, Json, a_body, a_bundle, a_place, an_item


async def post(client: AsyncClient, headers: dict[str, str], body: Json | None = None) -> Response:
    return await client.post(ORDERS_PATH, json=body or a_body(), headers=headers)


async def test_a_placed_order_is_answered_priced_and_published(
    client: AsyncClient, stocked: Sessions, as_role: AsRole
) -> None:
    body = a_body(
        an_item("1", place=a_place(localNetwork="025")), externalId="CRM-1", description="Hello"
    )

    answer = await post(client, as_role("crm"), body)

    assert answer.status_code == 201
    order = answer.json()
    assert answer.headers["location"] == order["href"] == f"{ORDERS_PATH}/{order['id']}"
    assert (order["state"], order["externalId"]) == ("acknowledged", "CRM-1")
    assert (order["channel"], order["priority"]) == ([{"id": "internet"}], "4")
    assert order["relatedParty"] == [
        {
            "id": "C-1",
            "href": "/tmf-api/partyManagement/v4/individual/C-1",
            "role": "customer",
            "name": "张伟",
            "@referredType": "Party",
        }
    ]
    monthly = order["orderTotalPrice"][1]
    assert (monthly["priceType"], monthly["recurringChargePeriod"]) == ("recurring", "month")
    assert monthly["price"]["dutyFreeAmount"] == {"unit": "CNY", "value": 99.0}
    (envelope,) = envelopes(stocked)
    accepted = envelope.open()
    assert isinstance(accepted, OrderAccepted)
    assert str(accepted.order_id) == order["id"]
    assert (envelope.localnetwork, accepted.items[0].local_network) == ("", "025")
    assert history(stocked) == [
        ("order", "", "", "acknowledged"),
        ("item", "1", "", "acknowledged"),
    ]


async def test_an_order_can_be_read_as_it_was_answered(
    client: AsyncClient, as_role: AsRole
) -> None:
    placed = await post(client, as_role("crm"), a_body(a_bundle()))

    read = await client.get(placed.headers["location"], headers=as_role("crm"))

    assert read.status_code == 200
    assert read.json() == placed.json()


async def test_billing_is_shown_orders_without_the_customers_data(
    client: AsyncClient, as_role: AsRole
) -> None:
    remarks = {"note": [{"text": "ring twice"}], "description": "for Ms Li"}
    placed = await post(client, as_role("crm"), a_body(an_item()) | remarks)
    place, billing = placed.headers["location"], as_role("billing", client="billing")

    read = (await client.get(place, headers=billing)).json()
    (listed,) = (await client.get(ORDERS_PATH, headers=billing)).json()
    seen = (await client.get(place, headers=as_role("agent", client="care"))).json()

    assert remarks.keys() <= seen.keys()
    assert seen["relatedParty"][0]["name"] == "张伟"
    without_name = {name: each for name, each in seen["relatedParty"][0].items() if name != "name"}
    without_remarks = {name: each for name, each in seen.items() if name not in remarks}
    assert read == listed == without_remarks | {"relatedParty": [without_name]}


async def test_a_bundle_is_shown_as_it_was_nested(client: AsyncClient, as_role: AsRole) -> None:
    placed = await post(client, as_role("crm"), a_body(a_bundle("B"), an_item("2", "ftth-100")))

    bundle, single = placed.json()["productOrderItem"]
    assert (bundle["id"], bundle["product"]["isBundle"]) == ("B", True)
    assert [each["id"] for each in bundle["productOrderItem"]] == ["B.1", "B.2"]
    fibre = bundle["productOrderItem"][0]["itemPrice"][1]
    assert fibre["price"]["dutyFreeAmount"]["value"] == 79.2
    assert fibre["priceAlteration"][0]["price"]["percentage"] == -20
    assert single["productOffering"]["id"] == "ftth-100"


async def test_a_vanity_number_is_shown_with_its_minimum_spend_and_term(
    client: AsyncClient, as_role: AsRole
) -> None:
    item = an_item("1", "voice-basic", number=NUMBER, numberGrade="AAAA")

    placed = await post(client, as_role("crm"), a_body(item))

    (shown,) = placed.json()["productOrderItem"]
    assert shown["itemTotalPrice"][1]["price"]["dutyFreeAmount"]["value"] == 388.0
    assert shown["itemTerm"][0]["duration"] == {"amount": 36, "units": "month"}


async def test_an_order_with_faults_is_refused_with_all_of_them(
    client: AsyncClient, stocked: Sessions, as_role: AsRole
) -> None:
    body = a_body(an_item(speedMbps=250), relatedParty=[], priority="9", externalId=7)

    answer = await post(client, as_role("crm"), body)

    assert answer.status_code == 400
    assert answer.headers["content-type"] == "application/problem+json"
    problem = answer.json()
    assert problem["code"] == "invalid"
    assert {each["field"] for each in problem["errors"]} == {
        "/productOrderItem/0/product/productCharacteristic/0/value",
        "/relatedParty",
        "/priority",
        "/externalId",
    }
    assert all(each["remedy"] for each in problem["errors"])
    assert published(stocked) == []


@pytest.mark.parametrize("body", [[], "text", 7, None])
async def test_a_body_that_is_no_object_is_refused(
    client: AsyncClient, as_role: AsRole, body: object
) -> None:
    answer = await client.post(ORDERS_PATH, json=body, headers=as_role("crm"))

    assert answer.status_code == 400
    assert answer.json()["errors"][0]["field"] == ""


async def test_an_order_that_is_rejected_says_why(
    client: AsyncClient, stocked: Sessions, as_role: AsRole
) -> None:
    placed = await post(client, as_role("crm"))
    refused = ResourcesRefused(
        order_id=UUID(placed.json()["id"]), code=RefusalCode.UNSERVED, reason="no fibre reaches it"
    )
    consume(stocked, SUBSCRIPTIONS, refused)

    read = (await client.get(placed.headers["location"], headers=as_role("crm"))).json()

    assert read["state"] == "rejected"
    assert read["productOrderItem"][0]["state"] == "rejected"
    (error,) = read["productOrderErrorMessage"]
    assert (error["code"], error["reason"]) == ("unserved", "no fibre reaches it")


async def test_an_order_belongs_to_the_client_that_placed_it(
    client: AsyncClient, as_role: AsRole
) -> None:
    placed = await post(client, as_role("crm", client="one"))
    place = placed.headers["location"]

    async def seen_by(headers: dict[str, str]) -> int:
        return (await client.get(place, headers=headers)).status_code

    assert await seen_by(as_role("crm", client="one")) == 200
    assert await seen_by(as_role("crm", client="other")) == 404
    assert await seen_by(as_role("viewer", client="other")) == 200
    assert await seen_by(as_role("ops", client="other")) == 200
    assert await seen_by(as_role("viewer", tenant="zhejiang")) == 404
    assert await seen_by({}) == 401


async def test_only_a_crm_places_orders(client: AsyncClient, as_role: AsRole) -> None:
    assert (await post(client, as_role("viewer"))).status_code == 403
    assert (await post(client, as_role("ops"))).status_code == 403
    assert (await post(client, as_role("admin"))).status_code == 201


async def test_fields_choose_what_is_shown(client: AsyncClient, as_role: AsRole) -> None:
    placed = await post(client, as_role("crm"))
    place = placed.headers["location"]

    read = await client.get(f"{place}?fields=state,externalId", headers=as_role("crm"))
    unknown = await client.get(f"{place}?fields=colour", headers=as_role("crm"))

    assert set(read.json()) == {"id", "href", "@type", "state"}
    assert unknown.status_code == 400


@pytest.mark.parametrize("id_", ["x", "00000000-0000-0000-0000-000000000000"])
async def test_an_order_that_is_not_there_is_a_problem_not_a_crash(
    client: AsyncClient, as_role: AsRole, id_: str
) -> None:
    answer = await client.get(f"{ORDERS_PATH}/{id_}", headers=as_role("crm"))

    assert answer.status_code in {400, 404}
    assert answer.headers["content-type"] == "application/problem+json"
    problem = answer.json()
    assert all(each["remedy"] for each in problem.get("errors", [problem]))


async def test_the_history_shows_every_change_with_its_cause(
    client: AsyncClient, stocked: Sessions, as_role: AsRole
) -> None:
    placed = await post(client, as_role("crm"))
    id_ = placed.json()["id"]
    consume(stocked, SUBSCRIPTIONS, ResourcesAssigned(order_id=UUID(id_), items=()))

    answer = await client.get(f"/ops/v1/orders/{id_}/history", headers=as_role("crm"))
    another = await client.get(f"/ops/v1/orders/{id_}/history", headers=as_role("crm", "other"))

    assert [(each["kind"], each["was"], each["became"]) for each in answer.json()] == [
        ("order", "", "acknowledged"),
        ("item", "", "acknowledged"),
        ("order", "acknowledged", "inProgress"),
        ("item", "acknowledged", "inProgress"),
    ]
    assert answer.json()[0]["cause"] == id_
    assert another.status_code == 404


async def test_an_order_is_dated_by_its_id(client: AsyncClient, as_role: AsRole) -> None:
    before = placed_at(time_ordered_id())
    placed = (await post(client, as_role("crm"))).json()
    after = placed_at(time_ordered_id())

    assert before <= datetime.fromisoformat(placed["orderDate"]) <= after
    assert after - before < timedelta(seconds=60)
