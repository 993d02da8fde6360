"""Locks of products: while an order is open, no other one may change or end its products."""

from collections.abc import Iterable, Mapping
from dataclasses import replace
from uuid import UUID

from services.order.domain.business_actions import ProductEffect
from services.order.domain.fulfilment.product import Product, ProductStatus, unlock
from services.order.domain.order import Order


def lock(product: Product, order_id: UUID, *, is_ended: bool) -> Product:
    """Return a product locked for the open order that changes or ends it; no other order may."""
    locked = replace(product, open_order_id=order_id)
    if not is_ended:
        return locked
    return replace(locked, status=ProductStatus.PENDING_TERMINATE, ending_order_id=order_id)


def lock_products(order: Order, products: Mapping[UUID, Product]) -> tuple[Product, ...]:
    """Return the products of an order, and those that its new ones rely on, locked for it."""
    ended = {item.ordered.product_id for item in order.items if item.effect is ProductEffect.ENDS}
    bases = [products[id_] for id_ in order.base_product_ids()]
    return (
        *(
            lock(products[id_], order.id, is_ended=id_ in ended)
            for id_ in order.existing_product_ids()
        ),
        *(lock(each, order.id, is_ended=False) for each in bases if may_be_locked(each, order.id)),
    )


def may_be_locked(base: Product, order_id: UUID) -> bool:
    """Tell whether an order may lock a base.

    After a restore it may be ended by now, or be locked by another order that came first.
    """
    return base.status is not ProductStatus.TERMINATED and base.busy_with in {None, order_id}


def unlock_products(order_id: UUID, products: Iterable[Product]) -> tuple[Product, ...]:
    """Return the products that stay as they are, because the order did not complete.

    Products that another order changes or ends by now are skipped: after a restore two orders may.
    """
    return tuple(unlock(each) for each in products if each.busy_with == order_id)
