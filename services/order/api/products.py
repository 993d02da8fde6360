"""The installed base over HTTP (TMF637 v4)."""

from typing import Annotated
from uuid import UUID

from fastapi import Query, Response
from pydantic import BaseModel, ConfigDict, Field
from sqlalchemy.orm import Session

from services.order import store
from services.order.api.shown import OFFERINGS, PRODUCTS
from services.order.api.views_product import ProductInventoryView, show_bundle, show_product
from services.order.domain.product import Status
from services.order.store.product_lists import ProductFilter
from shared.access.rule import reach_of
from shared.http import Fields, Page, Router, ToRead, paged, show, show_all
from shared.http.authorization import allow
from shared.input.filters import Filter, check_names
from shared.input.ids import Id
from shared.input.phones import phone_key
from shared.persistence.list_window import by
from shared.security.caller import Caller

router = Router(tags=["products"])

Reader = Annotated[Caller, allow("crm:order.read", "viewer:read", "billing:read", "agent:read")]


class ProductQuery(BaseModel):
    """Which products are wanted, as the URL says it."""

    model_config = ConfigDict(use_attribute_docstrings=True)

    status: Status | None = None
    party_id: Annotated[Id | None, Field(alias="relatedParty.id")] = None
    offering_id: Annotated[Id | None, Field(alias="productOffering.id")] = None
    """One that the catalogue never had is answered 400."""

    number: Annotated[str | None, Field(alias="productSerialNumber", max_length=100)] = None
    """A telephone number in any spelling, a plus sign written %2B."""


def wanted_by(caller: Caller, asked: ProductQuery) -> ProductFilter:
    """Return which products are wanted."""
    return ProductFilter(
        reach=reach_of(caller),
        party_id=asked.party_id,
        status=asked.status,
        offering_id=asked.offering_id,
        number=None if asked.number is None else phone_key(asked.number),
    )


@router.get(PRODUCTS, response_model=list[ProductInventoryView])
def list_products(  # noqa: PLR0913  each is a part of the request
    *,
    asked: Annotated[ProductQuery, Query()],
    caller: Reader,
    session: ToRead,
    page: Page,
    fields: Fields,
    response: Response,
) -> Response:
    """List products that customers have or had. 206 says that there are more."""
    found = store.product_lists.find(session, wanted_by(caller, asked), page.rows)
    if asked.offering_id and not found:
        check_offering(session, caller.tenant, asked.offering_id)
    shown = [show_product(each) for each in paged(response, page, found, keys=by("id"))]
    return show_all(shown, fields, response)


def check_offering(session: Session, tenant: str, name: str) -> None:
    """See that the catalogue has an offering by which a list was empty, in any version.

    Raises:
        InvalidError: if it has not.
    """
    known = {each.id for each in store.catalogue.get(session, tenant).offerings}
    remedy = f"take one that GET {OFFERINGS} names"
    check_names([Filter("productOffering.id", "offering", name)], known, remedy)


@router.get(f"{PRODUCTS}/{{id}}", response_model=ProductInventoryView)
def read_product(id: UUID, caller: Reader, session: ToRead, fields: Fields) -> Response:  # noqa: A002  TMF's name
    """Show one product, or a bundle by what it holds."""
    if members := store.products.look_at_bundle(session, reach_of(caller), id):
        return show(show_bundle(members), fields)
    return show(show_product(store.products.look(session, reach_of(caller), id)), fields)
