"""Changes of a product (变更, 改号, 移机): what an item may state, and what follows."""

from collections.abc import Iterator, Mapping

import msgspec

from services.order.domain.acceptance.characteristics import (
    characteristic_faults,
    missing_characteristic_faults,
)
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
    UNRESTRICTED,
    Catalogue,
    CharacteristicRule,
    Offering,
    PriceKind,
    Specification,
    find_version,
)
from services.order.domain.catalogue.characteristic_values import NUMBER_CHARACTERISTIC
from services.order.domain.catalogue.eligibility import admitted_local_networks
from services.order.domain.catalogue.pricing import FREE, quote
from services.order.domain.fulfilment.product import Product
from services.order.domain.fulfilment.suspension import strongest_bar
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
        names = {each.name for each in after}
        yield from missing_characteristic_faults(item.field, rules, names)
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
    item: RequestedItem,
    action: BusinessAction,
    product: Product,
    catalogue: Catalogue,
    joined: Offering | None,
) -> Item:
    """Return the accepted item that changes a product.

    If the action does not price the product anew, it has one-time prices alone.

    Args:
        item: the requested item.
        action: its business action.
        product: the product as it is.
        catalogue: the catalogue of the tenant.
        joined: the bundle whose member the product becomes, if it does.
    """
    bundle = joined or bundle_that_stays(item, product, catalogue)
    content, place = product.content, installation_place(item)
    characteristics = characteristics_after(item, action, product, catalogue)
    offering = offering_after(item, product, catalogue)
    is_priced_anew = item.rule is not None and item.rule.is_priced_anew
    price = FREE
    if offering:
        price = quote(offering, characteristics, bundle.discounts if bundle else (), action)
    charges = tuple(
        each for each in price.charges if is_priced_anew or each.kind is PriceKind.ONE_TIME
    )
    ordered = ordered_product(item, action, product)
    ordered = msgspec.structs.replace(
        ordered,
        address_id=place.id or content.address_id,
        local_network=place.local_network or ordered.local_network,
        sold_in=networks_sold_in(offering, joined),
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
    if item.may_change(ProductPart.BUNDLE):
        ordered = msgspec.structs.replace(ordered, bundle=joined.id if joined else "")
    network = place.local_network or ("" if place.id else content.local_network)
    return Item(ordered=ordered, local_network=network, charges=charges)


def bar_of(product: Product) -> tuple[Characteristic, ...]:
    """Return what is barred of a suspended product, as a characteristic; nothing of another one."""
    if not product.suspended_for:
        return ()
    return (Characteristic(name=BAR_CHARACTERISTIC, value=strongest_bar(product.suspended_for)),)


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
    is that of the item alone: a customer who picks no number gets any.
    """
    rules = {each.name: each for each in specification_of(product, catalogue).characteristics}
    offering = offering_after(item, product, catalogue)
    values: dict[str, Value] = {
        each.name: each.value
        for each in product.content.characteristics
        if not is_chosen_anew(rules.get(each.name), action)
    }
    values |= {each.name: each.value for each in offering.fixed} if offering else {}
    values |= {
        each.name: each.value  # type: ignore[misc]
        for each in item.characteristics
        if not is_present_number(each, product) or BUSINESS_ACTIONS[action].chooses_anew
    }
    return tuple(Characteristic(name=name, value=value) for name, value in values.items())


def present_values(product: Product) -> dict[str, Value]:
    """Return the characteristics of a product, and its number, picked or not."""
    number = {NUMBER_CHARACTERISTIC: product.number} if product.number else {}
    return number | {each.name: each.value for each in product.content.characteristics}


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
