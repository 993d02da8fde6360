"""The service announces its blueprints by a message: after each publication, once at a start."""

from httpx import AsyncClient

from services.provisioning.commands.blueprints import publish_pending_editions
from shared.contracts import BlueprintsPublished
from shared.persistence.database import Sessions
from tests.kernel import TENANT, published
from tests.provisioning.builders import a_blueprint, a_call
from tests.provisioning.database import REFERENCE, publish

BLUEPRINTS = "/ops/v1/blueprints"


def announced(sessions: Sessions) -> list[tuple[str, list[str]]]:
    """Return the published messages: by tenant, the names of blueprints."""
    return [
        (
            each.owner_tenant,
            [f"{one.specification}/{one.business_action}" for one in each.blueprints],
        )
        for each in published(sessions)
        if isinstance(each, BlueprintsPublished)
    ]


def start(sessions: Sessions) -> None:
    """Publish pending editions, as a start of the service does."""
    with sessions.begin() as session:
        publish_pending_editions(session)


def test_a_start_publishes_pending_editions_only_once(sessions: Sessions) -> None:
    publish(sessions, REFERENCE)

    start(sessions)
    start(sessions)

    assert [tenant for tenant, names in announced(sessions) if "reference/new" in names] == [TENANT]


async def test_a_publication_is_announced_with_all_earlier_blueprints(
    client: AsyncClient, sessions: Sessions
) -> None:
    publish(sessions, REFERENCE)
    start(sessions)
    before = len(announced(sessions))

    for version in (1, 1):
        answer = await client.post(BLUEPRINTS, json=[a_gadget_blueprint("add", version)])
        assert answer.status_code == 201, answer.text
    start(sessions)

    (last,) = announced(sessions)[before:]
    assert last[0] == TENANT
    assert set(last[1]) >= {"reference/new", "gadget/new"}


async def test_a_blueprint_without_a_disconnection_is_published_with_a_warning(
    client: AsyncClient,
) -> None:
    only_add = (await client.post(BLUEPRINTS, json=[a_gadget_blueprint("add")])).json()
    both = (await client.post(BLUEPRINTS, json=[a_gadget_blueprint("delete")])).json()

    assert "publish gadget/disconnect as well" in only_add[0]["warning"]
    assert both[0]["warning"] == ""


def a_gadget_blueprint(action: str, version: int = 1) -> dict[str, object]:
    """Return a blueprint of a gadget, as it is published."""
    blueprint = a_blueprint(a_call("switch"))
    steps = [{"name": each.name, "kind": each.kind} for each in blueprint.steps[:1]]
    return {"specification": "gadget", "action": action, "version": version, "steps": steps}
