"""Lists of products, each by an index that holds them in the order shown."""

from collections.abc import Iterator
from dataclasses import dataclass, replace
from typing import Any

from sqlalchemy import ColumnElement, Select, select
from sqlalchemy.orm import Session

from services.order.domain.product import Product, Status
from services.order.tables import ProductRow
from shared.access import Reach
from shared.grants import looked_up, within
from shared.window import Window, page_of

COLUMNS = [getattr(ProductRow, name) for name in Product.__dataclass_fields__]


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
    wanted = replace(wanted, reach=looked_up(session, wanted.reach))
    rows = session.execute(statement(wanted, window))
    return [Product(*row) for row in rows]


def statement(wanted: ProductFilter, window: Window) -> Select[Any]:
    """Return the select for the products that are wanted, in the order of their ids."""
    these = (ProductRow.tenant == wanted.reach.tenant, *conditions(wanted))
    return page_of(select(*COLUMNS).where(*these), [ProductRow.id], window)


def conditions(wanted: ProductFilter) -> Iterator[ColumnElement[bool]]:
    """Yield what is asked of each product."""
    if not wanted.reach.is_whole:
        yield within(wanted.reach, ProductRow.client, ProductRow.party_id)
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
