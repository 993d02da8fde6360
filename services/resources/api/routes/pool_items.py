"""Pool items: single resources of a pool, their withdrawal and restoring."""

from functools import partial

from fastapi import Response

from services.resources import store
from services.resources.api.schemas.kinds import KindName
from services.resources.api.schemas.pool_items import (
    ResourceSelectionSchema,
    WithdrawalSchema,
    item_pool,
)
from services.resources.api.views.pool_items import ChangeCountView, PoolItemDetail, PoolItemView
from services.resources.commands.kinds import require_kind
from services.resources.commands.pool_items import restore_resources, withdraw_if_approved
from services.resources.domain.pool.resource import Pool
from services.resources.domain.pool.states import PoolItemState
from shared.access.access_rule import require_found
from shared.access.approvals import Approval
from shared.http import (
    CausationDep,
    CommandBatcherDep,
    PageDep,
    ReadSessionDep,
    Router,
    error_responses,
    list_response,
    paginate,
    view_response,
)
from shared.http.callers import NetworkViewer, NetworkWriter
from shared.http.collection_paths import POOLS_PATH
from shared.operations.audit_and_approvals import ApprovalView, approval_pending_response
from shared.persistence import history

POOL_PATH = f"{POOLS_PATH}/{{kind}}/{{name}}"

router = Router(tags=["plant"])


@router.get(f"{POOL_PATH}/things", response_model=list[PoolItemView])
def list_things(  # noqa: PLR0913  each is a part of the request
    *,
    kind: KindName,
    name: str,
    caller: NetworkViewer,
    session: ReadSessionDep,
    page: PageDep,
    response: Response,
    state: PoolItemState | None = None,
) -> Response:
    """Return the resources of a pool, other than numbers, by value."""
    require_kind(session, caller.tenant, kind)
    pool = item_pool(caller.tenant, kind, store.canonical_plant_name(session, caller.tenant, name))
    found = store.find_pool_items(session, pool, state, page.window)
    return list_response(
        [
            PoolItemView.of(each)
            for each in paginate(response, page, found, keys=lambda each: (each[0].value,))
        ],
        response=response,
    )


@router.get(f"{POOL_PATH}/things/{{value:path}}", response_model=PoolItemDetail)
def read_thing(
    kind: KindName, name: str, value: str, caller: NetworkViewer, session: ReadSessionDep
) -> Response:
    """Return one resource of a pool with its holder and its history."""
    rules = require_kind(session, caller.tenant, kind)
    pool = item_pool(caller.tenant, kind, store.canonical_plant_name(session, caller.tenant, name))
    found = require_found(
        store.find_pool_item(session, pool, rules, value),
        f"the pool has no such {pool.kind}",
        remedy=f"list them: /ops/v1/pools/{pool.kind}/{pool.name}/things",
    )
    changes = history.read(session, caller.tenant, found[0].value)
    return view_response(
        PoolItemDetail.of_detail(found, [each for each in changes if each.kind == kind])
    )


@router.post(
    f"{POOL_PATH}/withdraw",
    response_model=ChangeCountView,
    responses={
        202: {"model": ApprovalView, "description": "A second person must approve it."},
        **error_responses(409),
    },
)
async def withdraw_things(  # noqa: PLR0913  each is a part of the request
    *,
    kind: KindName,
    name: str,
    body: WithdrawalSchema,
    caller: NetworkWriter,
    cause: CausationDep,
    batcher: CommandBatcherDep,
) -> Response:
    """Withdraw resources from a pool, as blocked or faulty: all that are named, or none.

    Only resources without a holder can be withdrawn; those already in that state stay unchanged.
    """
    selected = body.to_selection(Pool(caller.tenant, kind, name))
    command = partial(withdraw_if_approved, selected, body.state, caller)
    result = await batcher.execute(cause, command)
    if isinstance(result, Approval):
        return approval_pending_response(result)
    return view_response(ChangeCountView(changed=result))


@router.post(f"{POOL_PATH}/restore", responses=error_responses(409))
async def restore_things(  # noqa: PLR0913  each is a part of the request
    *,
    kind: KindName,
    name: str,
    body: ResourceSelectionSchema,
    caller: NetworkWriter,
    cause: CausationDep,
    batcher: CommandBatcherDep,
) -> ChangeCountView:
    """Restore withdrawn resources to a pool: all that are named, or none."""
    selected = body.to_selection(Pool(caller.tenant, kind, name))
    command = partial(restore_resources, selected, caller.person)
    return ChangeCountView(changed=await batcher.execute(cause, command))
