"""Past states of products: what a product was until an order changed or ended it."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import NamedTuple
from uuid import UUID

from services.order.domain.fulfilment.product import Product, unlock
from services.order.domain.order import Order
from shared.ids import named_id


@dataclass(frozen=True, slots=True)
class PastState:
    """A product as it was until an order changed or ended it."""

    id: UUID
    tenant: str
    product_id: UUID
    order_id: UUID
    """The order that changed or ended it."""

    until: datetime
    product: Product


class ProductPeriod(NamedTuple):
    """A product as it was for some time."""

    begin: datetime
    end: datetime | None
    """None if it is so now."""

    product: Product


def past_states(
    order: Order, products: Mapping[UUID, Product], now: datetime
) -> Iterator[PastState]:
    """Yield what the products of an order were until it changed or ended them.

    Args:
        order: the order, which is completed now.
        products: its products as they were before.
        now: when it is completed.
    """
    for id_ in order.existing_product_ids():
        key = named_id(order.id, f"past/{id_}")
        yield PastState(key, order.tenant, id_, order.id, now, unlock(products[id_]))


def product_periods(product: Product, past: Sequence[PastState]) -> Iterator[ProductPeriod]:
    """Yield what a product was, the oldest first; the last is what it is now.

    Args:
        product: as it is now.
        past: its past states, the oldest first.
    """
    begin = product.started_at
    for each in past:
        yield ProductPeriod(begin, each.until, each.product)
        begin = each.until
    yield ProductPeriod(begin, None, product)


def product_at(periods: Iterable[ProductPeriod], at: datetime) -> Product | None:
    """Return a product as it was at a time; None if it was not there yet."""
    return next(
        (each.product for each in periods if each.begin <= at and not has_ended(each, at)), None
    )


def has_ended(period: ProductPeriod, at: datetime) -> bool:
    """Tell whether a product was no longer so at a time."""
    return period.end is not None and period.end <= at
