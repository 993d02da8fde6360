"""Items that take a product away: it must be there, be the customer's, and be free to go."""

from collections.abc import Iterable, Iterator, Mapping
from uuid import UUID

from services.order.domain.product import Product, Status
from services.order.domain.request import GivenItem, id_of
from shared.errors import Fault

SEE = "see GET /tmf-api/productInventory/v4/product?relatedParty.id=..."


def check_disconnection(
    item: GivenItem, products: Mapping[UUID, Product], party_id: str
) -> Iterator[Fault]:
    """Name what is wrong with one item that takes a product away."""
    at = f"{item.field}/product/id"
    if item.members:
        yield Fault(
            f"{item.field}/productOrderItem",
            "nested-delete",
            "a bundle is taken away product by product",
            "name each product in an item of its own at the top",
        )
    elif not item.product_id:
        yield Fault(at, "product-missing", "no product is named", f"name one: {SEE}")
    elif (id_ := id_of(item.product_id)) is None:
        yield Fault(at, "product-unknown", "the id of a product is a UUID", SEE)
    else:
        yield from check_product(at, item, products.get(id_), party_id)


def check_product(
    at: str, item: GivenItem, product: Product | None, party_id: str
) -> Iterator[Fault]:
    """Name why a product cannot be taken away for this customer, if it cannot."""
    if product is None:
        yield Fault(at, "product-unknown", "there is no such product", SEE)
    elif product.party_id != party_id:
        yield Fault(at, "product-of-another", "the product is another customer's", SEE)
    elif product.status is Status.TERMINATED:
        yield Fault(at, "product-terminated", "the product is gone already", "leave the item out")
    elif product.status is Status.PENDING_TERMINATE:
        yield Fault(
            at,
            "product-busy",
            "an open order takes the product away",
            f"wait for order {product.ending_order_id}",
        )
    elif item.offering_id not in {"", product.offering_id}:
        yield Fault(
            f"{item.field}/productOffering/id",
            "offering-mismatch",
            "the product is of another offering",
            f"leave it out, or say {product.offering_id}",
        )


def check_bundles(items: Iterable[GivenItem], products: Mapping[UUID, Product]) -> Iterator[Fault]:
    """Name products named twice, and bundles of which only a part is to go."""
    named: dict[UUID | None, GivenItem] = {}
    for item in items:
        if (id_ := id_of(item.product_id)) in named:
            at = f"{item.field}/product/id"
            yield Fault(at, "product-twice", "the product is named twice", "name it once")
        elif id_:
            named[id_] = item
    for id_, item in named.items():
        product = products.get(id_) if id_ else None
        left = [str(each) for each in partners(product, products) if each not in named]
        if left:
            yield Fault(
                f"{item.field}/product/id",
                "bundle-split",
                "the product belongs to a bundle, which goes as a whole",
                f"add items for: {', '.join(sorted(left))}",
            )


def partners(product: Product | None, products: Mapping[UUID, Product]) -> Iterator[UUID]:
    """Yield the products that are in one bundle with this one and still active."""
    if product and product.bundle_id:
        for other in products.values():
            if other.bundle_id == product.bundle_id and other.status is Status.ACTIVE:
                yield other.id
