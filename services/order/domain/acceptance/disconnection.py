"""Checks of items that disconnect a product: it must exist, be the customer's, and be active."""

from collections.abc import Iterable, Iterator, Mapping
from uuid import UUID

from services.order.domain.acceptance.request import RequestedItem, parse_uuid
from services.order.domain.fulfilment.product import Product, ProductStatus
from shared.errors import Fault

PRODUCTS_REMEDY = "see GET /tmf-api/productInventory/v4/product?relatedParty.id=..."


def disconnection_faults(
    item: RequestedItem, products: Mapping[UUID, Product], party_id: str
) -> Iterator[Fault]:
    """Name what is wrong with one item that disconnects a product."""
    at = f"{item.field}/product/id"
    if item.members:
        yield Fault(
            f"{item.field}/productOrderItem",
            "nested-delete",
            "a bundle is disconnected product by product",
            "name each product in an item of its own at the top level",
        )
    elif not item.product_id:
        yield Fault(at, "product-missing", "no product is named", f"name one: {PRODUCTS_REMEDY}")
    elif (id_ := parse_uuid(item.product_id)) is None:
        yield Fault(at, "product-unknown", "the id of a product is a UUID", PRODUCTS_REMEDY)
    else:
        yield from product_faults(at, item, products.get(id_), party_id)


def product_faults(
    at: str, item: RequestedItem, product: Product | None, party_id: str
) -> Iterator[Fault]:
    """Name why a product cannot be disconnected for this customer, if it cannot."""
    if product is None:
        yield Fault(at, "product-unknown", "there is no such product", PRODUCTS_REMEDY)
    elif product.party_id != party_id:
        yield Fault(at, "product-of-another", "the product is another customer's", PRODUCTS_REMEDY)
    elif product.status is ProductStatus.TERMINATED:
        yield Fault(
            at, "product-terminated", "the product is terminated already", "leave the item out"
        )
    elif product.status is ProductStatus.PENDING_TERMINATE:
        yield Fault(
            at,
            "product-busy",
            "an open order disconnects the product",
            f"wait for order {product.ending_order_id}",
        )
    elif item.offering_id not in {"", product.offering_id}:
        yield Fault(
            f"{item.field}/productOffering/id",
            "offering-mismatch",
            "the product is of another offering",
            f"leave it out, or say {product.offering_id}",
        )


def split_bundle_faults(
    items: Iterable[RequestedItem], products: Mapping[UUID, Product]
) -> Iterator[Fault]:
    """Name products named twice, and bundles of which only a part would be disconnected."""
    named: dict[UUID | None, RequestedItem] = {}
    for item in items:
        if (id_ := parse_uuid(item.product_id)) in named:
            at = f"{item.field}/product/id"
            yield Fault(at, "product-twice", "the product is named twice", "name it once")
        elif id_:
            named[id_] = item
    for id_, item in named.items():
        product = products.get(id_) if id_ else None
        missing = [
            str(each) for each in active_bundle_partners(product, products) if each not in named
        ]
        if missing:
            yield Fault(
                f"{item.field}/product/id",
                "bundle-split",
                "the product belongs to a bundle, which is disconnected as a whole",
                f"add items for: {', '.join(sorted(missing))}",
            )


def active_bundle_partners(
    product: Product | None, products: Mapping[UUID, Product]
) -> Iterator[UUID]:
    """Yield the products that are in one bundle with this one and still active."""
    if product and product.bundle_id:
        for other in products.values():
            if other.bundle_id == product.bundle_id and other.status is ProductStatus.ACTIVE:
                yield other.id
