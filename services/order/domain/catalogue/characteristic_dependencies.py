"""Dependencies between characteristics: which ones a product can have, and which it must have."""

from collections.abc import Collection, Iterable, Iterator, Mapping

from services.order.domain.catalogue.catalogue import CharacteristicDependency, CharacteristicRule
from services.order.domain.catalogue.characteristic_values import allowed_values_text
from shared.contracts import Value
from shared.errors import Fault

MISSING_CODE = "characteristic-missing"


def dependency_faults(
    at: str, rules: Iterable[CharacteristicRule], values: Mapping[str, object]
) -> Iterator[Fault]:
    """Name characteristics that a product lacks, and those that it cannot have.

    Args:
        at: the JSON pointer to the characteristics.
        rules: those of the specification.
        values: all values that the product would have.
    """
    for rule in rules:
        if rule.name in values:
            yield from missing_partner_faults(at, rule, values)
            yield from not_allowed_faults(at, rule, values)
        elif rule.required:
            reason = f"{rule.name} must be given"
            yield Fault(at, MISSING_CODE, reason, allowed_values_text(rule))
        elif is_required_now(rule, values):
            cause = " and ".join(dependency_text(each) for each in rule.required_when)
            reason = f"{rule.name} must be given when {cause}"
            yield Fault(at, MISSING_CODE, reason, allowed_values_text(rule))


def missing_partner_faults(
    at: str, rule: CharacteristicRule, values: Mapping[str, object]
) -> Iterator[Fault]:
    """Name the characteristics that must be given with one, and are not."""
    for other in rule.requires:
        if other not in values:
            reason = f"{rule.name} requires {other}"
            remedy = f"give {other} as well, or leave {rule.name} out"
            yield Fault(at, MISSING_CODE, reason, remedy)


def not_allowed_faults(
    at: str, rule: CharacteristicRule, values: Mapping[str, object]
) -> Iterator[Fault]:
    """Name the dependencies of a characteristic that do not hold."""
    for each in rule.allowed_when:
        if not holds(each, values):
            reason = f"{rule.name} is allowed only when {dependency_text(each)}"
            remedy = f"leave {rule.name} out, or change {each.characteristic}"
            yield Fault(at, "characteristic-not-allowed", reason, remedy)


def is_required_now(rule: CharacteristicRule, values: Mapping[str, object]) -> bool:
    """Tell whether the values of other characteristics make one required."""
    dependencies = rule.required_when
    return bool(dependencies) and all(holds(each, values) for each in dependencies)


def without_disallowed(
    values: dict[str, Value], kept: Collection[str], rules: Collection[CharacteristicRule]
) -> dict[str, Value]:
    """Return values without those that others do not allow, except the kept ones.

    A value that falls away may disallow another one.
    """
    disallowed = {
        rule.name
        for rule in rules
        if rule.name in values
        and rule.name not in kept
        and not all(holds(each, values) for each in rule.allowed_when)
    }
    if not disallowed:
        return values
    left = {name: value for name, value in values.items() if name not in disallowed}
    return without_disallowed(left, kept, rules)


def holds(dependency: CharacteristicDependency, values: Mapping[str, object]) -> bool:
    """Tell whether the other characteristic has one of the values."""
    return values.get(dependency.characteristic) in dependency.values


def dependency_text(dependency: CharacteristicDependency) -> str:
    """Describe a dependency, for people: `speedMbps is 500 or 1000`."""
    values = " or ".join(str(each) for each in dependency.values)
    return f"{dependency.characteristic} is {values}"
