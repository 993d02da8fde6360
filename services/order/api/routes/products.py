"""The installed base (TMF637 v4), read only."""

from typing import Annotated, TypeAlias
from uuid import UUID

from fastapi import Response
from sqlalchemy.orm import Session

from services.order import store
from services.order.api.schemas.products import AsOf, ProductFilters
from services.order.api.views.product_periods import ProductPeriodView, show_period
from services.order.api.views.products import ProductInventoryView, show_bundle, show_product
from services.order.domain.fulfilment.past_state import (
    ProductPeriod,
    product_at,
    product_periods,
)
from shared.access.access_rule import data_scope_of, require_visible
from shared.http import (
    FieldsDep,
    PageDep,
    ReadSessionDep,
    Router,
    list_response,
    paginate,
    view_response,
)
from shared.http.authorization import allow
from shared.http.collection_paths import OFFERINGS_PATH, OPS_PATH, PRODUCTS_PATH
from shared.input.list_filters import ListFilter, check_filter_names
from shared.persistence.pagination import attributes_getter
from shared.security.caller import Caller

ProductReader: TypeAlias = Annotated[
    Caller, allow("crm:order.read", "viewer:read", "billing:read", "agent:read")
]

router = Router(tags=["products"])


@router.get(PRODUCTS_PATH, response_model=list[ProductInventoryView])
def list_products(  # noqa: PLR0913  each is a part of the request
    *,
    query: ProductFilters,
    caller: ProductReader,
    session: ReadSessionDep,
    page: PageDep,
    fields: FieldsDep,
    response: Response,
) -> Response:
    """List products that customers have or had. 206 says that more products follow this page."""
    found = store.product_lists.find(session, query.to_filter(caller), page.window)
    if query.offering_id and not found:
        check_offering_exists(session, caller.tenant, query.offering_id)
    listed = paginate(response, page, found, keys=attributes_getter("id"))
    return list_response([show_product(each) for each in listed], fields, response)


@router.get(f"{PRODUCTS_PATH}/{{id}}", response_model=ProductInventoryView)
def read_product(
    id: UUID,  # noqa: A002  TMF's name
    caller: ProductReader,
    session: ReadSessionDep,
    fields: FieldsDep,
    as_of: AsOf = None,
) -> Response:
    """Show one product, or a bundle with its members; with `asOf` a product as it was then."""
    if as_of:
        then = product_at(read_periods(session, caller, id), as_of)
        return view_response(show_product(require_visible(then, kind="product", id_=id)), fields)
    if members := store.products.find_accessible_bundle(session, data_scope_of(caller), id):
        return view_response(show_bundle(members), fields)
    found = store.products.find_accessible(session, data_scope_of(caller), id)
    return view_response(show_product(require_visible(found, kind="product", id_=id)), fields)


@router.get(f"{OPS_PATH}/products/{{id}}/history", response_model_exclude_none=True)
def read_product_history(
    id: UUID,  # noqa: A002  as in read_product
    caller: ProductReader,
    session: ReadSessionDep,
) -> list[ProductPeriodView]:
    """List what a product was, and from when until when; the last is what it is now."""
    return [show_period(each) for each in read_periods(session, caller, id)]


def read_periods(session: Session, caller: Caller, id_: UUID) -> list[ProductPeriod]:
    """Return what a product was, the oldest first.

    Raises:
        NotVisibleError: if there is none that the caller may see.
    """
    found = store.products.find_accessible(session, data_scope_of(caller), id_)
    product = require_visible(found, kind="product", id_=id_)
    return list(product_periods(product, store.past_states.find_of_product(session, id_)))


def check_offering_exists(session: Session, tenant: str, name: str) -> None:
    """Check that the catalogue has the offering of an empty list, in any version.

    Raises:
        InvalidError: if it does not.
    """
    offering_ids = {each.id for each in store.catalogue.get(session, tenant).offerings}
    remedy = f"take one that GET {OFFERINGS_PATH} names"
    check_filter_names([ListFilter("productOffering.id", "offering", name)], offering_ids, remedy)
