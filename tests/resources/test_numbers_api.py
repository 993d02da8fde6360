"""Searching numbers, holding one for some minutes, and reading its history."""

import asyncio
from datetime import UTC, datetime, timedelta

import pytest
from httpx import AsyncClient

from services.resources.domain.number.number import HOLD_TIME
from shared.contracts import Need
from shared.persistence.database import Sessions
from tests.callers import CLIENT, AsRole
from tests.resources.builders import (
    a_segment,
    an_assignment_request,
    assigned_values,
    e164,
    handle,
    import_plant,
    latest_messages,
    order_id,
    scheduled_messages,
    states,
)

NUMBERS = "/ops/v1/numbers"


async def search(client: AsyncClient, as_role: AsRole, **query: str | int) -> list[str]:
    answer = await client.get(NUMBERS, params=query, headers=as_role("crm"))
    assert answer.status_code == 200, answer.text
    return [each["number"] for each in answer.json()]


@pytest.mark.parametrize(
    ("query", "found"),
    [
        ({"pattern": "*8888"}, ["+862580008888"]),
        ({"pattern": "*888"}, ["+862580008888"]),
        ({"pattern": "*8889*", "exchange": "X"}, ["+862580008889"]),
        ({"pattern": "+86258000888*", "limit": 2}, ["+862580008880", "+862580008881"]),
        ({"pattern": "+862580008885"}, ["+862580008885"]),
        ({"grade": "AAAA"}, ["+862580008888"]),
        ({"grade": "plain", "limit": 2}, ["+862580008880", "+862580008881"]),
        ({"grade": "AAAA", "local_network": "025"}, ["+862580008888"]),
        ({"pattern": "*8888", "local_network": "025", "grade": "AAAA"}, ["+862580008888"]),
        ({"pattern": "+8621*"}, []),
        ({"pattern": "*9999", "exchange": "X", "local_network": "025"}, []),
    ],
)
async def test_idle_numbers_are_found_by_pattern_grade_and_region(
    client: AsyncClient,
    as_role: AsRole,
    sessions: Sessions,
    query: dict[str, str | int],
    found: list[str],
) -> None:
    import_plant(sessions, segments=[a_segment(first="+862580008880", count=10)])

    assert await search(client, as_role, **query) == found


@pytest.mark.parametrize(
    ("query", "field", "code", "remedy"),
    [
        ({"grade": "AAAAAA"}, "grade", "unknown-grade", "choose from AAAAA, AAAA, ABCD, AABB"),
        ({"grade": "AAAA", "exchange": "Y"}, "exchange", "unknown-exchange", "take one that GET"),
        ({"pattern": "*1", "exchange": "Y"}, "exchange", "unknown-exchange", "take one that GET"),
        ({"local_network": "0512"}, "local_network", "unknown-local-network", "take one that GET"),
    ],
)
async def test_a_name_that_is_not_known_is_named(  # noqa: PLR0913, PLR0917  fixtures and cases
    client: AsyncClient,
    as_role: AsRole,
    sessions: Sessions,
    query: dict[str, str],
    field: str,
    code: str,
    remedy: str,
) -> None:
    import_plant(sessions)

    answer = await client.get(NUMBERS, params=query, headers=as_role("crm"))

    (fault,) = answer.json()["errors"]
    assert (answer.status_code, fault["field"], fault["code"]) == (400, field, code)
    assert fault["remedy"].startswith(remedy)


async def test_only_idle_numbers_are_found(
    client: AsyncClient, as_role: AsRole, sessions: Sessions
) -> None:
    import_plant(sessions, segments=[a_segment(count=3)])
    handle(sessions, an_assignment_request(1))
    await client.post(f"{NUMBERS}/{e164(1)}/hold", headers=as_role("crm"))

    assert await search(client, as_role) == [e164(2)]


async def test_numbers_of_another_tenant_are_not_found(
    client: AsyncClient, as_role: AsRole, sessions: Sessions
) -> None:
    import_plant(sessions, tenant="other")

    assert await search(client, as_role) == []
    answer = await client.get(f"{NUMBERS}/{e164(0)}", headers=as_role("crm"))
    assert answer.status_code == 404


async def test_a_hold_keeps_the_number_for_ten_minutes_and_is_not_extended_by_repetition(
    client: AsyncClient, as_role: AsRole, sessions: Sessions
) -> None:
    import_plant(sessions)
    before = datetime.now(UTC)

    first = await client.post(f"{NUMBERS}/{e164(0)}/hold", headers=as_role("crm"))
    again = await client.post(f"{NUMBERS}/{e164(0)}/hold", headers=as_role("crm"))

    assert (first.status_code, again.status_code) == (201, 201)
    assert first.json() == again.json()
    assert first.json()["state"] == "selected"
    until = datetime.fromisoformat(first.json()["until"])
    assert HOLD_TIME <= until - before < HOLD_TIME + timedelta(minutes=1)


async def test_a_number_held_by_another_client_is_refused_with_the_time_it_ends(
    client: AsyncClient, as_role: AsRole, sessions: Sessions
) -> None:
    import_plant(sessions)
    held = await client.post(f"{NUMBERS}/{e164(0)}/hold", headers=as_role("crm"))

    answer = await client.post(
        f"{NUMBERS}/{e164(0)}/hold", headers=as_role("crm", client="another")
    )

    assert answer.status_code == 409
    assert answer.json()["code"] == "held-by-another"
    assert f"until {held.json()['until'][:19]}" in answer.json()["detail"]
    assert answer.json()["remedy"]


async def test_a_released_hold_leaves_the_number_to_others(
    client: AsyncClient, as_role: AsRole, sessions: Sessions
) -> None:
    import_plant(sessions)
    other = as_role("crm", client="another")
    await client.post(f"{NUMBERS}/{e164(0)}/hold", headers=as_role("crm"))

    refused = await client.delete(f"{NUMBERS}/{e164(0)}/hold", headers=other)
    released = await client.delete(f"{NUMBERS}/{e164(0)}/hold", headers=as_role("crm"))
    again = await client.delete(f"{NUMBERS}/{e164(0)}/hold", headers=as_role("crm"))
    taken = await client.post(f"{NUMBERS}/{e164(0)}/hold", headers=other)

    assert [each.status_code for each in (refused, released, again, taken)] == [409, 204, 204, 201]


async def test_a_hold_ends_by_itself(
    client: AsyncClient, as_role: AsRole, sessions: Sessions
) -> None:
    import_plant(sessions)
    held = (await client.post(f"{NUMBERS}/{e164(0)}/hold", headers=as_role("crm"))).json()
    until = datetime.fromisoformat(held["until"])

    ((due_at, reminder),) = scheduled_messages(sessions)
    handle(sessions, reminder, now=due_at)

    assert due_at == until
    assert states(sessions) == {}


async def test_many_concurrent_holds_of_one_number_succeed_once(
    client: AsyncClient, as_role: AsRole, sessions: Sessions
) -> None:
    import_plant(sessions)

    posts = [
        client.post(f"{NUMBERS}/{e164(0)}/hold", headers=as_role("crm", client=f"client-{n}"))
        for n in range(10)
    ]
    codes = sorted(answer.status_code for answer in await asyncio.gather(*posts))

    assert codes == [201] + [409] * 9


async def test_an_order_of_the_client_that_holds_a_number_reserves_it_and_no_other_does(
    client: AsyncClient, as_role: AsRole, sessions: Sessions
) -> None:
    import_plant(sessions)
    await client.post(f"{NUMBERS}/{e164(0)}/hold", headers=as_role("crm"))
    pick = Need(kind="number", picked=e164(0))

    handle(sessions, an_assignment_request(1, pick, client="another"), now=datetime.now(UTC))
    handle(sessions, an_assignment_request(2, pick, client=CLIENT), now=datetime.now(UTC))

    assert latest_messages(sessions)[order_id(1)].name == "resources.refused"
    assert assigned_values(latest_messages(sessions)[order_id(2)]) == [e164(0)]


async def test_a_number_in_use_cannot_be_held(
    client: AsyncClient, as_role: AsRole, sessions: Sessions
) -> None:
    import_plant(sessions)
    handle(sessions, an_assignment_request(1))

    answer = await client.post(f"{NUMBERS}/{e164(0)}/hold", headers=as_role("crm"))

    assert answer.status_code == 409
    assert answer.json()["code"] == "not-idle"


@pytest.mark.parametrize("method", ["GET", "POST", "DELETE"])
@pytest.mark.parametrize(("number", "status"), [("+862589999999", 404), ("8888", 400)])
async def test_an_unknown_number_is_404_and_what_is_none_is_400(
    client: AsyncClient, as_role: AsRole, method: str, number: str, status: int
) -> None:
    path = f"{NUMBERS}/{number}" + ("" if method == "GET" else "/hold")

    answer = await client.request(method, path, headers=as_role("crm"))

    assert answer.status_code == status
    assert answer.headers["content-type"] == "application/problem+json"
    if status == 400:
        assert "E.164" in answer.json()["detail"]


@pytest.mark.parametrize(
    "query",
    [
        {"pattern": "8888"},
        {"pattern": "*88*"},
        {"limit": "0"},
        {"limit": "101"},
        {"limit": "many"},
        {"pattern": "*" + "8" * 100},
    ],
)
async def test_an_invalid_search_is_refused(
    client: AsyncClient, as_role: AsRole, query: dict[str, str]
) -> None:
    answer = await client.get(NUMBERS, params=query, headers=as_role("crm"))

    assert answer.status_code == 400
    assert answer.json()["errors"][0]["field"] in query


async def test_operators_see_the_holder_of_a_number_and_its_history(
    client: AsyncClient, as_role: AsRole, sessions: Sessions
) -> None:
    import_plant(sessions)
    await client.post(f"{NUMBERS}/{e164(0)}/hold", headers=as_role("crm"))
    await client.delete(f"{NUMBERS}/{e164(0)}/hold", headers=as_role("crm"))
    handle(sessions, an_assignment_request(1))

    seen = (await client.get(f"{NUMBERS}/{e164(0)}", headers=as_role("viewer"))).json()
    seen_by_crm = (await client.get(f"{NUMBERS}/{e164(0)}", headers=as_role("crm"))).json()

    assert seen["order_id"] == str(order_id(1))
    assert [(each["was"], each["became"]) for each in seen["history"]] == [
        ("idle", "selected"),
        ("selected", "idle"),
        ("idle", "reserved"),
    ]
    assert seen["history"][0]["reason"] == f"selected by {CLIENT}"
    assert seen["history"][2]["order_id"] == str(order_id(1))
    assert set(seen_by_crm) == {"number", "exchange", "grade", "state"}


@pytest.mark.parametrize(
    ("method", "path", "roles"),
    [
        ("GET", NUMBERS, {"crm", "viewer", "ops", "admin"}),
        ("GET", f"{NUMBERS}/{e164(0)}", {"crm", "viewer", "ops", "admin"}),
        ("POST", f"{NUMBERS}/{e164(0)}/hold", {"crm", "admin"}),
        ("DELETE", f"{NUMBERS}/{e164(0)}/hold", {"crm", "admin"}),
    ],
)
async def test_only_permitted_roles_search_and_hold_numbers(
    client: AsyncClient, as_role: AsRole, method: str, path: str, roles: set[str]
) -> None:
    permitted = set()
    for role in ("crm", "viewer", "ops", "admin"):
        answer = await client.request(method, path, headers=as_role(role))
        permitted |= {role} if answer.status_code != 403 else set()
    without_token = await client.request(method, path)

    assert permitted == roles
    assert without_token.status_code == 401
