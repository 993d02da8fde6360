"""Products that rely on others: what an order for the one must do to the other as well."""

from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from uuid import UUID

from services.order.domain.acceptance.existing_products import BUSY_CODE
from services.order.domain.acceptance.installation_address import installation_place
from services.order.domain.acceptance.request import RequestedItem, parse_uuid
from services.order.domain.business_actions import ProductPart
from services.order.domain.catalogue.catalogue import Catalogue, find_version
from services.order.domain.fulfilment.product import Product, ProductStatus
from shared.errors import Fault


def dependent_faults(
    items: Sequence[RequestedItem],
    products: Mapping[UUID, Product],
    bases_of_others: Collection[UUID],
) -> Iterator[Fault]:
    """Name products that items end, move or transfer without those that rely on them.

    Args:
        items: those for existing products.
        products: the products that the order may concern.
        bases_of_others: the bases of products that the client may not see.
    """
    for item in items:
        id_ = parse_uuid(item.product_id)
        if id_ is None or item.rule is None or not item.rule.takes_dependents_along:
            continue
        named = named_products(items, item)
        dependents = [each for each in products.values() if each.base_id == id_]
        yield from missing_dependent_faults(item, dependents, named)
        if id_ in bases_of_others and id_ in products:
            reason = "products that another client has ordered rely on it"
            remedy = "have that client disconnect them, or order as a client that sees all of them"
            yield Fault(f"{item.field}/product/id", "product-needed", reason, remedy)


def named_products(items: Iterable[RequestedItem], item: RequestedItem) -> set[UUID]:
    """Return the products for which items request the same action as another item."""
    same = (each for each in items if each.enabled_action is item.enabled_action)
    return {id_ for each in same if (id_ := parse_uuid(each.product_id))}


def missing_dependent_faults(
    item: RequestedItem, dependents: Iterable[Product], named: Collection[UUID]
) -> Iterator[Fault]:
    """Name the dependents that an order does not include, and those that another order ends."""
    at, action = f"{item.field}/product/id", item.enabled_action
    left = [
        each
        for each in dependents
        if each.status is not ProductStatus.TERMINATED and each.id not in named
    ]
    for each in left:
        if each.status is ProductStatus.PENDING_TERMINATE:
            reason = f"product {each.id} relies on it, and an open order ends that one"
            yield Fault(at, BUSY_CODE, reason, f"wait for order {each.busy_with}")
    staying = [str(each.id) for each in left if each.status is not ProductStatus.PENDING_TERMINATE]
    if staying:
        reason = f"other products rely on it, which {action} has to include"
        remedy = f"add items with businessAction {action} for: {', '.join(sorted(staying))}"
        yield Fault(at, "product-needed", reason, remedy)


def left_base_faults(
    items: Sequence[RequestedItem], products: Mapping[UUID, Product], catalogue: Catalogue
) -> Iterator[Fault]:
    """Name products that items move or transfer without the one on which they rely.

    A base without an address, as a private network, does not move.
    """
    for item in items:
        id_ = parse_uuid(item.product_id)
        product = products.get(id_) if id_ else None
        if product is None or not product.base_id:
            continue
        moves = item.may_change(ProductPart.ADDRESS) and has_base_at_address(product, catalogue)
        if not (moves or item.may_change(ProductPart.CUSTOMER)):
            continue
        if product.base_id not in named_products(items, item):
            action = item.enabled_action
            reason = f"it relies on product {product.base_id}, which {action} has to include"
            remedy = f"add an item with businessAction {action} for that one"
            yield Fault(f"{item.field}/product/id", "base-needed", reason, remedy)
        elif moves and new_address(item) not in addresses_of(product.base_id, items):
            reason = "it moves to another address than the product on which it relies"
            remedy = "name the same address in both items"
            yield Fault(f"{item.field}/product/place", "base-elsewhere", reason, remedy)


def has_base_at_address(product: Product, catalogue: Catalogue) -> bool:
    """Tell whether the specification on which that of a product relies needs an address."""
    own = find_version(catalogue.specifications, product.specification)
    base = find_version(catalogue.specifications, own.relies_on) if own else None
    return base is None or base.needs_address


def addresses_of(product_id: UUID, items: Iterable[RequestedItem]) -> set[str]:
    """Return the addresses to which items move a product."""
    return {new_address(each) for each in items if parse_uuid(each.product_id) == product_id}


def new_address(item: RequestedItem) -> str:
    """Return the id of the address that an item names; empty without one."""
    return installation_place(item).id
