"""Lists of products, each by an index that holds them in the order shown."""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from sqlalchemy import ColumnElement, Select, select
from sqlalchemy.orm import Session

from services.order.domain.product import Product, Status
from services.order.tables import ProductRow
from shared.access.grants import Whose, page_within, within
from shared.access.rule import Reach
from shared.persistence.list_window import Window, page_of

COLUMNS = [getattr(ProductRow, name) for name in Product.__dataclass_fields__]
WHOSE = Whose(ProductRow.client, ProductRow.party_id)
KEYS = [ProductRow.id]


@dataclass(frozen=True, slots=True)
class ProductFilter:
    """Which products are wanted; None does not ask."""

    reach: Reach
    party_id: str | None = None
    status: Status | None = None
    offering_id: str | None = None
    number: str | None = None


def find(session: Session, wanted: ProductFilter, window: Window) -> list[Product]:
    """Return the products that are wanted, in the order of their ids."""
    rows = session.execute(statement(session, wanted, window))
    return [Product(*row) for row in rows]


def statement(session: Session, wanted: ProductFilter, window: Window) -> Select[Any]:
    """Return the select for the products that are wanted, in the order of their ids."""
    these = (ProductRow.tenant == wanted.reach.tenant, *conditions(wanted))
    found = select(*COLUMNS).where(*these)
    if wanted.number is not None:  # few products ever have the same one
        return page_of(found.where(within(wanted.reach, *WHOSE)), KEYS, window)
    return page_within(session, wanted.reach, found, WHOSE, KEYS, window)


def conditions(wanted: ProductFilter) -> Iterator[ColumnElement[bool]]:
    """Yield what is asked of each product."""
    if wanted.party_id is not None:
        yield ProductRow.party_id == wanted.party_id
    if wanted.offering_id is not None:
        yield ProductRow.offering_id == wanted.offering_id
    if wanted.number is not None:
        yield ProductRow.number == wanted.number
        yield ProductRow.number != ""
    if wanted.status is not None:
        yield ProductRow.status == wanted.status
    if wanted.status not in {None, Status.ACTIVE}:
        yield ProductRow.status != Status.ACTIVE
