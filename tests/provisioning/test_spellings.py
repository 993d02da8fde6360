"""An element is the same in any spelling: capitals and leading zeros make no difference."""

from collections.abc import Sequence
from datetime import UTC, datetime
from typing import Any

import pytest
from httpx import AsyncClient

from services.provisioning.store import elements
from shared.calls import call_store
from shared.calls.element_limits import ElementLimits
from shared.contracts import Causation
from shared.persistence.database import Sessions
from tests.kernel import TENANT
from tests.provisioning.builders import accepted
from tests.provisioning.database import run
from tests.provisioning.test_fallout import FALLOUT, WITH_FALLOUT, refuse
from tests.shared.scripted_elements import another_outbound_call

ELEMENTS = "/ops/v1/elements"
KNOWN, OTHER_SPELLINGS = "NJ-XW-OLT01", ["nj-xw-olt1", "NJ-XW-OLT001", "Nj-Xw-Olt01"]
MAINTENANCE = {"reason": "new software"}


def call(sessions: Sessions, *names: str) -> None:
    """Enqueue calls to elements of these names."""
    attempts = [another_outbound_call(element=name) for name in names]
    with sessions.begin() as session:
        requests = [
            call_store.CallRequest(each, Causation(each.id, each.id, TENANT)) for each in attempts
        ]
        call_store.enqueue(session, requests, datetime.now(UTC))


def limit_of(sessions: Sessions, name: str) -> ElementLimits:
    """Return the limits of the runner for an element of this name."""
    with sessions() as session:
        return elements.limits(session).limit_of(name)


async def listed(client: AsyncClient) -> Sequence[Any]:
    """Return the names and queues of all elements."""
    return [(each["name"], each["waiting"]) for each in (await client.get(ELEMENTS)).json()]


@pytest.mark.parametrize("typed", OTHER_SPELLINGS)
async def test_maintenance_of_an_element_in_another_spelling_is_that_of_the_known_one(
    client: AsyncClient, sessions: Sessions, typed: str
) -> None:
    call(sessions, KNOWN)

    begun = await client.put(f"{ELEMENTS}/{typed}/maintenance", json=MAINTENANCE)
    in_maintenance = limit_of(sessions, KNOWN).in_maintenance
    ended = await client.delete(f"{ELEMENTS}/{typed}/maintenance")

    assert (begun.json()["name"], ended.json()["name"]) == (KNOWN, KNOWN)
    assert (in_maintenance, limit_of(sessions, KNOWN).in_maintenance) == (True, False)
    assert await listed(client) == [(KNOWN, 1)]


@pytest.mark.parametrize("typed", OTHER_SPELLINGS)
async def test_limits_of_an_element_in_another_spelling_are_those_of_the_known_one(
    client: AsyncClient, sessions: Sessions, typed: str
) -> None:
    await client.put(f"{ELEMENTS}/{KNOWN}", json={"concurrency": 3})

    answer = await client.put(f"{ELEMENTS}/{typed}", json={"concurrency": 2})
    shown = await client.get(f"{ELEMENTS}/{typed}")

    assert answer.json()["name"] == shown.json()["name"] == KNOWN
    assert limit_of(sessions, KNOWN).concurrency == shown.json()["concurrency"] == 2
    assert await listed(client) == [(KNOWN, 0)]


async def test_the_spelling_of_the_last_calls_is_known_though_none_is_under_way(
    client: AsyncClient, sessions: Sessions
) -> None:
    call(sessions, KNOWN)
    with sessions.begin() as session:
        session.execute(call_store.OUTBOUND_CALLS.update().values(ended_at=datetime.now(UTC)))

    answer = await client.put(f"{ELEMENTS}/nj-xw-olt1", json={"concurrency": 2})

    assert answer.json()["name"] == KNOWN


async def test_maintenance_set_in_advance_holds_for_any_spelling_of_the_element(
    client: AsyncClient, sessions: Sessions
) -> None:
    begun = await client.put(f"{ELEMENTS}/nj-xw-olt1/maintenance", json=MAINTENANCE)

    call(sessions, KNOWN)

    assert (begun.json()["name"], begun.json()["type"]) == ("nj-xw-olt1", "olt")
    assert limit_of(sessions, KNOWN).in_maintenance
    assert await listed(client) == [("nj-xw-olt1", 1)]


async def test_another_number_is_another_element(client: AsyncClient, sessions: Sessions) -> None:
    call(sessions, KNOWN)

    answer = await client.put(f"{ELEMENTS}/NJ-XW-OLT10/maintenance", json=MAINTENANCE)

    assert answer.json()["name"] == "NJ-XW-OLT10"
    assert not limit_of(sessions, KNOWN).in_maintenance


@pytest.mark.parametrize("typed", ["aaa", "AAA", "Aaa"])
async def test_fallout_is_found_by_its_element_in_any_spelling(
    client: AsyncClient, sessions: Sessions, typed: str
) -> None:
    run(sessions, accepted(), WITH_FALLOUT)
    refuse(sessions)

    found = (await client.get(FALLOUT, params={"element": typed})).json()

    assert [each["element"] for each in found] == ["aaa"]
