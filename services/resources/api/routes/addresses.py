"""Addresses, and the plant that serves them."""

from typing import Annotated, TypeAlias

from fastapi import Response

from services.resources import store
from services.resources.api.routes.plant_names import check_plant_names
from services.resources.api.schemas.addresses import SearchText
from services.resources.api.schemas.pools import ExchangeName
from services.resources.api.views.addresses import AddressView
from services.resources.domain.plant.address_search import read_search_text
from shared.access.access_rule import require_found
from shared.http import PageDep, ReadSessionDep, Router, list_response, paginate, view_response
from shared.http.authorization import allow
from shared.http.collection_paths import ADDRESSES_PATH
from shared.persistence.pagination import attributes_getter
from shared.security.caller import Caller

AddressReader: TypeAlias = Annotated[
    Caller, allow("crm:number.read", "viewer:read", "network:read")
]

router = Router(tags=["plant"])


@router.get(ADDRESSES_PATH, response_model=list[AddressView])
def find_addresses(  # noqa: PLR0913  each is a part of the request
    *,
    caller: AddressReader,
    session: ReadSessionDep,
    page: PageDep,
    response: Response,
    text: SearchText = "",
    exchange: ExchangeName = "",
) -> Response:
    """Return addresses that contain a text, in the order of their ids."""
    letters = read_search_text(text) if text else ""
    exchange = exchange and store.canonical_plant_name(session, caller.tenant, exchange)
    found = store.find_addresses(session, caller.tenant, letters, exchange, page.window)
    if not found:
        check_plant_names(session, caller.tenant, exchange=exchange)
    shown = [
        AddressView.of(each)
        for each in paginate(response, page, found, keys=attributes_getter("id"))
    ]
    return list_response(shown, response=response)


@router.get(f"{ADDRESSES_PATH}/{{address_id}}", response_model=AddressView)
def read_address(address_id: str, caller: AddressReader, session: ReadSessionDep) -> Response:
    """Return one address."""
    found = require_found(
        store.find_address(session, caller.tenant, address_id),
        "there is no such address",
        remedy="search for addresses: /ops/v1/addresses?text=...",
    )
    return view_response(AddressView.of(found))
