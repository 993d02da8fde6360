"""Checks of the items of an order against the catalogue and the installed base."""

from collections.abc import Iterator, Sequence

from services.order.domain.acceptance.base_products import base_faults, excluded_faults
from services.order.domain.acceptance.base_search import BaseSearch
from services.order.domain.acceptance.bundle_members import (
    member_faults,
    membership_faults,
    split_bundles_faults,
)
from services.order.domain.acceptance.characteristics import characteristics_faults
from services.order.domain.acceptance.charge_starts import charge_start_faults
from services.order.domain.acceptance.dependents import dependent_faults, left_base_faults
from services.order.domain.acceptance.existing_items import existing_product_item_faults
from services.order.domain.acceptance.existing_products import product_twice_faults
from services.order.domain.acceptance.held_products import holding_faults
from services.order.domain.acceptance.installation_address import (
    installation_address_faults,
    installation_place,
    missing_address_fault,
    missing_network_fault,
)
from services.order.domain.acceptance.item_checks import ItemCheckContext, not_sellable_faults
from services.order.domain.acceptance.request import RequestedItem, flatten_items
from services.order.domain.business_actions import (
    ENABLED_ACTIONS,
    ON_EXISTING,
    ProductEffect,
    enabled_actions,
)
from services.order.domain.catalogue.catalogue import UNRESTRICTED, Catalogue, Offering
from services.order.domain.catalogue.characteristic_values import NUMBER_CHARACTERISTIC
from services.order.domain.catalogue.eligibility import (
    admitted_local_networks,
    eligibility_faults,
    not_eligible_fault,
)
from shared.contracts import TMF_ACTIONS
from shared.errors import Fault
from shared.input.phones import phone_key

MAX_ITEMS = 100
SUPPORTED_ACTIONS = " or ".join(dict.fromkeys(TMF_ACTIONS[each] for each in ENABLED_ACTIONS))


def items_faults(items: Sequence[RequestedItem], context: ItemCheckContext) -> Iterator[Fault]:
    """Name what is wrong with the items of an order, each and together."""
    count = sum(1 for _ in flatten_items(items))
    if not count:
        yield Fault(
            "/productOrderItem", "items-missing", "nothing is ordered", "add at least one item"
        )
    if count > MAX_ITEMS:
        yield Fault(
            "/productOrderItem",
            "items-too-many",
            f"an order has at most {MAX_ITEMS} items",
            "send several orders",
        )
    yield from item_id_faults(items)
    yield from number_picked_twice_faults(items)
    for item in items:
        yield from item_faults(item, context)
    yield from membership_faults(items, context.products)
    flat = tuple(flatten_items(items))
    existing = [item for item in flat if item.effect in ON_EXISTING]
    yield from product_twice_faults(existing)
    yield from dependent_faults(existing, context.products, context.bases_of_others)
    yield from left_base_faults(existing, context.products, context.catalogue)
    search = BaseSearch(flat, context.catalogue, context.products, context.party_id)
    yield from base_faults(flat, search)
    yield from excluded_faults(flat, search)
    yield from holding_faults(flat, search)
    yield from split_bundles_faults(existing, context.products)


def item_id_faults(items: Sequence[RequestedItem]) -> Iterator[Fault]:
    """Name items without an id, or with that of an earlier one."""
    seen: set[str] = set()
    for item in flatten_items(items):
        at = f"{item.field}/id"
        if not item.id:
            yield Fault(at, "item-id-missing", "the item has no id", "number the items: 1, 2, ...")
        elif item.id in seen:
            yield Fault(
                at, "item-id-twice", "another item has this id", "give each its own, nested or not"
            )
        seen.add(item.id)


def number_picked_twice_faults(items: Sequence[RequestedItem]) -> Iterator[Fault]:
    """Name items that pick the number of an earlier item, in any spelling."""
    picked: dict[str, str] = {}
    for item in flatten_items(items):
        for each in item.characteristics:
            if each.name != NUMBER_CHARACTERISTIC or not isinstance(each.value, str):
                continue
            first = picked.setdefault(phone_key(each.value), item.field)
            if first != item.field:
                yield Fault(
                    f"{each.field}/value",
                    "number-twice",
                    f"the item {first} picks this number as well, and a number has one line",
                    "pick another for one of them, or leave it to us",
                )


def item_faults(item: RequestedItem, context: ItemCheckContext) -> Iterator[Fault]:
    """Name what is wrong with one item and those nested in it."""
    yield from unsupported_field_faults(item)
    yield from action_faults(item)
    if not context.has_waited:
        yield from charge_start_faults(item, context.eligibility.now)
    match item.effect:
        case ProductEffect.CREATES:
            yield from addition_faults(item, context)
        case None:
            pass
        case _:
            yield from existing_product_item_faults(item, context)


def action_faults(item: RequestedItem) -> Iterator[Fault]:
    """Name what is wrong with the action of an item, and with its business action."""
    enabled = enabled_actions(item.action)
    if not item.action:
        yield Fault(
            f"{item.field}/action",
            "action-missing",
            "no action is named",
            f"use {SUPPORTED_ACTIONS}",
        )
    elif not enabled:
        yield Fault(
            f"{item.field}/action",
            "action-unsupported",
            "products cannot be changed by this action",
            f"use {SUPPORTED_ACTIONS}",
        )
    elif item.business_action not in {"", *enabled} or item.effect is None:
        expected = " or ".join(enabled)
        remedy = f"leave it out, or say {expected}" if item.effect else f"say {expected}"
        yield Fault(
            f"{item.field}/businessAction",
            "business-action-mismatch",
            f"with action {item.action} the business action is {expected}",
            remedy,
        )


def unsupported_field_faults(item: RequestedItem) -> Iterator[Fault]:
    """Name requested attributes that are not supported."""
    if item.quantity != 1:
        yield Fault(
            f"{item.field}/quantity",
            "quantity-unsupported",
            "an item orders one product",
            "repeat the item, under another id",
        )
    for at in item.unsupported_relationships:
        yield Fault(
            at,
            "relationship-unsupported",
            "items and products have relationships of the type reliesOn alone",
            "leave it out: an order is fulfilled as a whole or not at all",
        )


def addition_faults(item: RequestedItem, context: ItemCheckContext) -> Iterator[Fault]:
    """Name what is wrong with an item that requests a new product or bundle."""
    at = f"{item.field}/productOffering/id"
    if item.product_id:
        yield Fault(
            f"{item.field}/product/id",
            "product-not-wanted",
            "a new product gets its id from us",
            "leave it out, or use action delete",
        )
    yield from installation_address_faults(item)
    if not item.offering_id:
        yield Fault(at, "offering-missing", "no offering is named", "name one of the catalogue")
    elif (offering := context.catalogue.sellable_offerings.get(item.offering_id)) is None:
        yield from not_sellable_faults(at, item.offering_id, context.catalogue)
    else:
        yield from sellable_item_faults(item, offering, context)


def sellable_item_faults(
    item: RequestedItem, offering: Offering, context: ItemCheckContext
) -> Iterator[Fault]:
    """Name what is wrong with an item whose offering is sold."""
    if offering.eligibility != UNRESTRICTED:
        eligibility = context.eligibility._replace(local_network=stated_local_network(item))
        yield from eligibility_faults(
            f"{item.field}/productOffering/id", offering.eligibility, eligibility
        )
    if offering.is_bundle:
        yield from bundle_item_faults(item, offering, context)
    else:
        yield from single_product_faults(item, offering, context.catalogue)


def stated_local_network(item: RequestedItem) -> str | None:
    """Return the local network that an item states; None if an address decides."""
    place = installation_place(item)
    if any(each.effect in ON_EXISTING for each in item.members):
        return place.local_network or None
    return place.local_network or (None if place.id else "")


def single_product_faults(
    item: RequestedItem, offering: Offering, catalogue: Catalogue
) -> Iterator[Fault]:
    """Name what is wrong with an item that requests one new product."""
    if item.members:
        yield Fault(
            f"{item.field}/productOrderItem",
            "not-a-bundle",
            "the offering is no bundle",
            "put the nested items at the top level, or name a bundle",
        )
    specification = catalogue.active_specifications[offering.specification]
    is_alone = not specification.relies_on
    if specification.needs_address and is_alone and not installation_place(item).id:
        yield missing_address_fault(item)
    if specification.needs_local_network and not installation_place(item).local_network:
        yield missing_network_fault(item)
    yield from characteristics_faults(item, offering, specification)


def bundle_item_faults(
    item: RequestedItem, bundle: Offering, context: ItemCheckContext
) -> Iterator[Fault]:
    """Name what is wrong with an item that requests a bundle: it must have each member once."""
    yield from member_faults(item, bundle, context)
    if item.characteristics:
        yield Fault(
            f"{item.field}/product/productCharacteristic",
            "characteristic-unknown",
            "a bundle has no characteristics of its own",
            "give them to the nested items",
        )
    for member in item.members:
        yield from item_faults(member, context)
        offering = context.catalogue.sellable_offerings.get(member.offering_id)
        if offering and admitted_local_networks(bundle.eligibility, offering.eligibility) is None:
            at = f"{member.field}/productOffering/id"
            yield not_eligible_fault(at, "wherever the bundle is", "order it outside of the bundle")
