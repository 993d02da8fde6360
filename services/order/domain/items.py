"""The items of an order: what each asks for, against the catalogue."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from uuid import UUID

from services.order.domain.catalogue import EVERYBODY, Catalogue, Offering
from services.order.domain.characteristics import check_characteristics
from services.order.domain.disconnection import check_bundles, check_disconnection
from services.order.domain.eligibility import Buyer, areas, check_eligibility, not_sold
from services.order.domain.order import BUSINESS_ACTIONS
from services.order.domain.places import check_places, place_of
from services.order.domain.product import Product
from services.order.domain.request import GivenItem
from shared.contracts import Action
from shared.errors import Fault
from shared.input.phones import phone_key

MOST_ITEMS = 100
NUMBER = "number"
"""The characteristic by which an item picks its number."""

ACTIONS = " or ".join(BUSINESS_ACTIONS)


@dataclass(frozen=True, slots=True)
class Shop:
    """What items are held against: what is sold, to whom, and what is there already."""

    catalogue: Catalogue
    products: Mapping[UUID, Product]
    party_id: str
    buyer: Buyer


def check_items(items: Sequence[GivenItem], shop: Shop) -> Iterator[Fault]:
    """Name what is wrong with the items of an order, each and together."""
    count = sum(1 for _ in every(items))
    if not count:
        yield Fault(
            "/productOrderItem", "items-missing", "nothing is ordered", "add at least one item"
        )
    if count > MOST_ITEMS:
        yield Fault(
            "/productOrderItem",
            "items-too-many",
            f"an order has at most {MOST_ITEMS} items",
            "send several orders",
        )
    yield from check_ids(items)
    yield from check_picks(items)
    for item in items:
        yield from check_item(item, shop)
    deletes = [item for item in items if item.action == Action.DELETE]
    yield from check_bundles(deletes, shop.products)


def every(items: Sequence[GivenItem]) -> Iterator[GivenItem]:
    """Yield items and those nested in them."""
    for item in items:
        yield item
        yield from every(item.members)


def check_ids(items: Sequence[GivenItem]) -> Iterator[Fault]:
    """Name items without an id, or with that of an earlier one."""
    seen: set[str] = set()
    for item in every(items):
        at = f"{item.field}/id"
        if not item.id:
            yield Fault(at, "item-id-missing", "the item has no id", "number the items: 1, 2, ...")
        elif item.id in seen:
            yield Fault(
                at, "item-id-twice", "another item has this id", "give each its own, nested or not"
            )
        seen.add(item.id)


def check_picks(items: Sequence[GivenItem]) -> Iterator[Fault]:
    """Name items that pick a number which an earlier one picks as well, in whatever spelling."""
    picked: dict[str, str] = {}
    for item in every(items):
        for each in item.characteristics:
            if each.name != NUMBER or not isinstance(each.value, str):
                continue
            first = picked.setdefault(phone_key(each.value), item.field)
            if first != item.field:
                yield Fault(
                    f"{each.field}/value",
                    "number-twice",
                    f"the item {first} picks this number as well, and a number has one line",
                    "pick another for one of them, or leave it to us",
                )


def check_item(item: GivenItem, shop: Shop) -> Iterator[Fault]:
    """Name what is wrong with one item and those nested in it."""
    yield from check_wishes(item)
    match item.action:
        case Action.ADD:
            yield from check_addition(item, shop)
        case Action.DELETE:
            yield from check_disconnection(item, shop.products, shop.party_id)
        case "":
            yield Fault(
                f"{item.field}/action", "action-missing", "no action is named", f"use {ACTIONS}"
            )
        case _:
            yield Fault(
                f"{item.field}/action",
                "action-unsupported",
                "products cannot be changed by this action",
                f"use {ACTIONS}",
            )


def check_wishes(item: GivenItem) -> Iterator[Fault]:
    """Name what is asked for beside the product and cannot be had."""
    if item.quantity != 1:
        yield Fault(
            f"{item.field}/quantity",
            "quantity-unsupported",
            "an item orders one product",
            "repeat the item, under another id",
        )
    if item.relationships:
        yield Fault(
            f"{item.field}/productOrderItemRelationship",
            "relationship-unsupported",
            "items cannot wait for each other",
            "leave it out: an order is fulfilled as a whole or not at all",
        )
    meant = BUSINESS_ACTIONS.get(item.action)  # type: ignore[call-overload]
    if meant and item.business_action not in {"", meant}:
        yield Fault(
            f"{item.field}/businessAction",
            "business-action-mismatch",
            f"with action {item.action} the business action is {meant}",
            f"leave it out, or say {meant}",
        )


def check_addition(item: GivenItem, shop: Shop) -> Iterator[Fault]:
    """Name what is wrong with an item that asks for a product or a bundle."""
    at = f"{item.field}/productOffering/id"
    if item.product_id:
        yield Fault(
            f"{item.field}/product/id",
            "product-not-wanted",
            "a new product gets its id from us",
            "leave it out, or use action delete",
        )
    yield from check_places(item)
    if not item.offering_id:
        yield Fault(at, "offering-missing", "no offering is named", "name one of the catalogue")
    elif (offering := shop.catalogue.sold.get(item.offering_id)) is None:
        yield from check_unsold(at, item.offering_id, shop.catalogue)
    else:
        yield from check_offering(item, offering, shop)


def check_unsold(at: str, offering_id: str, catalogue: Catalogue) -> Iterator[Fault]:
    """Say why an offering cannot be ordered: it is not sold now, or never was there."""
    see = "see GET /tmf-api/productCatalogManagement/v4/productOffering?lifecycleStatus=active"
    if any(each.id == offering_id for each in catalogue.offerings):
        yield Fault(at, "offering-not-sold", "the offering is not sold now", see)
    else:
        yield Fault(at, "offering-unknown", "the catalogue has no such offering", see)


def check_offering(item: GivenItem, offering: Offering, shop: Shop) -> Iterator[Fault]:
    """Name what is wrong with an item whose offering is sold."""
    if offering.eligibility != EVERYBODY:
        here = shop.buyer._replace(local_network=local_network_of(item))
        yield from check_eligibility(f"{item.field}/productOffering/id", offering.eligibility, here)
    if offering.is_bundle:
        yield from check_bundle(item, offering, shop)
    else:
        yield from check_product_item(item, offering, shop.catalogue)


def local_network_of(item: GivenItem) -> str | None:
    """Return the local network that an item says; None if its address is to tell."""
    place = place_of(item)
    return place.local_network or (None if place.id else "")


def check_product_item(
    item: GivenItem, offering: Offering, catalogue: Catalogue
) -> Iterator[Fault]:
    """Name what is wrong with an item that asks for one product."""
    if item.members:
        yield Fault(
            f"{item.field}/productOrderItem",
            "not-a-bundle",
            "the offering is no bundle",
            "put the nested items at the top, or name a bundle",
        )
    specification = catalogue.specified[offering.specification]
    if specification.needs_address and not place_of(item).id:
        yield Fault(
            f"{item.field}/product/place",
            "address-missing",
            "the product needs an address to be installed at",
            'add a place with role "installation address" and the id of a standard address',
        )
    yield from check_characteristics(item, offering, specification)


def check_bundle(item: GivenItem, bundle: Offering, shop: Shop) -> Iterator[Fault]:
    """Name what is wrong with an item that asks for a bundle: each member, once."""
    yield from check_members(item, bundle)
    if item.characteristics:
        yield Fault(
            f"{item.field}/product/productCharacteristic",
            "characteristic-unknown",
            "a bundle has no characteristics of its own",
            "give them to the nested items",
        )
    for member in item.members:
        yield from check_item(member, shop)
        offering = shop.catalogue.sold.get(member.offering_id)
        if offering and areas(bundle.eligibility, offering.eligibility) is None:
            at = f"{member.field}/productOffering/id"
            yield not_sold(at, "wherever the bundle is", "order it outside of the bundle")


def check_members(item: GivenItem, bundle: Offering) -> Iterator[Fault]:
    """Name nested items that do not belong, come twice, or are missing."""
    missing = list(bundle.members)
    for member in item.members:
        if member.action == Action.ADD and member.offering_id in missing:
            missing.remove(member.offering_id)
        elif member.offering_id:
            yield Fault(
                f"{member.field}/productOffering/id",
                "member-unwanted",
                "the bundle has no place for this item",
                f"nest one item with action add for each of: {', '.join(bundle.members)}",
            )
    if missing:
        yield Fault(
            f"{item.field}/productOrderItem",
            "member-missing",
            "the bundle is not complete",
            f"nest an item with action add for: {', '.join(missing)}",
        )
