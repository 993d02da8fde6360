"""Blueprints: the list of all versions, and their publication."""

from functools import partial

from fastapi import Response

from services.provisioning.api.schemas.blueprint_publications import (
    BlueprintsBody,
    to_publication,
)
from services.provisioning.api.views.blueprints import BlueprintView
from services.provisioning.commands.blueprints import plan_for_tenant, publish_for_tenant
from services.provisioning.store import blueprints as store
from shared.http import (
    CausationDep,
    CommandBatcherDep,
    PageDep,
    ReadSessionDep,
    Router,
    error_responses,
    paginate,
)
from shared.http.callers import NetworkViewer, NetworkWriter
from shared.http.collection_paths import OPS_PATH
from shared.http.planned_change_views import PlannedChangeView, planned_views

BLUEPRINTS_PATH = f"{OPS_PATH}/blueprints"

router = Router(tags=["blueprints"])


@router.get(BLUEPRINTS_PATH)
def list_blueprints(
    caller: NetworkViewer, session: ReadSessionDep, page: PageDep, response: Response
) -> list[BlueprintView]:
    """Return all versions of all blueprints. New plans use the newest of each."""
    found = store.find_page(session, caller.tenant, page.window)
    shown = paginate(response, page, found, keys=store.sort_key)
    return [BlueprintView.of(each) for each in shown]


@router.post(BLUEPRINTS_PATH, status_code=201, responses=error_responses(409, 422))
async def publish_blueprints(
    body: BlueprintsBody,
    caller: NetworkWriter,
    cause: CausationDep,
    batcher: CommandBatcherDep,
) -> list[BlueprintView]:
    """Publish blueprints, all or none. Running plans keep the version they started with.

    The body is an array of blueprints, or an object with `blueprints` and the `fragments` that they
    include. Versions that are already published stay unchanged.
    """
    command = partial(publish_for_tenant, to_publication(body), caller.person)
    return [BlueprintView.of(*each) for each in await batcher.execute(cause, command)]


@router.post(f"{BLUEPRINTS_PATH}/plan", responses=error_responses(409, 422))
def plan_blueprints(
    body: BlueprintsBody, caller: NetworkWriter, session: ReadSessionDep
) -> list[PlannedChangeView]:
    """Show what a publication would change, field by field; nothing is changed."""
    return planned_views(plan_for_tenant(session, caller.tenant, to_publication(body)))
