"""Accepted items that change or end a product, and what they cost."""

from collections.abc import Iterable
from datetime import datetime
from typing import NamedTuple

import msgspec

from services.order.domain.acceptance.changes import characteristics_after, offering_after
from services.order.domain.acceptance.installation_address import installation_place
from services.order.domain.acceptance.request import RequestedItem
from services.order.domain.business_actions import ProductEffect, ProductPart
from services.order.domain.catalogue.catalogue import (
    UNRESTRICTED,
    Catalogue,
    Offering,
    find_version,
)
from services.order.domain.catalogue.eligibility import admitted_local_networks
from services.order.domain.catalogue.prices import PAID_ONCE, PriceKind
from services.order.domain.catalogue.pricing import (
    FREE,
    Charge,
    ItemPrice,
    PricingContext,
    has_prices_while_suspended,
    price_of,
    price_product,
)
from services.order.domain.fulfilment.commitment import (
    commitment_terms,
    leaves_commitment,
    penalty_charge,
)
from services.order.domain.fulfilment.disconnection import disconnection_reason
from services.order.domain.fulfilment.product import Product
from services.order.domain.local_time import local_day
from services.order.domain.order import Item
from services.order.domain.suspension_reasons import strongest_bar
from shared.contracts import (
    BAR_CHARACTERISTIC,
    TMF_ACTIONS,
    BusinessAction,
    Characteristic,
    OrderedItem,
)


def ordered_product(item: RequestedItem, action: BusinessAction, product: Product) -> OrderedItem:
    """Return the published item of an action on a product, which leaves it as it is."""
    content = product.content
    return OrderedItem(
        id=item.id,
        action=TMF_ACTIONS[action],
        business_action=action.value,
        offering_id=product.offering_id,
        offering_name=content.name,
        specification=product.specification,
        catalogue_version=content.catalogue_version,
        product_id=product.id,
        service_id=product.service_id,
        follows=product.latest_order_id,
        address_id=content.address_id,
        local_network="" if content.address_id else content.local_network,
        bundle=content.bundle,
        characteristics=content.characteristics,
    )


class ChangeContext(NamedTuple):
    """What an accepted change depends on, beside its item and product."""

    catalogue: Catalogue
    now: datetime
    """When the order is placed."""

    joined: Offering | None = None
    """The bundle whose member the product becomes, if it does."""


def changed_item(
    item: RequestedItem, action: BusinessAction, product: Product, context: ChangeContext
) -> Item:
    """Return the accepted item that changes a product."""
    content, place = product.content, installation_place(item)
    offering = offering_after(item, product, context.catalogue)
    price = price_of_change(item, action, product, offering, context)
    ordered = ordered_product(item, action, product)
    ordered = msgspec.structs.replace(
        ordered,
        address_id=place.id or content.address_id,
        local_network=place.local_network or ordered.local_network,
        sold_in=networks_sold_in(offering, context.joined),
        characteristics=(
            *characteristics_after(item, action, product, context.catalogue),
            *bar_of(product),
        ),
        one_off_cents=price.one_off_cents,
        monthly_cents=price.monthly_cents,
    )
    if item.may_change(ProductPart.BUNDLE):
        bundle_id = context.joined.id if context.joined else ""
        ordered = msgspec.structs.replace(ordered, bundle=bundle_id)
    network = place.local_network or ("" if place.id else content.local_network)
    changed = Item(ordered=ordered, local_network=network, charges=price.charges)
    if offering and is_priced_anew(item):
        return with_offering(changed, offering, product, item)
    if offering and renews_commitment(item):
        return msgspec.structs.replace(changed, commitment=commitment_terms(offering))
    return changed


def is_priced_anew(item: RequestedItem) -> bool:
    """Tell whether the product of an item has the prices of the order from then on."""
    return item.rule is not None and item.rule.is_priced_anew


def price_of_change(
    item: RequestedItem,
    action: BusinessAction,
    product: Product,
    offering: Offering | None,
    context: ChangeContext,
) -> ItemPrice:
    """Return what a change costs; only what is paid once if the product keeps its prices."""
    if offering is None:
        return FREE
    bundle = context.joined or bundle_that_stays(item, product, context.catalogue)
    discounts = bundle.discounts if bundle else ()
    values = characteristics_after(item, action, product, context.catalogue)
    network = product.content.local_network
    pricing = PricingContext(context.now, action, discounts, local_network=network)
    price = price_product(offering, values, pricing)
    if not is_priced_anew(item):
        return price_of(each for each in price.charges if each.kind in PAID_ONCE)
    if item.may_change(ProductPart.BUNDLE):
        return price
    if not item.may_change(ProductPart.OFFERING):
        return price_of(kept_or_new(each, product) for each in price.charges)
    if leaves_commitment(product.content.commitment, price.charges):
        return price_of((*price.charges, *early_termination(product, context.now)))
    return price


def kept_or_new(charge: Charge, product: Product) -> Charge:
    """Return the present charge of a product in place of a new one for the same amount.

    It keeps its discount, and since when that is given.
    """
    same = (charge.price_id, charge.kind, charge.list_cents, charge.quantity)
    if charge.kind in PAID_ONCE:
        return charge
    present = (
        each
        for each in product.content.charges
        if (each.price_id, each.kind, each.list_cents, each.quantity) == same
    )
    return next(present, charge)


def bundle_that_stays(
    item: RequestedItem, product: Product, catalogue: Catalogue
) -> Offering | None:
    """Return the bundle that a product was sold in; None if it is in none, or an item leaves it."""
    leaves = item.may_change(ProductPart.BUNDLE)
    return None if leaves else find_version(catalogue.offerings, product.content.bundle)


def networks_sold_in(offering: Offering | None, joined: Offering | None) -> tuple[str, ...]:
    """Return the local networks that an offering is sold in, in a bundle that it joins."""
    if offering is None:
        return ()
    eligibility = joined.eligibility if joined else UNRESTRICTED
    return admitted_local_networks(offering.eligibility, eligibility) or ()


def with_offering(changed: Item, offering: Offering, product: Product, item: RequestedItem) -> Item:
    """Return an item that changes a product with the offering that the product has then."""
    ordered = msgspec.structs.replace(
        changed.ordered,
        offering_id=offering.id,
        offering_name=offering.name,
        catalogue_version=offering.version,
    )
    is_other = offering.id != product.offering_id
    return msgspec.structs.replace(
        changed,
        ordered=ordered,
        commitment=commitment_terms(offering) if is_other else None,
        charge_start=item.charge_start or offering.charge_start,
        charged_from=item.charged_from,
    )


def renews_commitment(item: RequestedItem) -> bool:
    """Tell whether an item agrees on another term for a product, after the one that it has."""
    return item.rule is not None and item.rule.renews_commitment


def early_termination(product: Product, now: datetime) -> Iterable[Charge]:
    """Yield the penalty for leaving a product's commitment now, if one is due."""
    content = product.content
    penalty = penalty_charge(content.commitment, local_day(content.local_network, now))
    return (penalty,) if penalty else ()


def bar_of(product: Product) -> tuple[Characteristic, ...]:
    """Return what is barred of a suspended product, as a characteristic; nothing of another one."""
    if not product.suspended_for:
        return ()
    return (Characteristic(name=BAR_CHARACTERISTIC, value=strongest_bar(product.suspended_for)),)


def suspension_item(
    item: RequestedItem, action: BusinessAction, product: Product, context: ChangeContext
) -> Item:
    """Return the accepted item that suspends a product for a reason, or lifts one.

    Its charges are those that are due from then on, if they are not those from before.
    """
    content, reason = product.content, item.suspension_reason
    before = set(product.suspended_for)
    left = before | {reason} if item.effect is ProductEffect.SUSPENDS else before - {reason}
    bar = Characteristic(name=BAR_CHARACTERISTIC, value=strongest_bar(left))
    due = charges_while_suspended(product, frozenset(left), context)
    charges = due if due != recurring(content.due_charges) else ()
    ordered = msgspec.structs.replace(
        ordered_product(item, action, product),
        characteristics=(*content.characteristics, bar),
        reason=reason,
        monthly_cents=price_of(charges).monthly_cents,
    )
    return Item(ordered=ordered, local_network=content.local_network, charges=charges)


def charges_while_suspended(
    product: Product, reasons: frozenset[str], context: ChangeContext
) -> tuple[Charge, ...]:
    """Return what is charged for a product while it is suspended for these reasons.

    Without reasons, or prices for them, these are its usual charges.
    """
    content = product.content
    offerings = context.catalogue.offerings
    offering = find_version(offerings, product.offering_id, content.catalogue_version)
    if offering is None or not has_prices_while_suspended(offering, reasons):
        return recurring(content.charges)
    pricing = PricingContext(
        context.now, suspended_for=reasons, local_network=content.local_network
    )
    price = price_product(offering, content.characteristics, pricing)
    return tuple(each for each in price.charges if each.kind not in PAID_ONCE)


def recurring(charges: Iterable[Charge]) -> tuple[Charge, ...]:
    """Return the charges that are due every month."""
    return tuple(each for each in charges if each.kind is PriceKind.RECURRING)


def disconnection_item(
    item: RequestedItem, action: BusinessAction, product: Product, context: ChangeContext
) -> Item:
    """Return an item that disconnects a product; leaving a commitment early costs a penalty."""
    reason = disconnection_reason(item.disconnection_reason)
    assert reason
    charges = () if reason.waives_penalty else tuple(early_termination(product, context.now))
    ordered = msgspec.structs.replace(
        ordered_product(item, action, product),
        reason=reason.id,
        one_off_cents=price_of(charges).one_off_cents,
    )
    network = product.content.local_network
    return Item(ordered=ordered, local_network=network, charges=charges)
