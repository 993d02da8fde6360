"""What each business action means to provisioning, and how earlier versions named it."""

from typing import Any

import msgspec
import pytest
from httpx import AsyncClient
from sqlalchemy import text, update

from services.provisioning.domain.blueprint.blueprint import Blueprint
from services.provisioning.domain.blueprint.publication import unpublished
from services.provisioning.domain.business_actions import BUSINESS_ACTIONS, ENABLED_ACTIONS
from services.provisioning.domain.plan.plan import PlanItem, PlanState
from services.provisioning.domain.service import ServiceState
from services.provisioning.handlers import SUBSCRIPTIONS
from services.provisioning.store import blueprints
from services.provisioning.tables import PlanRow
from shared.contracts import (
    Action,
    AssignmentRequested,
    BusinessAction,
    HoldAction,
    ServiceCompleted,
)
from shared.persistence.database import Sessions
from tests.kernel import TENANT, consume, dead_letter_rows, published
from tests.provisioning.builders import (
    OTHER_ID,
    a_blueprint,
    accepted,
    an_item,
    assigned,
    for_action,
    index,
)
from tests.provisioning.database import REFERENCE, plan_of, publish, run, services_of

BLUEPRINTS = "/ops/v1/blueprints"
ENDING = for_action(REFERENCE, BusinessAction.DISCONNECT)
INSERT_WITHOUT_BUSINESS_ACTION = text(
    """INSERT INTO blueprints
       (tenant, specification, action, version, content, published_at, published_by)
       VALUES (:tenant, 'reference', :action, 1, :content, now(), 'anna')
       RETURNING business_action"""
)
INSERT = text(
    """INSERT INTO blueprints (tenant, specification, business_action, version, action, content,
       published_at, published_by)
       VALUES ('jiangsu', 'ftth', :name, 1, 'modify', '', now(), 'anna')"""
)


def a_document(**actions: str) -> dict[str, Any]:
    """Return a blueprint as it is posted, with the given actions."""
    return {
        "specification": "gadget",
        "version": 1,
        "steps": [{"name": "assign", "kind": "assign"}],
        **actions,
    }


def test_every_business_action_has_a_row() -> None:
    assert [each for each in BusinessAction if each not in BUSINESS_ACTIONS] == []


def test_new_installation_and_disconnection_are_enabled() -> None:
    assert {BusinessAction.NEW, BusinessAction.DISCONNECT} <= set(ENABLED_ACTIONS)


@pytest.mark.parametrize(
    ("actions", "code", "remedy"),
    [
        ({}, "missing", "give `new` or `change`"),
        ({"action": "noChange"}, "nothing-to-do", "leave the blueprint out"),
        ({"business_action": "fly"}, "business-action-unknown", "give `new` or `change`"),
        (
            {"business_action": "new", "action": "delete"},
            "business-action-mismatch",
            "leave `action` out",
        ),
    ],
)
async def test_a_blueprint_that_cannot_be_carried_out_is_refused_at_its_publication(
    client: AsyncClient, sessions: Sessions, actions: dict[str, str], code: str, remedy: str
) -> None:
    answer = await client.post(BLUEPRINTS, json=[a_document(), a_document(**actions)])

    faults = [each for each in answer.json()["errors"] if each["field"] == "/1/business_action"]
    assert answer.status_code == 400
    assert [each["code"] for each in faults] == [code]
    assert remedy in faults[0]["remedy"]
    with sessions() as session:
        assert blueprints.known_specifications(session, TENANT, "gadget") == set()


async def test_a_document_may_name_the_business_action_or_the_tmf_action_that_means_it(
    client: AsyncClient,
) -> None:
    named = await client.post(BLUEPRINTS, json=[a_document(business_action="new")])
    meant = await client.post(BLUEPRINTS, json=[a_document(action="add")])

    shown = [answer.json()[0]["blueprint"] for answer in (named, meant)]
    assert [(each["business_action"], each["action"]) for each in shown] == [("new", "add")] * 2
    assert shown[0] == shown[1]


def test_a_stored_blueprint_of_an_earlier_version_is_the_same_as_one_of_today() -> None:
    today = a_blueprint()
    stored = msgspec.json.decode(msgspec.json.encode(today))
    del stored["business_action"]

    earlier = msgspec.convert(stored, Blueprint)

    assert earlier == today
    assert unpublished([earlier], [today]) == []


def test_an_earlier_version_can_read_a_blueprint_of_today() -> None:
    stored = msgspec.json.decode(msgspec.json.encode(ENDING))

    assert stored["action"] == "delete"


@pytest.mark.parametrize("action", Action)
def test_a_row_that_the_previous_version_writes_has_the_business_action_of_the_same_meaning(
    sessions: Sessions, action: Action
) -> None:
    content = msgspec.json.encode(msgspec.structs.replace(REFERENCE, business_action=""))
    row = {"tenant": "elsewhere", "action": action.value, "content": content}

    with sessions.begin() as session:
        name = session.scalar(INSERT_WITHOUT_BUSINESS_ACTION, row)

    meant = Blueprint(specification="reference", action=action, version=1, steps=())
    assert name == meant.business_action


def test_two_business_actions_of_one_tmf_action_have_a_blueprint_each(sessions: Sessions) -> None:
    with sessions.begin() as session:
        for name in ("move", "change-number"):
            session.execute(INSERT, {"name": name})

        found = session.scalars(text("SELECT business_action FROM blueprints WHERE content = ''"))
        assert set(found) == {"move", "change-number"}
        session.rollback()


def test_requests_and_results_name_the_business_action(sessions: Sessions) -> None:
    disconnection = an_item(action=BusinessAction.DISCONNECT)
    run(sessions, accepted())
    run(sessions, accepted(disconnection, order_id=OTHER_ID), ENDING)

    requests = [each for each in published(sessions) if isinstance(each, AssignmentRequested)]
    results = [each for each in published(sessions) if isinstance(each, ServiceCompleted)]
    assert [(item.business_action, item.action) for each in requests for item in each.items] == [
        ("new", HoldAction.RESERVE),
        ("disconnect", HoldAction.PRE_RELEASE),
    ]
    assert [service.business_action for each in results for service in each.services] == [
        "new",
        "disconnect",
    ]


def test_a_plan_that_an_earlier_version_made_ends_as_it_was_ordered(sessions: Sessions) -> None:
    run(sessions, accepted())
    order = accepted(an_item(action=BusinessAction.DISCONNECT), order_id=OTHER_ID)
    publish(sessions, ENDING)
    consume(sessions, SUBSCRIPTIONS, order)
    with sessions.begin() as session:
        ours = (PlanRow.order_id == OTHER_ID,)
        items = tuple(map(without_business_action, plan_of(sessions, OTHER_ID).items))
        session.execute(update(PlanRow).where(*ours).values(items=items))

    consume(sessions, SUBSCRIPTIONS, assigned(order, index([ENDING])))

    assert dead_letter_rows(sessions) == []
    assert plan_of(sessions, OTHER_ID).state is PlanState.COMPLETED
    (service,) = services_of(sessions, order)
    assert service.state is ServiceState.TERMINATED
    done = published(sessions)[-1]
    assert isinstance(done, ServiceCompleted)
    assert done.services[0].business_action == "disconnect"


def without_business_action(item: PlanItem) -> PlanItem:
    """Return an item as earlier versions stored it."""
    return msgspec.structs.replace(item, business_action="")
