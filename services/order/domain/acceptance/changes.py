"""Changes of a product (变更, 改号, 移机, 停机, 复机): what an item may state, and what follows."""

from collections.abc import Iterator, Mapping

import msgspec

from services.order.domain.acceptance.characteristics import characteristic_faults
from services.order.domain.acceptance.installation_address import (
    installation_address_faults,
    installation_place,
)
from services.order.domain.acceptance.request import RequestedCharacteristic, RequestedItem
from services.order.domain.business_actions import (
    BUSINESS_ACTIONS,
    ProductPart,
    actions_changing,
)
from services.order.domain.catalogue.catalogue import (
    Catalogue,
    CharacteristicRule,
    Discount,
    Offering,
    PriceKind,
    Specification,
    find_version,
)
from services.order.domain.catalogue.characteristic_dependencies import (
    dependency_faults,
    without_disallowed,
)
from services.order.domain.catalogue.characteristic_values import NUMBER_CHARACTERISTIC
from services.order.domain.catalogue.eligibility import admitted_local_networks
from services.order.domain.catalogue.pricing import FREE, quote
from services.order.domain.fulfilment.product import Product
from services.order.domain.fulfilment.suspension import reasons_by_id, strongest_bar
from services.order.domain.order import Item
from shared.contracts import (
    BAR_CHARACTERISTIC,
    TMF_ACTIONS,
    BusinessAction,
    Characteristic,
    OrderedItem,
    Value,
)
from shared.errors import Fault


def change_faults(item: RequestedItem, product: Product, catalogue: Catalogue) -> Iterator[Fault]:
    """Name what is wrong with what an item changes of a product, except its offering's sale."""
    specification = specification_of(product, catalogue)
    rules = {rule.name: rule for rule in specification.characteristics}
    yield from stated_characteristic_faults(item, product, rules, catalogue)
    if item.enabled_action:
        after = characteristics_after(item, item.enabled_action, product, catalogue)
        values = {each.name: each.value for each in after}
        at = f"{item.field}/product/productCharacteristic"
        if values != values_of(product):
            yield from dependency_faults(at, specification.characteristics, values)
    yield from address_faults(item, product)
    yield from unchanged_faults(item, product)


def stated_characteristic_faults(
    item: RequestedItem,
    product: Product,
    rules: Mapping[str, CharacteristicRule],
    catalogue: Catalogue,
) -> Iterator[Fault]:
    """Name characteristics that are wrong by themselves, or that the action does not change."""
    offering = offering_after(item, product, catalogue)
    fixed = {each.name: each.value for each in offering.fixed} if offering else {}
    before = present_values(product)
    seen: set[str] = set()
    for each in item.characteristics:
        yield from characteristic_faults(each, rules, fixed, seen)
        name = each.name or ""
        seen.add(name)
        rule = rules.get(name)
        is_changed = before.get(name) != each.value
        if rule and is_changed and item.enabled_action not in rule.changed_by:
            actions = " or ".join(rule.changed_by) or "no action"
            yield Fault(
                f"{each.field}/value",
                "characteristic-not-changed",
                f"{item.enabled_action} does not change {name}",
                f"use businessAction {actions}, or leave it out",
            )


def address_faults(item: RequestedItem, product: Product) -> Iterator[Fault]:
    """Name what is wrong with the address of an item that changes a product."""
    yield from installation_address_faults(item)
    place, at = installation_place(item), f"{item.field}/product/place"
    may_move = item.may_change(ProductPart.ADDRESS)
    if may_move and not place.id:
        yield Fault(
            at,
            "address-missing",
            "the new address is not named",
            'add a place with role "installation address" and the id of a standard address',
        )
    elif may_move and place.id == product.content.address_id:
        remedy = "name another address, or leave the item out"
        yield Fault(at, "nothing-changed", "the product is at this address", remedy)
    elif not may_move and place.id not in {"", product.content.address_id}:
        actions = " or ".join(actions_changing(ProductPart.ADDRESS))
        remedy = f"use businessAction {actions}, or leave the place out"
        yield Fault(at, "address-not-changed", f"{item.enabled_action} moves nothing", remedy)


def unchanged_faults(item: RequestedItem, product: Product) -> Iterator[Fault]:
    """Name an item that states another offering or characteristics, and none that differ."""
    if not item.may_change(ProductPart.OFFERING):
        return
    before = present_values(product)
    is_same = all(before.get(each.name or "") == each.value for each in item.characteristics)
    if is_same and item.offering_id in {"", product.offering_id}:
        yield Fault(
            f"{item.field}/product",
            "nothing-changed",
            "the item states nothing that the product is not already",
            "name another offering, or characteristics with other values",
        )


def suspension_faults(item: RequestedItem, product: Product, *, adds: bool) -> Iterator[Fault]:
    """Name what is wrong with the reason that is added to a product, or lifted from it."""
    at, reason = f"{item.field}/suspensionReason", item.suspension_reason
    known, present = reasons_by_id(), product.suspended_for
    possible = [each for each in known if each not in present] if adds else list(present)
    remedy = f"use one of: {', '.join(possible)}" if possible else "leave the item out"
    if not reason:
        yield Fault(at, "suspension-reason-missing", "no reason is named", remedy)
    elif adds and reason not in known:
        yield Fault(at, "suspension-reason-unknown", "there is no such reason", remedy)
    elif adds and reason in present:
        fault = "the product is suspended for this reason already"
        yield Fault(at, "suspended-already", fault, remedy)
    elif not adds and reason not in present:
        yield Fault(at, "not-suspended", "the product is not suspended for this reason", remedy)


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


def changed_item(
    item: RequestedItem, action: BusinessAction, product: Product, catalogue: Catalogue
) -> Item:
    """Return the accepted item that changes a product.

    If the action does not price the product anew, it has one-time prices alone.
    """
    content, place = product.content, installation_place(item)
    characteristics = characteristics_after(item, action, product, catalogue)
    offering = offering_after(item, product, catalogue)
    is_priced_anew = item.rule is not None and item.rule.is_priced_anew
    price = FREE
    if offering:
        price = quote(offering, characteristics, bundle_discounts(product, catalogue), action)
    charges = tuple(
        each for each in price.charges if is_priced_anew or each.kind is PriceKind.ONE_TIME
    )
    ordered = ordered_product(item, action, product)
    ordered = msgspec.structs.replace(
        ordered,
        address_id=place.id or content.address_id,
        local_network=place.local_network or ordered.local_network,
        sold_in=(admitted_local_networks(offering.eligibility) or ()) if offering else (),
        characteristics=(*characteristics, *bar_of(product)),
        one_off_cents=price.one_off_cents,
        monthly_cents=price.monthly_cents if is_priced_anew else 0,
    )
    if is_priced_anew and offering:
        ordered = msgspec.structs.replace(
            ordered,
            offering_id=offering.id,
            offering_name=offering.name,
            catalogue_version=offering.version,
        )
    network = place.local_network or ("" if place.id else content.local_network)
    return Item(ordered=ordered, local_network=network, charges=charges)


def bar_of(product: Product) -> tuple[Characteristic, ...]:
    """Return what is barred of a suspended product, as a characteristic; nothing of another one."""
    if not product.suspended_for:
        return ()
    return (Characteristic(name=BAR_CHARACTERISTIC, value=strongest_bar(product.suspended_for)),)


def bundle_discounts(product: Product, catalogue: Catalogue) -> tuple[Discount, ...]:
    """Return the discounts of the bundle that a product was sold in."""
    bundle = find_version(catalogue.offerings, product.content.bundle)
    return bundle.discounts if bundle else ()


def suspension_item(
    item: RequestedItem, action: BusinessAction, product: Product, *, adds: bool
) -> Item:
    """Return the accepted item that suspends a product for a reason, or lifts one."""
    content, reason = product.content, item.suspension_reason
    left = {*product.suspended_for, reason} if adds else {*product.suspended_for} - {reason}
    bar = Characteristic(name=BAR_CHARACTERISTIC, value=strongest_bar(left))
    ordered = ordered_product(item, action, product)
    ordered = msgspec.structs.replace(
        ordered,
        characteristics=(*content.characteristics, bar),
        reason=reason,
    )
    return Item(ordered=ordered, local_network=content.local_network)


def offering_after(item: RequestedItem, product: Product, catalogue: Catalogue) -> Offering | None:
    """Return the offering of a product after an item; None if the catalogue does not have it."""
    if item.offering_id in {"", product.offering_id}:
        return find_version(
            catalogue.offerings, product.offering_id, product.content.catalogue_version
        )
    return catalogue.sellable_offerings.get(item.offering_id)


def characteristics_after(
    item: RequestedItem, action: BusinessAction, product: Product, catalogue: Catalogue
) -> tuple[Characteristic, ...]:
    """Return the characteristics of a product after an item.

    The new offering's fixed values come before those of the product. What an action chooses anew
    is that of the item alone: a customer who picks no number gets any. What the product has, and
    the new values of others do not allow any more, it loses.
    """
    rules = {each.name: each for each in specification_of(product, catalogue).characteristics}
    offering = offering_after(item, product, catalogue)
    before: dict[str, Value] = {
        each.name: each.value
        for each in product.content.characteristics
        if not is_chosen_anew(rules.get(each.name), action)
    }
    stated = {each.name: each.value for each in offering.fixed} if offering else {}
    stated |= {
        each.name: each.value  # type: ignore[misc]
        for each in item.characteristics
        if not is_present_number(each, product) or BUSINESS_ACTIONS[action].chooses_anew
    }
    values = before | stated
    if values != values_of(product):
        values = without_disallowed(values, kept=stated, rules=rules.values())
    return tuple(Characteristic(name=name, value=value) for name, value in values.items())


def values_of(product: Product) -> dict[str, Value]:
    """Return the characteristics of a product."""
    return {each.name: each.value for each in product.content.characteristics}


def present_values(product: Product) -> dict[str, Value]:
    """Return the characteristics of a product, and its number, picked or not."""
    number = {NUMBER_CHARACTERISTIC: product.number} if product.number else {}
    return number | values_of(product)


def is_present_number(stated: RequestedCharacteristic, product: Product) -> bool:
    """Tell whether an item states the number that a product has: it is not picked again."""
    return stated.name == NUMBER_CHARACTERISTIC and stated.value == product.number


def is_chosen_anew(rule: CharacteristicRule | None, action: BusinessAction) -> bool:
    """Tell whether an action chooses a characteristic anew, stated or not."""
    return rule is not None and action in rule.changed_by and BUSINESS_ACTIONS[action].chooses_anew


def specification_of(product: Product, catalogue: Catalogue) -> Specification:
    """Return the specification of a product: the active version, else the newest."""
    found = find_version(catalogue.specifications, product.specification)
    return found or Specification(id=product.specification, version=1, name=product.specification)
