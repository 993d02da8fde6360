"""Prices of the catalogue (TMF620 v4), read only."""

from fastapi import Response

from services.order import store
from services.order.api.routes.catalogue import (
    CatalogueReader,
    entry_id,
    page_response,
    require_entry,
)
from services.order.api.schemas.catalogue import EntryVersion
from services.order.api.views.catalogue_prices import PriceView, show_prices
from services.order.domain.catalogue.catalogue import Catalogue, latest_versions
from shared.http import FieldsDep, PageDep, ReadSessionDep, Router, view_response
from shared.http.collection_paths import PRICES_PATH
from shared.persistence.versioned_documents import SHARED_TENANT

router = Router(tags=["catalogue"])


@router.get(PRICES_PATH, response_model=list[PriceView])
def list_prices(
    caller: CatalogueReader,
    session: ReadSessionDep,
    page: PageDep,
    fields: FieldsDep,
    response: Response,
) -> Response:
    """List the prices and discounts of all offerings, each in its newest version."""
    found = all_prices(store.catalogue.get(session, caller.tenant))
    return page_response(found, lambda price: price, page, fields, response)


@router.get(f"{PRICES_PATH}/{{id}}", response_model=PriceView)
def read_price(
    id: str,  # noqa: A002  TMF's name
    caller: CatalogueReader,
    session: ReadSessionDep,
    fields: FieldsDep,
    version: EntryVersion = None,
) -> Response:
    """Show one price or discount, from the newest version of its offering that contains it.

    A price that later versions no longer contain is still shown: orders refer to it.
    """
    own = store.catalogue.get(session, caller.tenant)
    shared = store.catalogue.get(session, SHARED_TENANT)
    offerings = [each for part in (own, shared) for each in reversed(part.offerings)]
    found = (price for each in offerings for price in show_prices(each) if price.id == id)
    matching = (price for price in found if version in {None, int(price.version)})
    return view_response(require_entry(next(matching, None), "price"), fields)


def all_prices(catalogue: Catalogue) -> list[PriceView]:
    """Return all prices and discounts as views, sorted by id."""
    found = (price for each in latest_versions(catalogue.offerings) for price in show_prices(each))
    return sorted(found, key=entry_id)
