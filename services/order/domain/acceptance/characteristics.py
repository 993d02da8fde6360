"""The characteristics of an ordered product: checked against the rules, and merged."""

from collections.abc import Collection, Iterator, Mapping

from services.order.domain.acceptance.request import RequestedCharacteristic, RequestedItem
from services.order.domain.catalogue.catalogue import (
    CharacteristicRule,
    Offering,
    Specification,
)
from services.order.domain.catalogue.characteristic_dependencies import dependency_faults
from services.order.domain.catalogue.characteristic_values import value_faults
from shared.contracts import Characteristic, Value
from shared.errors import Fault


def characteristics_faults(
    item: RequestedItem, offering: Offering, specification: Specification
) -> Iterator[Fault]:
    """Name what is wrong with the characteristics given for one product."""
    rules = {rule.name: rule for rule in specification.characteristics}
    fixed = {each.name: each.value for each in offering.fixed}
    requested: dict[str, object] = {}
    for each in item.characteristics:
        yield from characteristic_faults(each, rules, fixed, requested)
        requested[each.name or ""] = each.value
    at = f"{item.field}/product/productCharacteristic"
    yield from dependency_faults(at, specification.characteristics, {**requested, **fixed})


def characteristic_faults(
    requested: RequestedCharacteristic,
    rules: Mapping[str, CharacteristicRule],
    fixed: Mapping[str, Value],
    seen: Collection[str],
) -> Iterator[Fault]:
    """Name what is wrong with one characteristic by itself."""
    at = f"{requested.field}/name"
    names = ", ".join(rules) or "none"
    if not requested.name:
        yield Fault(at, "characteristic-unnamed", "a characteristic has no name", f"use: {names}")
    elif requested.name not in rules:
        yield Fault(
            at,
            "characteristic-unknown",
            "the product has no such characteristic",
            f"leave it out; the product's are: {names}",
        )
    elif requested.name in seen:
        yield Fault(
            at, "characteristic-twice", f"{requested.name} is given twice", "give each one once"
        )
    else:
        yield from value_faults(
            f"{requested.field}/value", requested.value, rules[requested.name], fixed
        )


def merge_characteristics(item: RequestedItem, offering: Offering) -> tuple[Characteristic, ...]:
    """Return the characteristics of the product: the given ones, and those the offering fixes."""
    values = {each.name: each.value for each in offering.fixed}
    values |= {each.name: each.value for each in item.characteristics}  # type: ignore[misc]
    return tuple(Characteristic(name=name, value=value) for name, value in values.items())
