"""Visibility of work orders and services: a client sees its own, a crew those of its areas."""

from typing import Any

import pytest
from httpx import AsyncClient

from services.provisioning.handlers import SUBSCRIPTIONS
from shared.contracts import AccessChanged, grant_key
from shared.persistence import audit_log
from shared.persistence.database import Sessions
from tests.callers import CLIENT, AsRole
from tests.kernel import TENANT, consume
from tests.provisioning.builders import accepted, an_item, assigned, shipped
from tests.provisioning.database import run

LIST = "/ops/v1/work-orders"
SERVICES = "/tmf-api/serviceInventory/v4/service"
OTHER = "another-crm"
VOICE = accepted(an_item("voice"))


@pytest.fixture
async def jumper(client: AsyncClient, sessions: Sessions) -> str:
    """The id of the work order of a new voice line, in the exchange NJ-XW of area 025."""
    consume(sessions, SUBSCRIPTIONS, VOICE)
    consume(sessions, SUBSCRIPTIONS, assigned(VOICE, shipped()))
    (found,) = (await client.get(LIST)).json()
    return str(found["id"])


async def seen(client: AsyncClient, headers: dict[str, str], id_: str) -> tuple[int, int]:
    """Return the status of a work order, and the length of the list."""
    one = await client.get(f"{LIST}/{id_}", headers=headers)
    return one.status_code, len((await client.get(LIST, headers=headers)).json())


@pytest.mark.parametrize(
    ("areas", "expected"),
    [
        (["NJ-XW"], (200, 1)),
        (["nj-xw"], (200, 1)),
        (["SZ-01", "NJ-XW"], (200, 1)),
        (["SZ-01"], (404, 0)),
        ([], (404, 0)),
        (None, (200, 1)),
    ],
)
async def test_a_crew_sees_the_work_orders_of_its_areas(
    client: AsyncClient,
    as_role: AsRole,
    jumper: str,
    areas: list[str] | None,
    expected: tuple[int, int],
) -> None:
    crew = as_role("crew", "field-company", person="wang", areas=areas)

    assert await seen(client, crew, jumper) == expected


async def test_a_crew_cannot_answer_for_an_area_that_is_not_its_own(
    client: AsyncClient, as_role: AsRole, jumper: str
) -> None:
    crew = as_role("crew", "field-company", areas=["SZ-01"])

    answers = [
        await client.post(f"{LIST}/{jumper}/{verb}", json=body, headers=crew)
        for verb, body in (("accept", {}), ("report", {}), ("return", {"reason": "no key"}))
    ]

    assert [each.status_code for each in answers] == [404] * 3


async def test_a_crew_keeps_seeing_the_work_orders_that_it_accepted(
    client: AsyncClient, as_role: AsRole, jumper: str
) -> None:
    here = as_role("crew", "field-company", person="wang", areas=["NJ-XW"])
    elsewhere = as_role("crew", "field-company", person="wang", areas=["SZ-01"])
    colleague = as_role("crew", "field-company", person="zhao", areas=["SZ-01"])

    taken = await client.post(f"{LIST}/{jumper}/accept", headers=here)

    assert taken.json()["accepted_by"] == "wang"
    assert await seen(client, elsewhere, jumper) == (200, 1)
    assert await seen(client, colleague, jumper) == (404, 0)


async def services(client: AsyncClient, headers: dict[str, str]) -> list[dict[str, Any]]:
    answer = await client.get(SERVICES, headers=headers)
    assert answer.status_code == 200
    found: list[dict[str, Any]] = answer.json()
    return found


def share(sessions: Sessions) -> None:
    """Consume a grant of the first client's customer to the other."""
    customer = VOICE.customer.id
    key = grant_key(TENANT, CLIENT, OTHER, customer)
    named = {"owner_client": CLIENT, "grantee": OTHER, "customer_id": customer}
    consume(sessions, SUBSCRIPTIONS, AccessChanged(grant_key=key, level="see", **named))


async def test_a_client_sees_its_own_work_orders_and_what_is_shared_with_it(
    client: AsyncClient, sessions: Sessions, as_role: AsRole, jumper: str
) -> None:
    stranger = as_role("crm", OTHER)

    own = await seen(client, as_role("crm"), jumper)
    unshared = await seen(client, stranger, jumper)
    share(sessions)

    assert (own, unshared) == ((200, 1), (404, 0))
    assert await seen(client, stranger, jumper) == (200, 1)


async def test_a_client_sees_its_own_services_and_what_is_shared_with_it(
    client: AsyncClient, sessions: Sessions, as_role: AsRole
) -> None:
    run(sessions, accepted())
    stranger = as_role("crm", OTHER)
    place = f"{SERVICES}/{accepted().items[0].service_id}"

    (own,) = await services(client, as_role("crm"))
    unshared = await services(client, stranger), await client.get(place, headers=stranger)
    share(sessions)

    assert unshared[0] == []
    assert unshared[1].status_code == 404
    assert await services(client, stranger) == [own]
    assert (await client.get(place, headers=stranger)).json() == own


async def test_changes_to_elements_are_in_the_audit(
    client: AsyncClient, sessions: Sessions, as_role: AsRole
) -> None:
    network = as_role("network", "back-office", person="li-na")

    await client.put("/ops/v1/elements/aaa", json={"concurrency": 32}, headers=network)
    await client.put(
        "/ops/v1/elements/aaa/maintenance", json={"reason": "new software"}, headers=network
    )

    with sessions() as session:
        entries = [entry for _, entry in audit_log.read_entries(session, TENANT, after=0, limit=10)]
    assert [(each.actor, each.action, each.subject) for each in entries] == [
        ("li-na", "element.change", "aaa")
    ] * 2
    assert "new software" in entries[1].reason
