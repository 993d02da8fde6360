"""Kinds of resources: those of the release, and those that the tenant publishes."""

from functools import partial
from operator import attrgetter

from fastapi import Response

from services.resources import store
from services.resources.api.schemas.kinds import PoolKindsBody
from services.resources.api.views.kinds import PoolKindView
from services.resources.commands.kinds import plan_kinds, publish_kinds
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
from shared.persistence.pagination import attributes_getter, slice_list

KINDS_PATH = f"{OPS_PATH}/pool-kinds"

router = Router(tags=["plant"])


@router.get(KINDS_PATH)
def list_pool_kinds(
    caller: NetworkViewer, session: ReadSessionDep, page: PageDep, response: Response
) -> list[PoolKindView]:
    """Return the kinds of resources, by name: those of the release and the tenant's own."""
    published = store.kinds.read_published(session, caller.tenant)
    views = [
        *map(PoolKindView.of_shipped, store.kinds.SHIPPED.values()),
        *map(PoolKindView.of_published, published),
    ]
    views.sort(key=attrgetter("name"))
    found = slice_list(views, attrgetter("name"), page.window)
    return list(paginate(response, page, found, len(views), keys=attributes_getter("name")))


@router.post(KINDS_PATH, status_code=201, responses=error_responses(409, 422))
async def publish_pool_kinds(
    schemas: PoolKindsBody,
    caller: NetworkWriter,
    cause: CausationDep,
    batcher: CommandBatcherDep,
) -> list[PoolKindView]:
    """Publish kinds of resources, all or none. A published kind never changes.

    Kinds that are already published stay unchanged.
    """
    submitted = tuple(each.to_domain() for each in schemas)
    command = partial(publish_kinds, submitted, caller.person)
    return [PoolKindView.of_published(each) for each in await batcher.execute(cause, command)]


@router.post(f"{KINDS_PATH}/plan", responses=error_responses(409, 422))
def plan_pool_kinds(
    schemas: PoolKindsBody, caller: NetworkWriter, session: ReadSessionDep
) -> list[PlannedChangeView]:
    """Show which of these kinds are new; nothing is changed."""
    submitted = tuple(each.to_domain() for each in schemas)
    return planned_views(plan_kinds(session, caller.tenant, submitted))
