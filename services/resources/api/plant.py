"""Seeing the plant: how full its pools are, who holds what, which addresses there are."""

from typing import Annotated, TypeAlias
from uuid import UUID

from fastapi import Query, Response

from services.resources import store
from services.resources.api.filters import ExchangeName, check_plant
from services.resources.api.shapes import (
    AddressView,
    HoldingsView,
    HoldingView,
    PoolDetail,
    PoolView,
)
from services.resources.domain.address import LONGEST, read_search
from services.resources.domain.things import Kind
from shared.http import Page, Router, ToRead, paged, show, show_all
from shared.http.authorization import allow
from shared.persistence.list_window import by
from shared.security.caller import Caller

Viewer: TypeAlias = Annotated[Caller, allow("viewer:read", "network:read")]
Counter: TypeAlias = Annotated[Caller, allow("viewer:read", "network:read", "analyst:read")]
"""Who may see how full pools are: that tells nothing of a customer."""

Reader: TypeAlias = Annotated[Caller, allow("crm:number.read", "viewer:read", "network:read")]

router = Router(tags=["plant"])


@router.get("/ops/v1/pools", response_model=list[PoolView])
def list_pools(  # noqa: PLR0913  each is a part of the request
    *,
    caller: Counter,
    session: ToRead,
    page: Page,
    response: Response,
    kind: Kind | None = None,
    exchange: ExchangeName = "",
) -> Response:
    """Return pools in the order of exchange, kind and name, each with what is left of it."""
    exchange = exchange and store.spelled(session, caller.tenant, exchange)
    found = store.levels(session, caller.tenant, kind, exchange, page.rows)
    if not found:
        check_plant(session, caller.tenant, exchange=exchange)
    return show_all(
        [
            PoolView.of(each)
            for each in paged(response, page, found, keys=by("exchange_id", "kind", "name"))
        ],
        response=response,
    )


@router.get("/ops/v1/pools/{kind}/{name}", response_model=PoolDetail)
def read_pool(kind: Kind, name: str, caller: Counter, session: ToRead) -> Response:
    """Return one pool with how many of its things are in which state."""
    name = store.spelled(session, caller.tenant, name)
    return show(PoolDetail.whole(store.breakdown(session, caller.tenant, kind, name)))


@router.get("/ops/v1/holdings/{holder}", response_model=HoldingsView)
def read_holdings(holder: UUID, caller: Viewer, session: ToRead) -> Response:
    """Return all that an order touched last, or a service holds."""
    found = store.look(session, caller.tenant, holder)
    return show(HoldingsView(id=holder, held=tuple(HoldingView.of(each) for each in found)))


@router.get("/ops/v1/addresses", response_model=list[AddressView])
def find_addresses(  # noqa: PLR0913  each is a part of the request
    *,
    caller: Reader,
    session: ToRead,
    page: Page,
    response: Response,
    text: Annotated[str, Query(max_length=LONGEST, description="Any part of it.")] = "",
    exchange: ExchangeName = "",
) -> Response:
    """Return addresses that hold a text, in the order of their ids."""
    letters = read_search(text) if text else ""
    exchange = exchange and store.spelled(session, caller.tenant, exchange)
    found = store.find_addresses(session, caller.tenant, letters, exchange, page.rows)
    if not found:
        check_plant(session, caller.tenant, exchange=exchange)
    shown = [AddressView.of(each) for each in paged(response, page, found, keys=by("id"))]
    return show_all(shown, response=response)


@router.get("/ops/v1/addresses/{address_id}", response_model=AddressView)
def read_address(address_id: str, caller: Reader, session: ToRead) -> Response:
    """Return one address."""
    return show(AddressView.of(store.address(session, caller.tenant, address_id)))
