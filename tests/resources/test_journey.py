"""An order's journey tells what befell the numbers and items that it was given or gave back."""

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


class Onlooker:
    """Who looks at journeys."""

    def __init__(self, client: AsyncClient, as_role: AsRole) -> None:
        self.client, self.as_role = client, as_role

    async def ask(self, subject: UUID | str, role: str, **whose: Any) -> Response:
        """Ask for the journey of an order, or of anything else."""
        headers = self.as_role(role, **whose)
        return await self.client.get(f"/ops/v1/journeys/{subject}", headers=headers)

    async def see(self, subject: UUID | str, **whose: Any) -> Steps:
        """Return what is answered to a viewer."""
        answer = await self.ask(subject, "viewer", **whose)
        assert answer.status_code == 200, answer.text
        names = ("kind", "what", "was", "became")
        return [tuple(step[name] for name in names) for step in answer.json()]


@pytest.fixture
async def onlooker(
    sessions: Sessions, own_settings: Settings, as_role: AsRole
) -> AsyncIterator[Onlooker]:
    """Looks at a small exchange X, through what every service has for its operators."""
    import_plant(sessions)
    async with api_client(SERVICE, sessions, own_settings) as client:
        yield Onlooker(client, as_role)


def message(type_: str) -> tuple[str, str, str, str]:
    return ("message", type_, "", "")


async def test_a_journey_tells_what_was_reserved_and_put_in_use(
    onlooker: Onlooker, sessions: Sessions
) -> None:
    handle(sessions, an_assignment_request(1, NUMBER, PAIR), an_assignment_request(2, NUMBER, PAIR))
    handle(sessions, completed(1), now=SOON)

    assert await onlooker.see(order_id(1)) == [
        ("number", e164(0), "idle", "reserved"),
        ("pair", FIRST_PAIR, "free", "reserved"),
        message("resources.assigned.v1"),
        ("number", e164(0), "reserved", "in_use"),
        ("pair", FIRST_PAIR, "reserved", "in_use"),
    ]


async def test_a_journey_tells_what_was_given_back_and_nothing_of_the_order_before(
    onlooker: Onlooker, sessions: Sessions
) -> None:
    handle(sessions, an_assignment_request(1, NUMBER, PAIR))
    handle(sessions, completed(1), now=SOON)
    before = await onlooker.see(order_id(1))

    handle(sessions, a_release_request(2, of=1), now=SOON)
    handle(sessions, completed(2, Action.DELETE, of=1), now=SOON + MINUTE)

    assert await onlooker.see(order_id(1)) == before
    assert await onlooker.see(order_id(2)) == [
        ("number", e164(0), "in_use", "pending_release"),
        ("pair", FIRST_PAIR, "in_use", "pre_released"),
        message("resources.assigned.v1"),
        ("number", e164(0), "pending_release", "quarantined"),
        ("pair", FIRST_PAIR, "pre_released", "free"),
    ]


async def test_a_journey_tells_what_an_order_lost_again_though_another_has_it_now(
    onlooker: Onlooker, sessions: Sessions
) -> None:
    handle(sessions, an_assignment_request(1))
    handle(sessions, ReleaseRequested(order_id=order_id(1)), now=SOON)
    handle(sessions, an_assignment_request(2), now=SOON + MINUTE)

    assert await onlooker.see(order_id(1)) == [
        ("number", e164(0), "idle", "reserved"),
        message("resources.assigned.v1"),
        ("number", e164(0), "reserved", "idle"),
        message("resources.released.v1"),
    ]


async def test_a_journey_tells_of_every_service_of_a_bundle(
    onlooker: Onlooker, sessions: Sessions
) -> None:
    items = (*an_assignment_request(1, NUMBER).items, *an_assignment_request(2, *FIBRE).items)
    handle(sessions, AssignmentRequested(order_id=order_id(1), client=CLIENT, items=items))

    kinds = [kind for kind, *_ in await onlooker.see(order_id(1))]
    assert sorted(kinds) == ["leg", "loid", "message", "number", "vlan"]


async def test_the_journey_of_a_number_names_the_orders_that_had_it(
    onlooker: Onlooker, sessions: Sessions
) -> None:
    handle(sessions, an_assignment_request(1))
    handle(sessions, ReleaseRequested(order_id=order_id(1)))

    one = str(order_id(1))
    assert await onlooker.see(e164(0)) == [
        ("number", one, "idle", "reserved"),
        ("number", one, "reserved", "idle"),
    ]


async def test_a_refused_order_s_journey_has_the_refusal_alone(
    onlooker: Onlooker, sessions: Sessions
) -> None:
    handle(sessions, a_release_request(2, of=1))

    assert await onlooker.see(order_id(2)) == [message("resources.refused.v1")]


async def test_numbers_on_a_journey_are_for_the_tenant_s_viewers_alone(
    onlooker: Onlooker, sessions: Sessions
) -> None:
    handle(sessions, an_assignment_request(1))

    assert await onlooker.see(order_id(1), tenant="other") == []
    assert (await onlooker.ask(order_id(1), "crm")).status_code == 403


async def test_all_things_of_a_journey_are_looked_up_together(
    onlooker: Onlooker, sessions: Sessions
) -> None:
    handle(sessions, an_assignment_request(1, NUMBER, PAIR, *FIBRE))

    with statements(sessions) as executed:
        await onlooker.see(order_id(1))

    assert len([each for each in executed if "FROM history" in each]) == 2
