"""Checks of the members of bundles: new products, products that join, and those that leave."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from uuid import UUID

from services.order.domain.acceptance.existing_products import named_product
from services.order.domain.acceptance.item_checks import ItemCheckContext
from services.order.domain.acceptance.request import RequestedItem, parse_uuid
from services.order.domain.business_actions import (
    BUSINESS_ACTIONS,
    ENABLED_ACTIONS,
    JOINING_ACTIONS,
    NEW_BUNDLE,
    ON_EXISTING,
    ProductPart,
)
from services.order.domain.catalogue.catalogue import Offering
from services.order.domain.fulfilment.product import Product, ProductStatus
from shared.contracts import BusinessAction
from shared.errors import Fault

HOW_TO_NEST = (
    f"with action {NEW_BUNDLE}, or with businessAction {' or '.join(JOINING_ACTIONS)} and a "
    "product of the customer"
)


def member_faults(
    item: RequestedItem, bundle: Offering, context: ItemCheckContext
) -> Iterator[Fault]:
    """Name nested items that are no members, come twice, or are missing.

    What is missing is not known while a product that joins is not found.
    """
    missing, is_known = list(bundle.members), True
    sellable = context.catalogue.sellable_offerings
    for member in item.members:
        offering_id = offering_in_bundle(member, context)
        if offering_id in missing:
            missing.remove(offering_id)
        elif offering_id in sellable and sellable[offering_id].is_bundle:
            yield nested_bundle_fault(f"{member.field}/productOffering/id")
        elif offering_id:
            yield Fault(
                f"{member.field}/productOffering/id",
                "member-unwanted",
                "the bundle has no place for this item",
                f"nest one item {HOW_TO_NEST}, for each of: {', '.join(bundle.members)}",
            )
        elif is_no_member(member):
            reason = f"{member.enabled_action} makes no product a member of a bundle"
            remedy = "put the item at the top level"
            yield Fault(f"{member.field}/businessAction", "member-unwanted", reason, remedy)
        elif joins(member):
            is_known = False
    if missing and is_known:
        yield Fault(
            f"{item.field}/productOrderItem",
            "member-missing",
            "the bundle is not complete",
            f"nest an item {HOW_TO_NEST}, for: {', '.join(missing)}",
        )


def nested_bundle_fault(at: str) -> Fault:
    """Return the fault of a bundle that would be a member of a bundle."""
    return Fault(
        at,
        "bundle-nested",
        "bundles of bundles are not sold",
        "order each bundle in an item of its own at the top level, or nest single offerings",
    )


def offering_in_bundle(member: RequestedItem, context: ItemCheckContext) -> str:
    """Return the offering with which a nested item is in its bundle.

    It is empty if the item names neither an offering nor a product of the customer, and for one
    that makes no product a member.
    """
    if joins(member):
        product = named_product(member, context.products, context.party_id)
        return product.offering_id if product else ""
    return "" if is_no_member(member) else member.offering_id


def joins(item: RequestedItem) -> bool:
    """Tell whether a product joins a bundle by an item."""
    return item.rule is not None and item.rule.joins_bundle


def is_no_member(member: RequestedItem) -> bool:
    """Tell whether a nested item changes or ends a product that does not join the bundle."""
    return member.effect in ON_EXISTING and not joins(member)


def membership_faults(
    items: Iterable[RequestedItem], products: Mapping[UUID, Product]
) -> Iterator[Fault]:
    """Name items at the top level by which a product would join no bundle, or leave none."""
    for item in items:
        id_ = parse_uuid(item.product_id)
        product = products.get(id_) if id_ else None
        if joins(item):
            reason = "the item is not nested in that of a bundle"
            remedy = f"nest it in an item with action {NEW_BUNDLE} and the bundle as its offering"
            yield Fault(f"{item.field}/businessAction", "bundle-missing", reason, remedy)
        elif item.may_change(ProductPart.BUNDLE) and product and not product.bundle_id:
            reason = "the product is in no bundle"
            yield Fault(f"{item.field}/product/id", "not-in-bundle", reason, "leave the item out")


def split_bundles_faults(
    items: Sequence[RequestedItem], products: Mapping[UUID, Product]
) -> Iterator[Fault]:
    """Name products that would leave their bundle, or their customer, while others of it stay."""
    together = [each for each in items if each.rule and each.rule.takes_bundle_along]
    transferred = [each for each in together if each.may_change(ProductPart.CUSTOMER)]
    others = [each for each in together if each not in transferred]
    for several in (transferred, others):
        actions = actions_on(several[0]) if several else ()
        yield from split_bundle_faults(several, products, " or ".join(actions))


def actions_on(item: RequestedItem) -> list[BusinessAction]:
    """Return the actions that may be requested for the other products of an item's bundle."""
    is_transfer = item.may_change(ProductPart.CUSTOMER)
    return [
        action
        for action in ENABLED_ACTIONS
        if (rule := BUSINESS_ACTIONS[action]).takes_bundle_along
        and (ProductPart.CUSTOMER in rule.changes) is is_transfer
    ]


def split_bundle_faults(
    items: Iterable[RequestedItem], products: Mapping[UUID, Product], actions: str
) -> Iterator[Fault]:
    """Name products that would leave their bundle while others of it stay.

    `actions` are those that the order may have for these others.
    """
    named = {id_: item for item in items if (id_ := parse_uuid(item.product_id))}
    for id_, item in named.items():
        missing = [
            str(each)
            for each in other_bundle_products(products.get(id_), products)
            if each not in named
        ]
        if missing:
            yield Fault(
                f"{item.field}/product/id",
                "bundle-split",
                "the product is in a bundle, which ends, is left or changes hands as a whole",
                f"add items with businessAction {actions} for: {', '.join(sorted(missing))}",
            )


def other_bundle_products(
    product: Product | None, products: Mapping[UUID, Product]
) -> Iterator[UUID]:
    """Yield the products that are in one bundle with this one and not ended or ending."""
    ended = {ProductStatus.TERMINATED, ProductStatus.PENDING_TERMINATE}
    if product and product.bundle_id:
        for other in products.values():
            if other.bundle_id == product.bundle_id and other.status not in ended:
                yield other.id
