"""Checks of items that change or end a product: it must exist, be the customer's, and be free."""

from collections.abc import Iterable, Iterator, Mapping
from uuid import UUID

from services.order.domain.acceptance.request import RequestedItem, parse_uuid
from services.order.domain.business_actions import ProductEffect
from services.order.domain.fulfilment.product import Product, ProductStatus
from services.order.domain.suspension_reasons import forbidding
from shared.errors import Fault

PRODUCTS_REMEDY = "see GET /tmf-api/productInventory/v4/product?relatedParty.id=..."
BUSY_CODE = "product-busy"
QUEUEING = "afterOpenOrder: true"
"""What a request says to wait for the open orders of its products."""


def named_product(
    item: RequestedItem, products: Mapping[UUID, Product], party_id: str
) -> Product | None:
    """Return the product that an item names; None if it is not one of the customer's."""
    id_ = parse_uuid(item.product_id)
    product = products.get(id_) if id_ else None
    return product if product and product.party_id == party_id else None


def existing_product_faults(
    item: RequestedItem, products: Mapping[UUID, Product], party_id: str
) -> Iterator[Fault]:
    """Name what is wrong with the product of an item that changes or ends one."""
    at = f"{item.field}/product/id"
    if item.members:
        is_ended = item.effect is ProductEffect.ENDS
        yield Fault(
            f"{item.field}/productOrderItem",
            "nested-delete" if is_ended else "nested-modify",
            f"a bundle is {'disconnected' if is_ended else 'changed'} product by product",
            "name each product in an item of its own at the top level",
        )
    elif not item.product_id:
        yield Fault(at, "product-missing", "no product is named", f"name one: {PRODUCTS_REMEDY}")
    elif (id_ := parse_uuid(item.product_id)) is None:
        yield Fault(at, "product-unknown", "the id of a product is a UUID", PRODUCTS_REMEDY)
    elif (product := products.get(id_)) is None:
        yield Fault(at, "product-unknown", "there is no such product", PRODUCTS_REMEDY)
    elif product.party_id != party_id:
        yield Fault(at, "product-of-another", "the product is another customer's", PRODUCTS_REMEDY)
    else:
        yield from product_state_faults(at, item, product)


def product_state_faults(at: str, item: RequestedItem, product: Product) -> Iterator[Fault]:
    """Name why a product cannot be changed now in the requested way, if it cannot."""
    rule = item.rule
    assert rule
    if product.status is ProductStatus.TERMINATED:
        yield Fault(
            at, "product-terminated", "the product is terminated already", "leave the item out"
        )
    elif product.busy_with:
        is_ending = product.status is ProductStatus.PENDING_TERMINATE
        yield Fault(
            at,
            BUSY_CODE,
            f"an open order {'disconnects' if is_ending else 'changes'} the product",
            f"wait for order {product.busy_with}, or send {QUEUEING} to have this order wait",
        )
    elif (
        product.status is ProductStatus.SUSPENDED
        and not rule.while_suspended
        and (reasons := forbidding(product.suspended_for, str(item.enabled_action)))
    ):
        yield Fault(
            at,
            "product-suspended",
            f"the product is suspended: {' and '.join(reasons)}",
            "resume it first: action modify, businessAction resume, and each suspensionReason",
        )


def product_twice_faults(items: Iterable[RequestedItem]) -> Iterator[Fault]:
    """Name products that several items of an order change or end."""
    named: set[UUID] = set()
    for item in items:
        id_ = parse_uuid(item.product_id)
        if id_ and id_ in named:
            at = f"{item.field}/product/id"
            yield Fault(at, "product-twice", "the product is named twice", "name it once")
        elif id_:
            named.add(id_)
