"""Holdings: the products that count for an identity, from the acceptance of an order on."""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import NamedTuple
from uuid import UUID

from services.order.domain.business_actions import gives_product, is_ending
from services.order.domain.order import Item, Order
from shared.ids import named_id


@dataclass(frozen=True, slots=True)
class IdentityHolding:
    """One product that counts for an identity, because an order gives it the product.

    The order may still be open. While a product is transferred, it counts for both identities.
    """

    id: UUID
    tenant: str
    identity: str
    """The key of the identity."""

    counts_as: str
    """The group of products that are counted together."""

    product_id: UUID
    order_id: UUID
    """The order that creates the product, or transfers it."""


class ReleasedHoldings(NamedTuple):
    """The holdings that an order ends: those of these products, by itself or by other orders."""

    product_ids: tuple[UUID, ...]
    order_id: UUID
    is_own: bool
    """Whether those that the order itself has made are released, or all others."""


def holdings_of(order: Order) -> Iterator[IdentityHolding]:
    """Yield what counts for the identity of the customer from the acceptance of an order on."""
    identity = order.content.identity
    for item in given_items(order) if identity else ():
        product_id = item.ordered.product_id
        yield IdentityHolding(
            named_id(order.id, f"holding/{product_id}"),
            order.tenant,
            identity,
            item.counts_as,
            product_id,
            order.id,
        )


def given_items(order: Order) -> list[Item]:
    """Return the items that give the customer a product that counts."""
    return [each for each in order.items if each.counts_as]


def released_by_end(order: Order) -> ReleasedHoldings | None:
    """Return what an order gives back that has failed, was rejected, or retracted; None if none."""
    return released((each.ordered.product_id for each in given_items(order)), order, is_own=True)


def released_by_completion(order: Order, groups: Mapping[UUID, str]) -> ReleasedHoldings | None:
    """Return what no longer counts for those who held it before an order completed; None if none.

    Args:
        order: the completed order.
        groups: the groups as which products that existed before count, by the product's id; empty
            for one that does not.
    """
    left = (
        item.ordered.product_id
        for item in order.items
        if groups.get(item.ordered.product_id)
        and (is_ending(item.ordered) or gives_product(item.ordered))
    )
    return released(left, order, is_own=False)


def released(products: Iterable[UUID], order: Order, *, is_own: bool) -> ReleasedHoldings | None:
    """Return the released holdings of products; None without any product."""
    ids = tuple(products)
    return ReleasedHoldings(ids, order.id, is_own) if ids else None
