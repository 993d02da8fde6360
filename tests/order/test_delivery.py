"""Publications are checked against the blueprints that provisioning has published."""

from typing import Any
from uuid import UUID

import pytest
from httpx import AsyncClient

from services.order.handlers import SUBSCRIPTIONS
from shared.contracts import Action, BlueprintName, BlueprintsPublished, Causation
from shared.persistence.database import Sessions
from tests.callers import AsRole
from tests.kernel import TENANT, consume, consume_records, record_of
from tests.order.test_api_catalogue import a_publication, publish

SHARED = ""


def blueprints(*actions: Action, owner: str = TENANT) -> BlueprintsPublished:
    """Return the message that cable has blueprints for only these actions."""
    names = (BlueprintName(specification="cable", action=each, version=1) for each in actions)
    return BlueprintsPublished(owner_tenant=owner, blueprints=tuple(names))


async def test_an_offering_that_cannot_be_delivered_is_refused_with_the_remedy(
    client: AsyncClient, stocked: Sessions, as_role: AsRole
) -> None:
    consume(stocked, SUBSCRIPTIONS, blueprints(Action.DELETE))

    answer = await publish(client, as_role("ops"), a_publication())

    (fault,) = answer.json()["errors"]
    assert answer.status_code == 400
    assert (fault["field"], fault["code"]) == ("/offerings/0/specification", "not-deliverable")
    assert "cable/new" in fault["remedy"]


async def test_an_offering_that_can_never_be_disconnected_is_published_with_a_warning(
    client: AsyncClient, stocked: Sessions, as_role: AsRole
) -> None:
    consume(stocked, SUBSCRIPTIONS, blueprints(Action.ADD))

    answer = await publish(client, as_role("ops"), a_publication())

    (warning,) = answer.json()["warnings"]
    assert answer.status_code == 200
    assert (warning["field"], warning["code"]) == ("/offerings/0/specification", "never-given-up")
    assert "cable/disconnect" in warning["remedy"]


@pytest.mark.parametrize(
    "messages",
    [
        [blueprints(Action.ADD, Action.DELETE)],
        [blueprints(Action.ADD, Action.DELETE, owner=SHARED)],
        [blueprints(owner=TENANT), blueprints(Action.ADD, Action.DELETE, owner=SHARED)],
    ],
)
async def test_an_offering_with_blueprints_is_published_without_a_warning(
    client: AsyncClient, stocked: Sessions, as_role: AsRole, messages: list[BlueprintsPublished]
) -> None:
    for each in messages:
        consume(stocked, SUBSCRIPTIONS, each)

    answer = await publish(client, as_role("ops"), a_publication())

    assert answer.status_code == 200
    assert "warnings" not in answer.json()


async def test_an_offering_whose_blueprints_are_not_known_yet_is_published_with_a_warning(
    client: AsyncClient, stocked: Sessions, as_role: AsRole
) -> None:
    consume(stocked, SUBSCRIPTIONS, blueprints(owner="another-tenant"))

    answer = await publish(client, as_role("ops"), a_publication())

    (warning,) = answer.json()["warnings"]
    assert answer.status_code == 200
    assert answer.json()["changed"]
    assert warning["field"] == "/offerings/0/specification"
    assert warning["code"] == "delivery-not-known"
    assert "cable/new" in warning["remedy"]


async def test_sending_a_publication_again_checks_it_once_the_delivery_is_known(
    client: AsyncClient, stocked: Sessions, as_role: AsRole
) -> None:
    await publish(client, as_role("ops"), a_publication())
    consume(stocked, SUBSCRIPTIONS, blueprints(Action.ADD, Action.DELETE))

    again = await publish(client, as_role("ops"), a_publication())

    assert (again.status_code, again.json()) == (200, {"changed": []})


@pytest.mark.parametrize("change", [{"state": "draft"}, {"state": "retired"}])
async def test_what_is_not_on_sale_needs_no_blueprint(
    client: AsyncClient, stocked: Sessions, as_role: AsRole, change: dict[str, Any]
) -> None:
    for messages in ([], [blueprints()]):
        for each in messages:
            consume(stocked, SUBSCRIPTIONS, each)

        answer = await publish(client, as_role("ops"), a_publication(**change))

        assert (answer.status_code, "warnings" in answer.json()) == (200, False)


async def test_the_last_published_blueprints_count(
    client: AsyncClient, stocked: Sessions, as_role: AsRole
) -> None:
    consume(stocked, SUBSCRIPTIONS, blueprints())
    later = blueprints(Action.ADD, Action.DELETE)
    cause = Causation(UUID(int=2), later.key, TENANT)
    consume_records(stocked, SUBSCRIPTIONS, [record_of(later, cause)])

    assert (await publish(client, as_role("ops"), a_publication())).status_code == 200
