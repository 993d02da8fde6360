"""Lists of products, each read from an index that is sorted as the list is."""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from sqlalchemy import ColumnElement, Select, select
from sqlalchemy.orm import Session

from services.order.domain.fulfilment.product import Product, ProductStatus
from services.order.tables import ProductRow
from shared.access.access_rule import DataScope
from shared.access.grants import OwnerColumns, access_condition, select_accessible_page
from shared.persistence.pagination import Window, select_page

COLUMNS = [getattr(ProductRow, name) for name in Product.__dataclass_fields__]
OWNER_COLUMNS = OwnerColumns(ProductRow.client, ProductRow.party_id)
SORT_COLUMNS = [ProductRow.id]


@dataclass(frozen=True, slots=True)
class ProductFilter:
    """The filters of a product list; None does not filter."""

    data_scope: DataScope
    party_id: str | None = None
    status: ProductStatus | None = None
    offering_id: str | None = None
    number: str | None = None


def find(session: Session, filters: ProductFilter, window: Window) -> list[Product]:
    """Return the products that match the filters, sorted by id."""
    rows = session.execute(list_statement(session, filters, window))
    return [Product(*row) for row in rows]


def list_statement(session: Session, filters: ProductFilter, window: Window) -> Select[Any]:
    """Return the select for the products that match the filters, sorted by id."""
    matching = (ProductRow.tenant == filters.data_scope.tenant, *conditions(filters))
    found = select(*COLUMNS).where(*matching)
    if filters.number is not None:  # few products share a number: no index for the scope needed
        return select_page(
            found.where(access_condition(filters.data_scope, *OWNER_COLUMNS)), SORT_COLUMNS, window
        )
    return select_accessible_page(
        session, filters.data_scope, found, OWNER_COLUMNS, SORT_COLUMNS, window
    )


def conditions(filters: ProductFilter) -> Iterator[ColumnElement[bool]]:
    """Yield the conditions of the filters."""
    if filters.party_id is not None:
        yield ProductRow.party_id == filters.party_id
    if filters.offering_id is not None:
        yield ProductRow.offering_id == filters.offering_id
    if filters.number is not None:
        yield ProductRow.number == filters.number
        yield ProductRow.number != ""
    if filters.status is not None:
        yield ProductRow.status == filters.status
    if filters.status not in {None, ProductStatus.ACTIVE}:
        yield ProductRow.status != ProductStatus.ACTIVE
