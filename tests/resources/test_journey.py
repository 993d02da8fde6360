"""An order's journey shows the changes of the numbers and items that it reserved or released."""

from collections.abc import AsyncIterator
from datetime import timedelta
from typing import Any, TypeAlias
from uuid import UUID

import pytest
from httpx import AsyncClient, Response

from services.resources.app import SERVICE
from shared.config.settings import Settings
from shared.contracts import Action, AssignmentRequested, ReleaseRequested
from shared.persistence.database import Sessions
from tests.callers import CLIENT, AsRole, api_client
from tests.conftest import NOON
from tests.kernel import statements
from tests.resources.builders import (
    FIBRE,
    NUMBER,
    PAIR,
    a_release_request,
    an_assignment_request,
    completed,
    e164,
    handle,
    import_plant,
    order_id,
)

FIRST_PAIR = "X/0000001"
MINUTE = timedelta(minutes=1)
SOON = NOON + MINUTE

Steps: TypeAlias = list[tuple[str, str, str, str]]
"""Kind, name, state before and after of each change; of a message its kind and type."""


class JourneyReader:
    """Reads journeys."""

    def __init__(self, client: AsyncClient, as_role: AsRole) -> None:
        self.client, self.as_role = client, as_role

    async def request(self, subject: UUID | str, role: str, **identity: Any) -> Response:
        """Request the journey of an order, or of another subject."""
        headers = self.as_role(role, **identity)
        return await self.client.get(f"/ops/v1/journeys/{subject}", headers=headers)

    async def steps(self, subject: UUID | str, **identity: Any) -> Steps:
        """Return the journey as a viewer sees it."""
        answer = await self.request(subject, "viewer", **identity)
        assert answer.status_code == 200, answer.text
        names = ("kind", "what", "was", "became")
        return [tuple(step[name] for name in names) for step in answer.json()]


@pytest.fixture
async def reader(
    sessions: Sessions, own_settings: Settings, as_role: AsRole
) -> AsyncIterator[JourneyReader]:
    """Reads journeys of a small exchange X through the operators' API."""
    import_plant(sessions)
    async with api_client(SERVICE, sessions, own_settings) as client:
        yield JourneyReader(client, as_role)


def message(type_: str) -> tuple[str, str, str, str]:
    return ("message", type_, "", "")


async def test_a_journey_shows_what_was_reserved_and_put_in_use(
    reader: JourneyReader, sessions: Sessions
) -> None:
    handle(sessions, an_assignment_request(1, NUMBER, PAIR), an_assignment_request(2, NUMBER, PAIR))
    handle(sessions, completed(1), now=SOON)

    assert await reader.steps(order_id(1)) == [
        ("number", e164(0), "idle", "reserved"),
        ("pair", FIRST_PAIR, "free", "reserved"),
        message("resources.assigned.v1"),
        ("number", e164(0), "reserved", "in_use"),
        ("pair", FIRST_PAIR, "reserved", "in_use"),
    ]


async def test_a_journey_shows_what_was_released_and_nothing_of_the_earlier_order(
    reader: JourneyReader, sessions: Sessions
) -> None:
    handle(sessions, an_assignment_request(1, NUMBER, PAIR))
    handle(sessions, completed(1), now=SOON)
    before = await reader.steps(order_id(1))

    handle(sessions, a_release_request(2, of=1), now=SOON)
    handle(sessions, completed(2, Action.DELETE, of=1), now=SOON + MINUTE)

    assert await reader.steps(order_id(1)) == before
    assert await reader.steps(order_id(2)) == [
        ("number", e164(0), "in_use", "pending_release"),
        ("pair", FIRST_PAIR, "in_use", "pre_released"),
        message("resources.assigned.v1"),
        ("number", e164(0), "pending_release", "quarantined"),
        ("pair", FIRST_PAIR, "pre_released", "free"),
    ]


async def test_a_journey_shows_what_an_order_released_although_another_has_it_now(
    reader: JourneyReader, sessions: Sessions
) -> None:
    handle(sessions, an_assignment_request(1))
    handle(sessions, ReleaseRequested(order_id=order_id(1)), now=SOON)
    handle(sessions, an_assignment_request(2), now=SOON + MINUTE)

    assert await reader.steps(order_id(1)) == [
        ("number", e164(0), "idle", "reserved"),
        message("resources.assigned.v1"),
        ("number", e164(0), "reserved", "idle"),
        message("resources.released.v1"),
    ]


async def test_a_journey_shows_every_service_of_a_bundle(
    reader: JourneyReader, sessions: Sessions
) -> None:
    items = (*an_assignment_request(1, NUMBER).items, *an_assignment_request(2, *FIBRE).items)
    handle(sessions, AssignmentRequested(order_id=order_id(1), client=CLIENT, items=items))

    kinds = [kind for kind, *_ in await reader.steps(order_id(1))]
    assert sorted(kinds) == ["leg", "loid", "message", "number", "vlan"]


async def test_the_journey_of_a_number_names_the_orders_that_had_it(
    reader: JourneyReader, sessions: Sessions
) -> None:
    handle(sessions, an_assignment_request(1))
    handle(sessions, ReleaseRequested(order_id=order_id(1)))

    one = str(order_id(1))
    assert await reader.steps(e164(0)) == [
        ("number", one, "idle", "reserved"),
        ("number", one, "reserved", "idle"),
    ]


async def test_a_refused_order_s_journey_has_the_refusal_alone(
    reader: JourneyReader, sessions: Sessions
) -> None:
    handle(sessions, a_release_request(2, of=1))

    assert await reader.steps(order_id(2)) == [message("resources.refused.v1")]


async def test_numbers_on_a_journey_are_only_for_the_tenants_viewers(
    reader: JourneyReader, sessions: Sessions
) -> None:
    handle(sessions, an_assignment_request(1))

    assert await reader.steps(order_id(1), tenant="other") == []
    assert (await reader.request(order_id(1), "crm")).status_code == 403


async def test_all_items_of_a_journey_are_read_together(
    reader: JourneyReader, sessions: Sessions
) -> None:
    handle(sessions, an_assignment_request(1, NUMBER, PAIR, *FIBRE))

    with statements(sessions) as executed:
        await reader.steps(order_id(1))

    assert len([each for each in executed if "FROM history" in each]) == 2
