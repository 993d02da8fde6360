"""Changes of a product (变更, 改号, 移机): what an item may state, and what the product has."""

from collections.abc import Iterator, Mapping

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
    Offering,
    Specification,
    find_version,
)
from services.order.domain.catalogue.characteristic_dependencies import (
    dependency_faults,
    without_disallowed,
)
from services.order.domain.catalogue.characteristic_values import NUMBER_CHARACTERISTIC
from services.order.domain.fulfilment.product import Product
from shared.contracts import (
    BusinessAction,
    Characteristic,
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
    yield from renewal_faults(item, product, catalogue)


def stated_characteristic_faults(
    item: RequestedItem,
    product: Product,
    rules: Mapping[str, CharacteristicRule],
    catalogue: Catalogue,
) -> Iterator[Fault]:
    """Name characteristics that are wrong by themselves, or that the action does not change."""
    offering = offering_after(item, product, catalogue)
    is_priced_anew = item.rule is not None and item.rule.is_priced_anew
    fixed = {each.name: each.value for each in offering.fixed if is_priced_anew} if offering else {}
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


def renewal_faults(item: RequestedItem, product: Product, catalogue: Catalogue) -> Iterator[Fault]:
    """Name a renewal of a product whose offering has no term."""
    offering = offering_after(item, product, catalogue)
    renews = item.rule is not None and item.rule.renews_commitment
    if renews and offering and offering.commitment is None:
        with_term = [
            each.id
            for each in catalogue.sellable_offerings.values()
            if each.specification == product.specification and each.commitment
        ]
        reason = f"{offering.id} has no term that could be renewed"
        remedy = f"change to an offering with a term: {', '.join(with_term) or 'none is sold'}"
        yield Fault(f"{item.field}/businessAction", "nothing-to-renew", reason, remedy)


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

    If the action prices the product anew, the offering's fixed values come before its own. What an
    action chooses anew is that of the item alone: a customer who picks no number gets any. What the
    product has, and the new values of others do not allow any more, it loses.
    """
    rules = {each.name: each for each in specification_of(product, catalogue).characteristics}
    offering = offering_after(item, product, catalogue)
    before: dict[str, Value] = {
        each.name: each.value
        for each in product.content.characteristics
        if not is_chosen_anew(rules.get(each.name), action)
    }
    is_priced_anew = BUSINESS_ACTIONS[action].is_priced_anew
    stated = (
        {each.name: each.value for each in offering.fixed if is_priced_anew} if offering else {}
    )
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
