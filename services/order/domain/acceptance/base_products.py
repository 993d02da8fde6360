"""Base products: a product whose specification relies on another one needs a product of that.

The order names it, an item of the order creates it, or the customer has exactly one.
"""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import TypeAlias
from uuid import UUID

from services.order.domain.acceptance.existing_products import product_state_faults
from services.order.domain.acceptance.installation_address import (
    NO_PLACE,
    installation_place,
    missing_address_fault,
)
from services.order.domain.acceptance.order_header import customer_id_of
from services.order.domain.acceptance.request import (
    RequestedItem,
    RequestedOrder,
    RequestedPlace,
    parse_uuid,
)
from services.order.domain.business_actions import ProductEffect
from services.order.domain.catalogue.catalogue import Catalogue, Specification
from services.order.domain.fulfilment.product import Product, ProductStatus
from services.order.domain.order import derive_product_id, derive_service_id
from shared.errors import Fault

Candidate: TypeAlias = RequestedItem | Product
"""An item of the order that creates a product, or a product that the customer has."""

REMEDY = (
    "order one in the same order, or name one that the customer has: "
    "product.productRelationship with relationshipType reliesOn and product.id"
)


@dataclass(frozen=True, slots=True)
class BaseSearch:
    """What base products are searched among."""

    items: tuple[RequestedItem, ...]
    """All items of the order, those of bundles included."""

    catalogue: Catalogue
    products: Mapping[UUID, Product]
    party_id: str

    def specification_of(self, item: RequestedItem) -> str:
        """Return the specification of a new product; empty if it is not sold, or a bundle."""
        offering = self.catalogue.sellable_offerings.get(item.offering_id)
        is_new = item.effect is ProductEffect.CREATES
        return offering.specification if offering and is_new else ""

    def needed_by(self, item: RequestedItem) -> str:
        """Return the specification that the product of an item relies on; empty for none."""
        found = self.active_specification(item)
        return found.relies_on if found else ""

    def active_specification(self, item: RequestedItem) -> Specification | None:
        """Return the specification of a new product; None if it is not sold, or a bundle."""
        return self.catalogue.active_specifications.get(self.specification_of(item))


@dataclass(frozen=True, slots=True)
class Base:
    """The product that a new one relies on, with its service."""

    product_id: UUID
    service_id: UUID


def base_search(
    requested: RequestedOrder, catalogue: Catalogue, products: Mapping[UUID, Product]
) -> BaseSearch:
    """Return what the base products of an order are searched among."""
    party_id = customer_id_of(requested)
    return BaseSearch(tuple(requested.all_items), catalogue, products, party_id)


def related_specifications(order: RequestedOrder, catalogue: Catalogue) -> set[str]:
    """Return the specifications that new products of an order rely on, or exclude."""
    search = BaseSearch(tuple(order.all_items), catalogue, {}, "")
    found = map(search.active_specification, search.items)
    return {name for each in found if each for name in (each.relies_on, *each.excludes) if name}


def find_base(item: RequestedItem, search: BaseSearch) -> Candidate | Fault | None:
    """Return the base of a new product, or why there is none; None if it needs none."""
    needed = search.needed_by(item)
    if not needed:
        return unneeded(item)
    if item.base_item_id:
        return named_item(item, needed, search)
    if item.base_product_id:
        return named_product(item, needed, search)
    return the_only_one(item, needed, search)


def unneeded(item: RequestedItem) -> Fault | None:
    """Return the fault of an item that names a base which its product does not need."""
    if item.base_item_id:
        at = f"{item.field}/productOrderItemRelationship"
    elif item.base_product_id:
        at = f"{item.field}/product/productRelationship"
    else:
        return None
    reason, remedy = "the product relies on no other one", "leave it out"
    return Fault(at, "relationship-unsupported", reason, remedy)


def named_item(item: RequestedItem, needed: str, search: BaseSearch) -> Candidate | Fault:
    """Return the item of the order that the product of an item is said to rely on."""
    for each in search.items:
        if each.id == item.base_item_id and search.specification_of(each) == needed:
            return each
    reason = f"the product relies on one of {needed}, and that item orders none"
    return Fault(f"{item.field}/productOrderItemRelationship", "base-mismatch", reason, REMEDY)


def named_product(item: RequestedItem, needed: str, search: BaseSearch) -> Candidate | Fault:
    """Return the product of the customer that the product of an item is said to rely on."""
    at = f"{item.field}/product/productRelationship"
    id_ = parse_uuid(item.base_product_id)
    found = search.products.get(id_) if id_ else None
    if found is None or found.party_id != search.party_id:
        return Fault(at, "base-unknown", "the customer has no such product", REMEDY)
    if found.specification != needed:
        reason = f"the product relies on one of {needed}, and that is one of {found.specification}"
        return Fault(at, "base-mismatch", reason, REMEDY)
    return usable(found, item, at)


def the_only_one(item: RequestedItem, needed: str, search: BaseSearch) -> Candidate | Fault:
    """Return the only product that there is to rely on: of the order, or of the customer."""
    at, address = f"{item.field}/product/productRelationship", installation_place(item).id
    ordered = [each for each in search.items if search.specification_of(each) == needed]
    existing = [
        each
        for each in search.products.values()
        if each.specification == needed
        and each.party_id == search.party_id
        and each.status is not ProductStatus.TERMINATED
        and ("" in {address, each.content.address_id} or address == each.content.address_id)
    ]
    found: Sequence[Candidate] = ordered or existing
    match found:
        case []:
            reason = f"the product relies on one of {needed}, and the customer has none"
            return Fault(at, "base-missing", f"{reason} there" if address else reason, REMEDY)
        case [RequestedItem() as only]:
            return only
        case [Product() as only]:
            return usable(only, item, at)
        case _:
            what = "items" if ordered else "products"
            names = ", ".join(sorted(str(each.id) for each in found))
            reason = f"there are several to rely on, the {what} {names}"
            return Fault(at, "base-ambiguous", reason, "name one of them")


def usable(product: Product, item: RequestedItem, at: str) -> Candidate | Fault:
    """Return a product that a new one can rely on now, or why it cannot."""
    faults = product_state_faults(at, item, product)
    return next(faults, product)


def base_faults(items: Iterable[RequestedItem], search: BaseSearch) -> Iterator[Fault]:
    """Name products without a base or an address, and those at another address than their base."""
    for item in items:
        found, place = find_base(item, search), installation_place(item)
        if isinstance(found, Fault):
            yield found
        elif found and not place.id and is_installed(item, search):
            yield missing_address_fault(item)
        elif found and is_elsewhere(place, place_of(found, search)):
            reason = "the product is delivered where the one is that it relies on"
            remedy = "leave the place out, or name another base product"
            yield Fault(place.field, "base-elsewhere", reason, remedy)


def is_installed(item: RequestedItem, search: BaseSearch) -> bool:
    """Tell whether a new product needs an address."""
    specification = search.active_specification(item)
    return specification is not None and specification.needs_address


def is_elsewhere(place: RequestedPlace, base: RequestedPlace) -> bool:
    """Tell whether a place is another one than that of a base, if that has one."""
    return bool(place.id and base.id) and place.id != base.id


def place_of(base: Candidate, search: BaseSearch) -> RequestedPlace:
    """Return the place of a base product, or of the one on which that relies; empty without one."""
    if isinstance(base, Product):
        content = base.content
        return NO_PLACE._replace(id=content.address_id, local_network=content.local_network)
    own, below = installation_place(base), find_base(base, search)
    if own.id or below is None or isinstance(below, Fault):
        return own
    return place_of(below, search)


def with_base_address(item: RequestedItem, search: BaseSearch) -> RequestedItem:
    """Return an item, and its members, with the address of the base for those that name none."""
    members = tuple(with_base_address(each, search) for each in item.members)
    item = replace(item, members=members) if item.members else item
    base = None if item.places else find_base(item, search)
    if base is None or isinstance(base, Fault):
        return item
    place = place_of(base, search)._replace(field=f"{item.field}/product/place")
    return replace(item, places=(place,)) if place.id or place.local_network else item


def base_of(item: RequestedItem, search: BaseSearch, order_id: UUID) -> Base | None:
    """Return the base of a new product of an order without faults; None if it needs none."""
    match find_base(item, search):
        case RequestedItem(id=id_):
            return Base(derive_product_id(order_id, id_), derive_service_id(order_id, id_))
        case Product(id=id_, service_id=service_id):
            return Base(id_, service_id)
        case _:
            return None


def dependent_faults(
    items: Iterable[RequestedItem], products: Mapping[UUID, Product]
) -> Iterator[Fault]:
    """Name products that items end or move without those that rely on them."""
    for item in items:
        id_ = parse_uuid(item.product_id)
        if id_ is None or item.rule is None or not item.rule.takes_dependents_along:
            continue
        named = {parse_uuid(each.product_id) for each in items if each.rule is item.rule}
        left = [
            str(each.id)
            for each in products.values()
            if each.base_id == id_
            and each.status not in {ProductStatus.TERMINATED, ProductStatus.PENDING_TERMINATE}
            and each.id not in named
        ]
        if left:
            action = item.enabled_action
            reason = f"other products rely on it, which {action} has to include"
            remedy = f"add items with businessAction {action} for: {', '.join(sorted(left))}"
            yield Fault(f"{item.field}/product/id", "product-needed", reason, remedy)


def excluded_faults(items: Iterable[RequestedItem], search: BaseSearch) -> Iterator[Fault]:
    """Name new products that cannot be where the customer has another one."""
    for item in items:
        specification = search.active_specification(item)
        address = installation_place(item).id
        for each in search.products.values() if specification else ():
            assert specification
            if (
                each.specification in specification.excludes
                and each.party_id == search.party_id
                and each.status is not ProductStatus.TERMINATED
                and each.content.address_id == address
            ):
                reason = f"it cannot be where the customer has one of {each.specification}"
                remedy = f"disconnect product {each.id} first"
                yield Fault(f"{item.field}/productOffering/id", "excluded", reason, remedy)
