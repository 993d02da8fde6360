"""The characteristics of an ordered product: against the rules, and as they will be."""

import re
from collections.abc import Iterator, Mapping
from functools import cache

from services.order.domain.catalogue import CharacteristicRule, Offering, Specification, ValueType
from services.order.domain.request import GivenCharacteristic, GivenItem
from shared.contracts import Characteristic, Value
from shared.errors import Fault

PYTHON = {ValueType.STRING: str, ValueType.INTEGER: int, ValueType.BOOLEAN: bool}
LONGEST = 256
"""Characters in a text value."""


def check_characteristics(
    item: GivenItem, offering: Offering, specification: Specification
) -> Iterator[Fault]:
    """Name what is wrong with the characteristics given for one product."""
    rules = {rule.name: rule for rule in specification.characteristics}
    fixed = {each.name: each.value for each in offering.fixed}
    given: set[str] = set()
    for each in item.characteristics:
        yield from check_one(each, rules, fixed, given)
        given.add(each.name or "")
    yield from check_together(item.field, rules, given | set(fixed))


def check_one(
    given: GivenCharacteristic,
    rules: Mapping[str, CharacteristicRule],
    fixed: Mapping[str, Value],
    before: set[str],
) -> Iterator[Fault]:
    """Name what is wrong with one characteristic by itself."""
    at = f"{given.field}/name"
    names = ", ".join(rules) or "none"
    if not given.name:
        yield Fault(at, "characteristic-unnamed", "a characteristic has no name", f"use: {names}")
    elif given.name not in rules:
        yield Fault(
            at,
            "characteristic-unknown",
            "the product has no such characteristic",
            f"leave it out; the product's are: {names}",
        )
    elif given.name in before:
        yield Fault(
            at, "characteristic-twice", f"{given.name} is given twice", "give each one once"
        )
    else:
        yield from check_value(f"{given.field}/value", given.value, rules[given.name], fixed)


def check_value(
    at: str, value: object, rule: CharacteristicRule, fixed: Mapping[str, Value]
) -> Iterator[Fault]:
    """Name what is wrong with a value, if something is."""
    if type(value) is not PYTHON[rule.type] or (isinstance(value, str) and len(value) > LONGEST):
        yield Fault(at, "characteristic-type", f"{rule.name} is no {rule.type}", wanted(rule))
    elif rule.allowed and value not in rule.allowed:
        yield Fault(at, "characteristic-value", f"{rule.name} cannot have this value", wanted(rule))
    elif rule.pattern and not compiled(rule.pattern).fullmatch(str(value)):
        yield Fault(at, "characteristic-value", f"{rule.name} has not the right form", wanted(rule))
    elif fixed.get(rule.name, value) != value:
        yield Fault(
            at,
            "characteristic-fixed",
            f"the offering itself decides {rule.name}",
            f"leave it out, or say {fixed[rule.name]}",
        )


def check_together(
    at: str, rules: Mapping[str, CharacteristicRule], given: set[str]
) -> Iterator[Fault]:
    """Name what is missing among the characteristics that are given or fixed."""
    field = f"{at}/product/productCharacteristic"
    for rule in rules.values():
        if rule.required and rule.name not in given:
            yield Fault(field, "characteristic-missing", f"{rule.name} must be given", wanted(rule))
        for other in rule.requires:
            if rule.name in given and other not in given:
                yield Fault(
                    field,
                    "characteristic-missing",
                    f"{rule.name} means nothing without {other}",
                    f"give {other} as well, or leave {rule.name} out",
                )


def wanted(rule: CharacteristicRule) -> str:
    """Say what a characteristic may be, for people."""
    if rule.allowed:
        return f"use one of: {', '.join(str(each) for each in rule.allowed)}"
    if rule.pattern:
        return f"use {rule.pattern_means or rule.pattern}"
    longest = f" of at most {LONGEST} characters" if rule.type is ValueType.STRING else ""
    return f"use a JSON {rule.type}{longest}"


@cache
def compiled(pattern: str) -> re.Pattern[str]:
    """Compile a pattern of the catalogue once; its classes of characters mean ASCII."""
    return re.compile(pattern, re.ASCII)


def characteristics_of(item: GivenItem, offering: Offering) -> tuple[Characteristic, ...]:
    """Return what the product will be: what was given, and what the offering fixes."""
    values = {each.name: each.value for each in offering.fixed}
    values |= {each.name: each.value for each in item.characteristics}  # type: ignore[misc]
    return tuple(Characteristic(name=name, value=value) for name, value in values.items())
