"""Pools, and how much of them is free."""

from fastapi import Response

from services.resources import store
from services.resources.api.routes.plant_names import check_plant_names
from services.resources.api.schemas.kinds import KindName
from services.resources.api.schemas.pools import ExchangeName
from services.resources.api.views.pools import PoolDetail, PoolView
from services.resources.commands.kinds import require_kind
from shared.access.access_rule import require_found
from shared.http import PageDep, ReadSessionDep, Router, list_response, paginate, view_response
from shared.http.callers import StateViewer
from shared.http.collection_paths import POOLS_PATH
from shared.persistence.pagination import attributes_getter

router = Router(tags=["plant"])


@router.get(POOLS_PATH, response_model=list[PoolView])
def list_pools(  # noqa: PLR0913  each is a part of the request
    *,
    caller: StateViewer,
    session: ReadSessionDep,
    page: PageDep,
    response: Response,
    kind: KindName | None = None,
    exchange: ExchangeName = "",
) -> Response:
    """Return pools in the order of exchange, kind and name, each with its free capacity."""
    if kind:
        require_kind(session, caller.tenant, kind)
    exchange = exchange and store.canonical_plant_name(session, caller.tenant, exchange)
    found = store.find_pool_levels(session, caller.tenant, kind, exchange, page.window)
    if not found:
        check_plant_names(session, caller.tenant, exchange=exchange)
    return list_response(
        [
            PoolView.of(each)
            for each in paginate(
                response, page, found, keys=attributes_getter("exchange_id", "kind", "name")
            )
        ],
        response=response,
    )


@router.get(f"{POOLS_PATH}/{{kind}}/{{name}}", response_model=PoolDetail)
def read_pool(kind: KindName, name: str, caller: StateViewer, session: ReadSessionDep) -> Response:
    """Return one pool with the number of its resources in each state."""
    require_kind(session, caller.tenant, kind)
    name = store.canonical_plant_name(session, caller.tenant, name)
    found = require_found(
        store.find_pool_breakdown(session, caller.tenant, kind, name),
        f"there is no pool of kind {kind} with this name",
        remedy="list the pools: /ops/v1/pools",
    )
    return view_response(PoolDetail.of_detail(found))
