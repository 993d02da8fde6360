"""Validation of the rules for characteristics: ranges, units, and dependencies on others."""

from collections.abc import Collection, Iterator, Mapping

from services.order.domain.catalogue.catalogue import (
    Catalogue,
    CharacteristicDependency,
    CharacteristicRule,
    Offering,
    Specification,
    ValueType,
)
from services.order.domain.catalogue.characteristic_dependencies import dependency_text, holds
from services.order.domain.catalogue.characteristic_values import value_faults
from services.order.domain.catalogue.reference_faults import dangling_reference_fault
from services.order.domain.catalogue.validation import specification_mismatch_faults
from shared.errors import Fault

MAX_UNIT_LENGTH = 32


def characteristic_rule_faults(at: str, specification: Specification) -> Iterator[Fault]:
    """Name what is wrong with the ranges, units and dependencies of a specification."""
    rules = {rule.name: rule for rule in specification.characteristics}
    for index, rule in enumerate(specification.characteristics):
        here = f"{at}/characteristics/{index}"
        yield from range_faults(here, rule)
        yield from unit_faults(here, rule)
        yield from rule_dependency_faults(here, rule, rules)


def range_faults(at: str, rule: CharacteristicRule) -> Iterator[Fault]:
    """Name a range that no value, or no value of this type, can be in."""
    if not rule.has_range:
        return
    if rule.type is not ValueType.INTEGER or rule.allowed:
        reason = "only a whole number whose values are not listed has a range"
        remedy = "leave minimum, maximum and step out, or use type integer without allowed"
        yield Fault(f"{at}/minimum", "range-unsupported", reason, remedy)
    elif rule.step < 1:
        yield Fault(f"{at}/step", "step-malformed", "a step is 1 or more", "give 1 or more")
    elif is_upside_down(rule):
        reason = "the maximum is less than the minimum"
        yield Fault(f"{at}/maximum", "range-empty", reason, "give a greater maximum")


def is_upside_down(rule: CharacteristicRule) -> bool:
    """Tell whether the maximum of a range is less than its minimum."""
    return rule.minimum is not None and rule.maximum is not None and rule.maximum < rule.minimum


def unit_faults(at: str, rule: CharacteristicRule) -> Iterator[Fault]:
    """Name a unit that cannot be read, or that values of this type do not have."""
    unit, here = rule.unit, f"{at}/unit"
    if unit and rule.type is not ValueType.INTEGER:
        reason, remedy = "only whole numbers have a unit", "leave it out, or use type integer"
        yield Fault(here, "unit-unsupported", reason, remedy)
    elif len(unit) > MAX_UNIT_LENGTH or not unit.isprintable() or unit != unit.strip():
        remedy = f"use at most {MAX_UNIT_LENGTH} printable characters, as in Mbit/s"
        yield Fault(here, "unit-malformed", "the unit has not the right form", remedy)


def rule_dependency_faults(
    at: str, rule: CharacteristicRule, rules: Mapping[str, CharacteristicRule]
) -> Iterator[Fault]:
    """Name dependencies that cannot hold, and those of a characteristic that is always given."""
    for name, dependencies in (
        ("allowed_when", rule.allowed_when),
        ("required_when", rule.required_when),
    ):
        if dependencies and rule.required:
            reason = "a characteristic that must always be given does not depend on another"
            yield Fault(f"{at}/{name}", "required-depends", reason, "leave one of them out")
        for index, each in enumerate(dependencies):
            others = {key: value for key, value in rules.items() if key != rule.name}
            yield from one_dependency_faults(f"{at}/{name}/{index}", each, others)


def one_dependency_faults(
    at: str, dependency: CharacteristicDependency, others: Mapping[str, CharacteristicRule]
) -> Iterator[Fault]:
    """Name why a dependency cannot hold, if it cannot."""
    other = others.get(dependency.characteristic)
    if other is None:
        reason = f"there is no other characteristic {dependency.characteristic}"
        yield dangling_reference_fault(f"{at}/characteristic", reason)
        return
    if not dependency.values:
        reason = "a dependency names the values of the other characteristic"
        yield Fault(f"{at}/values", "dependency-empty", reason, "name at least one value")
    for index, value in enumerate(dependency.values):
        yield from value_faults(f"{at}/values/{index}", value, other, {})


def fixed_dependency_faults(at: str, offering: Offering, catalogue: Catalogue) -> Iterator[Fault]:
    """Name fixed values that another fixed value of the offering does not allow."""
    specification = catalogue.active_specifications.get(offering.specification)
    rules = {rule.name: rule for rule in specification.characteristics} if specification else {}
    fixed = {each.name: each.value for each in offering.fixed}
    for index, name in enumerate(fixed):
        for each in rules[name].allowed_when if name in rules else ():
            if each.characteristic in fixed and not holds(each, fixed):
                reason = f"{name} is allowed only when {dependency_text(each)}"
                remedy = f"fix another {each.characteristic}, or leave {name} out"
                yield Fault(f"{at}/fixed/{index}", "dependency-unmet", reason, remedy)


def broken_offering_faults(
    at: str, specification: Specification, catalogue: Catalogue, published: Collection[Offering]
) -> Iterator[Fault]:
    """Name offerings on sale whose fixed values or prices a new version does not allow.

    Those that are published with it have faults of their own.
    """
    if catalogue.active_specifications.get(specification.id) != specification:
        return
    for offering in catalogue.sellable_offerings.values():
        if offering.specification == specification.id and offering not in published:
            for fault in specification_mismatch_faults("", offering, specification):
                reason = f"offering {offering.id} does not fit this version: {fault.reason}"
                remedy = "publish a version of the offering that fits together with this"
                yield Fault(at, "offering-broken", reason, remedy)
