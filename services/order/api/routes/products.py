"""The installed base over HTTP (TMF637 v4)."""

from typing import Annotated
from uuid import UUID

from fastapi import Query, Response
from pydantic import BaseModel, ConfigDict, Field
from sqlalchemy.orm import Session

from services.order import store
from services.order.api.views.base import OFFERINGS_PATH, PRODUCTS_PATH
from services.order.api.views.product import ProductInventoryView, show_bundle, show_product
from services.order.domain.fulfilment.product import ProductStatus
from services.order.store.product_lists import ProductFilter
from shared.access.access_rule import data_scope_of
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
from shared.input.ids import Id
from shared.input.list_filters import ListFilter, check_filter_names
from shared.input.phones import phone_key
from shared.persistence.list_window import key_attributes
from shared.security.caller import Caller

router = Router(tags=["products"])

Reader = Annotated[Caller, allow("crm:order.read", "viewer:read", "billing:read", "agent:read")]


class ProductQuery(BaseModel):
    """Which products are wanted, as the URL says it."""

    model_config = ConfigDict(use_attribute_docstrings=True)

    status: ProductStatus | None = None
    party_id: Annotated[Id | None, Field(alias="relatedParty.id")] = None
    offering_id: Annotated[Id | None, Field(alias="productOffering.id")] = None
    """One that the catalogue never had is answered 400."""

    number: Annotated[str | None, Field(alias="productSerialNumber", max_length=100)] = None
    """A telephone number in any spelling, a plus sign written %2B."""


def product_filter(caller: Caller, query: ProductQuery) -> ProductFilter:
    """Return which products are wanted."""
    return ProductFilter(
        data_scope=data_scope_of(caller),
        party_id=query.party_id,
        status=query.status,
        offering_id=query.offering_id,
        number=None if query.number is None else phone_key(query.number),
    )


@router.get(PRODUCTS_PATH, response_model=list[ProductInventoryView])
def list_products(  # noqa: PLR0913  each is a part of the request
    *,
    query: Annotated[ProductQuery, Query()],
    caller: Reader,
    session: ReadSessionDep,
    page: PageDep,
    fields: FieldsDep,
    response: Response,
) -> Response:
    """List products that customers have or had. 206 says that there are more."""
    found = store.product_lists.find(session, product_filter(caller, query), page.window)
    if query.offering_id and not found:
        check_offering_exists(session, caller.tenant, query.offering_id)
    shown = [
        show_product(each) for each in paginate(response, page, found, keys=key_attributes("id"))
    ]
    return list_response(shown, fields, response)


def check_offering_exists(session: Session, tenant: str, name: str) -> None:
    """See that the catalogue has an offering by which a list was empty, in any version.

    Raises:
        InvalidError: if it has not.
    """
    known = {each.id for each in store.catalogue.get(session, tenant).offerings}
    remedy = f"take one that GET {OFFERINGS_PATH} names"
    check_filter_names([ListFilter("productOffering.id", "offering", name)], known, remedy)


@router.get(f"{PRODUCTS_PATH}/{{id}}", response_model=ProductInventoryView)
def read_product(id: UUID, caller: Reader, session: ReadSessionDep, fields: FieldsDep) -> Response:  # noqa: A002  TMF's name
    """Show one product, or a bundle by what it holds."""
    if members := store.products.get_bundle_within_reach(session, data_scope_of(caller), id):
        return view_response(show_bundle(members), fields)
    return view_response(
        show_product(store.products.get_within_reach(session, data_scope_of(caller), id)), fields
    )
