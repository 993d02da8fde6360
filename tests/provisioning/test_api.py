"""The service inventory, plans, fallout, blueprints and elements over HTTP."""

from datetime import UTC, datetime, timedelta
from typing import Any

import msgspec
import pytest
from httpx import AsyncClient

from services.provisioning.handlers import SUBSCRIPTIONS
from services.provisioning.store import elements
from shared.calls import call_store
from shared.calls.element_limits import ElementLimits
from shared.contracts import Causation
from shared.persistence.database import Sessions
from tests.callers import AsRole
from tests.kernel import consume, history, published
from tests.provisioning.builders import (
    ORDER_ID,
    OTHER_ID,
    a_blueprint,
    a_call,
    accepted,
    an_item,
    shipped,
)
from tests.provisioning.database import plan_of, run
from tests.shared.scripted_elements import another_outbound_call

SERVICES = "/tmf-api/serviceInventory/v4/service"
FALLOUT = "/ops/v1/fallout"
BLUEPRINTS = "/ops/v1/blueprints"
ELEMENTS = "/ops/v1/elements"
REFERENCE = a_blueprint()


async def test_a_service_is_shown_as_tmf638_has_it(client: AsyncClient, sessions: Sessions) -> None:
    order = accepted()
    run(sessions, order)
    service_id = str(order.items[0].service_id)

    found = (await client.get(f"{SERVICES}/{service_id}")).json()

    assert found["id"] == service_id
    assert found["href"] == f"{SERVICES}/{service_id}"
    assert found["@type"] == "Service"
    assert (found["state"], found["serviceType"]) == ("active", "reference")
    assert found["serviceSpecification"] == {"id": "reference", "version": "1"}
    assert found["serviceCharacteristic"] == [
        {"name": "speedMbps", "valueType": "integer", "value": 300}
    ]
    assert found["supportingResource"] == [
        {
            "id": "+862580000000",
            "href": "/ops/v1/numbers/%2B862580000000",
            "name": "number",
            "@referredType": "LogicalResource",
        },
        {
            "id": "NJ-XW-0001",
            "href": "/ops/v1/pools/pair/NJ-XW/things/NJ-XW-0001",
            "name": "pair",
            "@referredType": "LogicalResource",
        },
        {
            "id": "inline",
            "href": f"{ELEMENTS}/inline",
            "name": "element",
            "@referredType": "NetworkElement",
        },
    ]
    assert found["relatedParty"] == [
        {
            "id": "C-1",
            "href": "/ops/v1/customers/C-1/view",
            "role": "customer",
            "@referredType": "Party",
        }
    ]
    assert found["serviceOrderItem"][0]["serviceOrderId"] == str(ORDER_ID)
    assert found["startDate"].endswith("Z")


async def test_services_are_listed_by_customer_and_state_in_pages(
    client: AsyncClient, sessions: Sessions
) -> None:
    first, second = accepted(), accepted(an_item(made_by=OTHER_ID), order_id=OTHER_ID)
    run(sessions, first)
    run(sessions, second)

    part = await client.get(SERVICES, params={"limit": 1, "fields": "id,state"})
    mine = await client.get(SERVICES, params={"relatedParty.id": "C-1", "state": "active"})
    gone = await client.get(SERVICES, params={"state": "terminated"})
    of_unknown = await client.get(SERVICES, params={"relatedParty.id": "C-2"})

    assert part.status_code == 206
    assert set(part.json()[0]) == {"id", "href", "@type", "state"}
    assert len(mine.json()) == 2
    assert gone.json() == of_unknown.json() == []


async def test_an_unknown_service_and_another_tenants_are_not_there(
    client: AsyncClient, sessions: Sessions, as_role: AsRole
) -> None:
    run(sessions, accepted())
    path = f"{SERVICES}/{accepted().items[0].service_id}"

    other_tenant = await client.get(path, headers=as_role("viewer", tenant="zhejiang"))
    unknown = await client.get(f"{SERVICES}/{ORDER_ID}")
    analyst = await client.get(path, headers=as_role("analyst"))

    assert [each.status_code for each in (other_tenant, unknown, analyst)] == [404, 404, 403]


async def test_an_unknown_order_has_no_plan(client: AsyncClient) -> None:
    answer = await client.get(f"/ops/v1/plans/{ORDER_ID}")

    assert answer.status_code == 404
    assert answer.headers["content-type"] == "application/problem+json"


async def test_a_published_blueprint_is_what_the_next_plan_is_drawn_from(
    client: AsyncClient, sessions: Sessions
) -> None:
    body = [msgspec.to_builtins(REFERENCE)]

    first = await client.post(BLUEPRINTS, json=body)
    again = await client.post(BLUEPRINTS, json=body)
    consume(sessions, SUBSCRIPTIONS, accepted())

    assert (first.status_code, again.status_code) == (201, 201)
    assert plan_of(sessions).items[0].blueprint_version == 1
    listed = (await client.get(f"{BLUEPRINTS}?limit=100")).json()
    (mine,) = [each for each in listed if not each["shared"]]
    assert mine["blueprint"]["specification"] == "reference"
    assert mine["blueprint"]["steps"][1]["element"] == "inline"
    specifications = {each["blueprint"]["specification"] for each in listed}
    assert specifications == {"reference", *(name for name, _ in shipped())}


async def paged(client: AsyncClient, limit: int) -> list[dict[str, Any]]:
    """Return all blueprints, from pages of a size."""
    listed: list[dict[str, Any]] = []
    place = f"{BLUEPRINTS}?limit={limit}"
    while place:
        page = await client.get(place)
        listed += page.json()
        place = page.links.get("next", {}).get("url", "")
    return listed


async def test_blueprints_are_paged(client: AsyncClient) -> None:
    for version in (1, 2):
        blueprint = msgspec.structs.replace(REFERENCE, version=version)
        await client.post(BLUEPRINTS, json=[msgspec.to_builtins(blueprint)])

    listed, whole = await paged(client, limit=1), await paged(client, limit=100)

    assert listed == whole
    assert len({str(each["blueprint"]) for each in listed}) == len(listed) > 2


async def test_a_blueprint_with_faults_is_refused_with_all_of_them(client: AsyncClient) -> None:
    bad = msgspec.to_builtins(a_blueprint(a_call("a", "later", element="$leg.element"), version=0))

    answer = await client.post(BLUEPRINTS, json=[bad])

    assert answer.status_code == 400
    assert {each["field"] for each in answer.json()["errors"]} == {
        "/0/version",
        "/0/steps/1/after",
        "/0/steps/1",
    }
    assert all(each["remedy"] for each in answer.json()["errors"])


@pytest.mark.parametrize("name", [" olt", "olt ", "o\u0301lt", "o\u202elt", ".."])
async def test_a_malformed_name_in_a_blueprint_is_refused(client: AsyncClient, name: str) -> None:
    blueprint = msgspec.to_builtins(REFERENCE)
    blueprint["steps"][1]["operation"] = name
    blueprint["specification"] = f" {blueprint['specification']}"

    answer = await client.post(BLUEPRINTS, json=[blueprint])

    assert answer.status_code == 400
    fields = {each["field"] for each in answer.json()["errors"]}
    assert {"/0/specification", "/0/steps/1/operation"} <= fields


@pytest.mark.parametrize("body", [[], [{}], {}, [{"steps": "none"}]])
async def test_what_is_no_blueprint_is_refused(client: AsyncClient, body: Any) -> None:
    answer = await client.post(BLUEPRINTS, json=body)

    assert answer.status_code == 400
    assert answer.json()["errors"]


async def test_a_version_with_other_content_is_a_conflict(client: AsyncClient) -> None:
    await client.post(BLUEPRINTS, json=[msgspec.to_builtins(REFERENCE)])

    other = msgspec.structs.replace(REFERENCE, needs=())
    answer = await client.post(BLUEPRINTS, json=[msgspec.to_builtins(other)])

    assert (answer.status_code, answer.json()["code"]) == (409, "version-taken")


async def test_the_runner_uses_the_limits_of_an_element(
    client: AsyncClient, sessions: Sessions
) -> None:
    await client.put(f"{ELEMENTS}/aaa", json={"concurrency": 2, "per_second": 0.5})
    await client.put(f"{ELEMENTS}/NJ-XW-OLT01/maintenance", json={"reason": "new software"})

    with sessions() as session:
        limits = elements.limits(session)
    listed = (await client.get(ELEMENTS)).json()
    assert limits.limit_of("aaa") == ElementLimits(2, 0.5, in_maintenance=False)
    assert limits.limit_of("NJ-XW-OLT01").in_maintenance
    assert [each["name"] for each in listed] == ["NJ-XW-OLT01", "aaa"]
    back = await client.delete(f"{ELEMENTS}/NJ-XW-OLT01/maintenance")
    assert (back.json()["in_maintenance"], back.json()["reason"]) == (False, "")
    assert ("element", "", "8 at a time", "in maintenance") in history(sessions)


@pytest.mark.parametrize(
    ("path", "body"),
    [
        (f"{ELEMENTS}/aaa", {"concurrency": 0}),
        (f"{ELEMENTS}/aaa", {"concurrency": 2, "per_second": -1}),
        (f"{ELEMENTS}/aaa", {}),
        (f"{ELEMENTS}/-/maintenance", {"reason": "x"}),
        (f"{ELEMENTS}/aaa/maintenance", {"reason": ""}),
    ],
)
async def test_limits_that_make_no_sense_are_refused(
    client: AsyncClient, path: str, body: dict[str, Any]
) -> None:
    answer = await client.put(path, json=body)

    assert answer.status_code == 400
    assert answer.json()["errors"]


@pytest.mark.parametrize(("name", "concurrency"), [("aaa", 32), ("ims", 32), ("NJ-XW-OLT01", 8)])
async def test_an_element_without_limits_has_those_of_its_type(
    client: AsyncClient, name: str, concurrency: int
) -> None:
    shown = (await client.get(f"{ELEMENTS}/{name}")).json()

    assert (shown["name"], shown["type"]) == (name, "olt" if "OLT" in name else name)
    assert (shown["concurrency"], shown["in_maintenance"]) == (concurrency, False)
    assert shown.get("changed_at") is None


async def test_what_waits_for_an_element_is_shown_with_its_age(
    client: AsyncClient, sessions: Sessions
) -> None:
    wanted = datetime.now(UTC) - timedelta(seconds=7)
    with sessions.begin() as session:
        for element in ("ims", "ims", "NJ-XW-OLT01"):
            call = another_outbound_call(element=element)
            call_store.enqueue(
                session,
                [call_store.CallRequest(call, Causation(call.id, call.id, "jiangsu"))],
                wanted,
            )

    olt, ims = (await client.get(ELEMENTS)).json()

    assert (olt["name"], olt["waiting"], olt["in_service"]) == ("NJ-XW-OLT01", 1, 0)
    assert (ims["name"], ims["waiting"], ims["concurrency"]) == ("ims", 2, 32)
    assert 7 <= ims["oldest_waiting_s"] < 60
    assert (await client.get(f"{ELEMENTS}/ims")).json()["waiting"] == 2


async def test_reading_publishes_nothing(client: AsyncClient, sessions: Sessions) -> None:
    run(sessions, accepted())
    before = published(sessions)

    for path in (SERVICES, FALLOUT, BLUEPRINTS, ELEMENTS, f"/ops/v1/plans/{ORDER_ID}"):
        assert (await client.get(path)).is_success

    assert published(sessions) == before
