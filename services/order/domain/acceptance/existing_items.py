"""Checks of items that change or end a product: of the action, the offering, and what changes."""

from collections.abc import Iterator

from services.order.domain.acceptance.changes import change_faults
from services.order.domain.acceptance.existing_products import (
    existing_product_faults,
    named_product,
)
from services.order.domain.acceptance.item_checks import ItemCheckContext, not_sellable_faults
from services.order.domain.acceptance.order_header import PREVIOUS_OWNER_ROLE
from services.order.domain.acceptance.payment import payment_faults
from services.order.domain.acceptance.reasons import disconnection_faults, suspension_faults
from services.order.domain.acceptance.request import RequestedItem
from services.order.domain.business_actions import ProductEffect, ProductPart, actions_changing
from services.order.domain.catalogue.catalogue import Catalogue, Offering
from services.order.domain.catalogue.deliverability import AvailableBlueprints
from services.order.domain.catalogue.eligibility import eligibility_faults
from services.order.domain.catalogue.offering_relations import (
    possible_upgrades,
    restricts_upgrades,
)
from services.order.domain.fulfilment.product import Product
from shared.errors import Fault


def existing_product_item_faults(item: RequestedItem, context: ItemCheckContext) -> Iterator[Fault]:
    """Name what is wrong with an item that changes or ends a product."""
    owner = context.owner_of(item)
    yield from transfer_faults(item, context)
    yield from existing_product_faults(item, context.products, owner)
    product = named_product(item, context.products, owner)
    if product is None:
        return
    yield from action_not_offered_faults(item, product, context.blueprints)
    yield from offering_faults(item, product, context)
    match item.effect:
        case ProductEffect.CHANGES:
            yield from change_faults(item, product, context.catalogue_of(product))
            yield from payment_faults(item, product, context.payment)
        case ProductEffect.SUSPENDS | ProductEffect.RESUMES:
            adds = item.effect is ProductEffect.SUSPENDS
            yield from suspension_faults(item, product, adds=adds)
        case _:
            yield from disconnection_faults(item, product)


def transfer_faults(item: RequestedItem, context: ItemCheckContext) -> Iterator[Fault]:
    """Name what is wrong with the owners of a product that goes to another customer."""
    if not item.may_change(ProductPart.CUSTOMER):
        return
    if not context.previous_owner:
        reason = "the order does not say from whom the product goes to its customer"
        remedy = f'add a related party with the role "{PREVIOUS_OWNER_ROLE}" and its id'
        yield Fault("/relatedParty", "previous-owner-missing", reason, remedy)
    elif context.previous_owner == context.party_id:
        reason = "the previous owner is the customer of the order"
        yield Fault("/relatedParty", "nothing-changed", reason, "name another customer")


def action_not_offered_faults(
    item: RequestedItem, product: Product, blueprints: AvailableBlueprints | None
) -> Iterator[Fault]:
    """Name an action that no blueprint carries out on products of this specification."""
    action = item.enabled_action
    if blueprints is None or (product.specification, str(action)) in blueprints:
        return
    possible = sorted(each for name, each in blueprints if name == product.specification)
    yield Fault(
        f"{item.field}/businessAction",
        "action-not-offered",
        f"{action} is not offered for products of this kind",
        f"use one of: {', '.join(possible)}" if possible else "leave the item out",
    )


def offering_faults(
    item: RequestedItem, product: Product, context: ItemCheckContext
) -> Iterator[Fault]:
    """Name why the offering of an item cannot become that of its product."""
    at = f"{item.field}/productOffering/id"
    if item.offering_id in {"", product.offering_id}:
        return
    offering = context.catalogue.sellable_offerings.get(item.offering_id)
    if not item.may_change(ProductPart.OFFERING):
        remedy = f"leave it out, or say {product.offering_id}"
        yield Fault(at, "offering-mismatch", "the product is of another offering", remedy)
    elif offering is None:
        yield from not_sellable_faults(at, item.offering_id, context.catalogue)
    elif offering.specification != product.specification:
        reason = "a product cannot become one of another specification"
        remedy = "order the other one as a new product, and disconnect this one"
        yield Fault(at, "specification-mismatch", reason, remedy)
    elif product.bundle_id:
        reason = f"the product belongs to the bundle {product.content.bundle}, with its price"
        actions = " or ".join(actions_changing(ProductPart.BUNDLE))
        remedy = f"disconnect the bundle and order another, or first use businessAction {actions}"
        yield Fault(at, "bundle-member", reason, remedy)
    else:
        yield from not_possible_faults(at, product, offering, context.catalogue)
        eligibility = context.eligibility._replace(local_network=product.content.local_network)
        yield from eligibility_faults(at, offering.eligibility, eligibility)


def not_possible_faults(
    at: str, product: Product, offering: Offering, catalogue: Catalogue
) -> Iterator[Fault]:
    """Name another offering to which products of the present one do not change."""
    possible = possible_upgrades(product.offering_id, catalogue)
    if restricts_upgrades(product.offering_id, catalogue) and offering.id not in possible:
        reason = f"a product of {product.offering_id} does not change to this offering"
        remedy = f"use one of: {', '.join(possible)}" if possible else "leave the item out"
        yield Fault(at, "upgrade-not-possible", reason, remedy)
