"""The characteristics of an ordered product: checked against the rules, and merged."""

from collections.abc import Iterator, Mapping

from services.order.domain.acceptance.request import RequestedCharacteristic, RequestedItem
from services.order.domain.catalogue.catalogue import (
    CharacteristicRule,
    Offering,
    Specification,
)
from services.order.domain.catalogue.characteristic_values import allowed_values_text, value_faults
from shared.contracts import Characteristic, Value
from shared.errors import Fault


def characteristics_faults(
    item: RequestedItem, offering: Offering, specification: Specification
) -> Iterator[Fault]:
    """Name what is wrong with the characteristics given for one product."""
    rules = {rule.name: rule for rule in specification.characteristics}
    fixed = {each.name: each.value for each in offering.fixed}
    requested: set[str] = set()
    for each in item.characteristics:
        yield from characteristic_faults(each, rules, fixed, requested)
        requested.add(each.name or "")
    yield from missing_characteristic_faults(item.field, rules, requested | set(fixed))


def characteristic_faults(
    requested: RequestedCharacteristic,
    rules: Mapping[str, CharacteristicRule],
    fixed: Mapping[str, Value],
    seen: set[str],
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


def missing_characteristic_faults(
    at: str, rules: Mapping[str, CharacteristicRule], requested: set[str]
) -> Iterator[Fault]:
    """Name required characteristics that are neither given nor fixed."""
    field = f"{at}/product/productCharacteristic"
    for rule in rules.values():
        if rule.required and rule.name not in requested:
            yield Fault(
                field,
                "characteristic-missing",
                f"{rule.name} must be given",
                allowed_values_text(rule),
            )
        for other in rule.requires:
            if rule.name in requested and other not in requested:
                yield Fault(
                    field,
                    "characteristic-missing",
                    f"{rule.name} requires {other}",
                    f"give {other} as well, or leave {rule.name} out",
                )


def merge_characteristics(item: RequestedItem, offering: Offering) -> tuple[Characteristic, ...]:
    """Return the characteristics of the product: the given ones, and those the offering fixes."""
    values = {each.name: each.value for each in offering.fixed}
    values |= {each.name: each.value for each in item.characteristics}  # type: ignore[misc]
    return tuple(Characteristic(name=name, value=value) for name, value in values.items())
