"""Seeing the plant: how full its pools are, who holds what, which addresses there are."""

from typing import Annotated, TypeAlias
from uuid import UUID

from fastapi import Query, Response

from services.resources import store
from services.resources.api.schemas.filters import ExchangeName, check_plant_names
from services.resources.api.views.base import (
    AddressView,
    HoldingsView,
    HoldingView,
    PoolDetail,
    PoolView,
)
from services.resources.domain.plant.address_search import MAX_SEARCH_LENGTH, read_search
from services.resources.domain.pool.resource import ResourceKind
from shared.http import PageDep, ReadSessionDep, Router, list_response, paginate, view_response
from shared.http.authorization import allow
from shared.persistence.list_window import key_attributes
from shared.security.caller import Caller

Viewer: TypeAlias = Annotated[Caller, allow("viewer:read", "network:read")]
LevelReader: TypeAlias = Annotated[Caller, allow("viewer:read", "network:read", "analyst:read")]
"""Who may see how full pools are: that tells nothing of a customer."""

AddressReader: TypeAlias = Annotated[
    Caller, allow("crm:number.read", "viewer:read", "network:read")
]

router = Router(tags=["plant"])


@router.get("/ops/v1/pools", response_model=list[PoolView])
def list_pools(  # noqa: PLR0913  each is a part of the request
    *,
    caller: LevelReader,
    session: ReadSessionDep,
    page: PageDep,
    response: Response,
    kind: ResourceKind | None = None,
    exchange: ExchangeName = "",
) -> Response:
    """Return pools in the order of exchange, kind and name, each with what is left of it."""
    exchange = exchange and store.canonical_plant_name(session, caller.tenant, exchange)
    found = store.find_pool_levels(session, caller.tenant, kind, exchange, page.window)
    if not found:
        check_plant_names(session, caller.tenant, exchange=exchange)
    return list_response(
        [
            PoolView.of(each)
            for each in paginate(
                response, page, found, keys=key_attributes("exchange_id", "kind", "name")
            )
        ],
        response=response,
    )


@router.get("/ops/v1/pools/{kind}/{name}", response_model=PoolDetail)
def read_pool(
    kind: ResourceKind, name: str, caller: LevelReader, session: ReadSessionDep
) -> Response:
    """Return one pool with how many of its things are in which state."""
    name = store.canonical_plant_name(session, caller.tenant, name)
    return view_response(
        PoolDetail.of_detail(store.get_pool_breakdown(session, caller.tenant, kind, name))
    )


@router.get("/ops/v1/holdings/{holder}", response_model=HoldingsView)
def read_holdings(holder: UUID, caller: Viewer, session: ReadSessionDep) -> Response:
    """Return all that an order touched last, or a service holds."""
    found = store.get_holdings(session, caller.tenant, holder)
    return view_response(
        HoldingsView(id=holder, held=tuple(HoldingView.of(each) for each in found))
    )


@router.get("/ops/v1/addresses", response_model=list[AddressView])
def find_addresses(  # noqa: PLR0913  each is a part of the request
    *,
    caller: AddressReader,
    session: ReadSessionDep,
    page: PageDep,
    response: Response,
    text: Annotated[str, Query(max_length=MAX_SEARCH_LENGTH, description="Any part of it.")] = "",
    exchange: ExchangeName = "",
) -> Response:
    """Return addresses that hold a text, in the order of their ids."""
    letters = read_search(text) if text else ""
    exchange = exchange and store.canonical_plant_name(session, caller.tenant, exchange)
    found = store.find_addresses(session, caller.tenant, letters, exchange, page.window)
    if not found:
        check_plant_names(session, caller.tenant, exchange=exchange)
    shown = [
        AddressView.of(each) for each in paginate(response, page, found, keys=key_attributes("id"))
    ]
    return list_response(shown, response=response)


@router.get("/ops/v1/addresses/{address_id}", response_model=AddressView)
def read_address(address_id: str, caller: AddressReader, session: ReadSessionDep) -> Response:
    """Return one address."""
    return view_response(AddressView.of(store.get_address(session, caller.tenant, address_id)))
