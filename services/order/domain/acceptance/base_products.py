"""Base products: a product whose specification relies on another one needs a product of that.

The order names it, a member of the same bundle is it, an item of the order creates it, or the
customer has exactly one.
"""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from typing import TypeAlias
from uuid import UUID

from services.order.domain.acceptance.base_search import BaseSearch
from services.order.domain.acceptance.bundle_members import joins
from services.order.domain.acceptance.existing_products import product_state_faults
from services.order.domain.acceptance.installation_address import (
    NO_PLACE,
    installation_addresses,
    installation_place,
    missing_address_fault,
    with_address_in_members,
)
from services.order.domain.acceptance.request import (
    RequestedItem,
    RequestedOrder,
    RequestedPlace,
    flatten_items,
    parse_uuid,
)
from services.order.domain.business_actions import ProductEffect
from services.order.domain.catalogue.catalogue import Catalogue
from services.order.domain.fulfilment.product import Product, ProductStatus
from services.order.domain.order import derive_product_id, derive_service_id
from shared.errors import Fault

Candidate: TypeAlias = RequestedItem | Product
"""An item of the order that creates a product, or a product that the customer has."""

REMEDY = (
    "order one in the same order, or name one that the customer has: "
    "product.productRelationship with relationshipType reliesOn and product.id"
)


MAX_NAMED = 5
"""The most candidates that a fault names."""


@dataclass(frozen=True, slots=True)
class Base:
    """The product that a new one relies on, with its service."""

    product_id: UUID
    service_id: UUID


def related_specifications(order: RequestedOrder, catalogue: Catalogue) -> dict[str, set[str]]:
    """Return the specifications that new products exclude, or rely on without naming a base.

    With each are the addresses that the items name, one of which may be empty.
    """
    items = flatten_items(with_address_in_members(each, catalogue) for each in order.items)
    search = BaseSearch(tuple(items), catalogue, {}, "")
    found: dict[str, set[str]] = {}
    for item in search.items:
        if specification := search.active_specification(item):
            base = "" if item.names_base else specification.relies_on
            for name in {*specification.excludes, base} - {""}:
                found.setdefault(name, set()).add(installation_place(item).id)
    return found


def find_base(item: RequestedItem, search: BaseSearch) -> Candidate | Fault | None:
    """Return the base of a new product, or why there is none; None if it needs none."""
    needed = search.needed_by(item)
    if item.effect is not ProductEffect.CREATES:
        return None
    if not needed:
        return unneeded_base_fault(item) if item.names_base else None
    if not item.names_base:
        return the_only_one(item, needed, search)
    named = (*item.base_item_ids, *item.base_product_ids)
    if len(named) > 1 or not named[0]:
        reason = "the product relies on one other, which is to be named once, with its id"
        return Fault(place_of_base(item), "base-ambiguous", reason, REMEDY)
    find = named_item if item.base_item_ids else named_product
    return find(item, needed, search)


def place_of_base(item: RequestedItem) -> str:
    """Return the JSON pointer to where an item names its base, or would name it."""
    if item.base_item_ids:
        return f"{item.field}/productOrderItemRelationship"
    return f"{item.field}/product/productRelationship"


def unneeded_base_fault(item: RequestedItem) -> Fault:
    """Return the fault of an item that names a base which its product does not need."""
    reason, remedy = "the product relies on no other one", "leave it out"
    return Fault(place_of_base(item), "relationship-unsupported", reason, remedy)


def named_item(item: RequestedItem, needed: str, search: BaseSearch) -> Candidate | Fault:
    """Return the item of the order that the product of an item is said to rely on."""
    for each in search.items:
        if each.id == item.base_item_ids[0] and search.specification_of(each) == needed:
            return each
    reason = f"the product relies on one of {needed}, and that item orders none"
    return Fault(place_of_base(item), "base-mismatch", reason, REMEDY)


def named_product(item: RequestedItem, needed: str, search: BaseSearch) -> Candidate | Fault:
    """Return the product of the customer that the product of an item is said to rely on."""
    at, id_ = place_of_base(item), parse_uuid(item.base_product_ids[0])
    found = search.products.get(id_) if id_ else None
    if found is None or found.party_id != search.party_id:
        return Fault(at, "base-unknown", "the customer has no such product", REMEDY)
    if found.specification != needed:
        reason = f"the product relies on one of {needed}, and that is one of {found.specification}"
        return Fault(at, "base-mismatch", reason, REMEDY)
    return usable_base(found, item, search)


def the_only_one(item: RequestedItem, needed: str, search: BaseSearch) -> Candidate | Fault:
    """Return the only product to rely on: of the bundle, the order, or the customer."""
    found: Sequence[Candidate] = (
        bases_in_bundle(item, needed, search)
        or [each for each in search.items if search.specification_of(each) == needed]
        or existing_bases(item, needed, search)
    )
    match found:
        case []:
            reason = f"the product relies on one of {needed}, and the customer has none there"
            return Fault(place_of_base(item), "base-missing", reason, REMEDY)
        case [RequestedItem() as only]:
            return only
        case [Product() as only]:
            return usable_base(only, item, search)
        case _:
            what = "items" if isinstance(found[0], RequestedItem) else "products"
            names = ", ".join(sorted(str(each.id) for each in found)[:MAX_NAMED])
            reason = f"there are several to rely on, for example the {what} {names}"
            return Fault(place_of_base(item), "base-ambiguous", reason, "name one of them")


def bases_in_bundle(item: RequestedItem, needed: str, search: BaseSearch) -> list[Candidate]:
    """Return the members of an item's bundle of a specification: new ones, and those that join."""
    found: list[Candidate] = []
    for each in search.members_beside(item):
        product = search.products.get(id_) if (id_ := parse_uuid(each.product_id)) else None
        if search.specification_of(each) == needed:
            found.append(each)
        elif joins(each) and product and is_base(product, needed, search):
            found.append(product)
    return found


def existing_bases(item: RequestedItem, needed: str, search: BaseSearch) -> list[Product]:
    """Return the customer's products of a specification where an item is to be delivered."""
    place = installation_place(item)
    return [
        each
        for each in search.products.values()
        if is_base(each, needed, search) and not is_elsewhere(place, place_of_product(each))
    ]


def is_base(product: Product, needed: str, search: BaseSearch) -> bool:
    """Tell whether a product is the customer's, of a specification, and not terminated."""
    return (
        product.specification == needed
        and product.party_id == search.party_id
        and product.status is not ProductStatus.TERMINATED
    )


def usable_base(product: Product, item: RequestedItem, search: BaseSearch) -> Candidate | Fault:
    """Return a product that a new one can rely on after the order, or why it cannot."""
    at = place_of_base(item)
    for each in search.items:
        is_same = parse_uuid(each.product_id) == product.id
        if is_same and each.rule and each.rule.takes_dependents_along:
            reason = "the order ends, moves or transfers the product that a new one relies on"
            return Fault(at, "base-leaving", reason, "send two orders, one after the other")
    return next(product_state_faults(at, item, product), product)


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
    """Tell whether a place is another one than that of a base, as far as both are known."""
    if place.id and base.id:
        return place.id != base.id
    networks = {place.local_network, base.local_network} - {""}
    return not (place.id or base.id) and len(networks) > 1


def place_of_product(product: Product) -> RequestedPlace:
    """Return the address of a product, or its local network."""
    content = product.content
    return NO_PLACE._replace(id=content.address_id, local_network=content.local_network)


def place_of(base: Candidate, search: BaseSearch) -> RequestedPlace:
    """Return the place of a base product, or of the one on which that relies; empty without one."""
    for _ in search.items:  # a chain of bases is not longer than the order
        if isinstance(base, Product):
            return place_of_product(base)
        below = find_base(base, search)
        if installation_addresses(base) or below is None or isinstance(below, Fault):
            break
        base = below
    return installation_place(base) if isinstance(base, RequestedItem) else place_of_product(base)


def with_base_address(item: RequestedItem, search: BaseSearch) -> RequestedItem:
    """Return an item, and its members, with the address of the base for those that name none."""
    members = tuple(with_base_address(each, search) for each in item.members)
    item = replace(item, members=members) if item.members else item
    base = None if installation_addresses(item) else find_base(item, search)
    if base is None or isinstance(base, Fault):
        return item
    place = place_of(base, search)._replace(field=f"{item.field}/product/place")
    has_place = place.id or place.local_network
    return replace(item, places=(*item.places, place)) if has_place else item


def base_of(item: RequestedItem, search: BaseSearch, order_id: UUID) -> Base | None:
    """Return the base of a new product of an order without faults; None if it needs none."""
    match find_base(item, search):
        case RequestedItem(id=id_):
            return Base(derive_product_id(order_id, id_), derive_service_id(order_id, id_))
        case Product(id=id_, service_id=service_id):
            return Base(id_, service_id)
        case _:
            return None


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
