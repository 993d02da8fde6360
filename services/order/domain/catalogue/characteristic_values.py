"""Values of characteristics: checked against the rules of a specification."""

import re
from collections.abc import Iterator, Mapping
from functools import cache

from services.order.domain.catalogue.catalogue import CharacteristicRule, ValueType
from shared.contracts import Value
from shared.errors import Fault

NUMBER_CHARACTERISTIC = "number"
"""The characteristic by which an item picks its number."""

PYTHON_TYPES = {ValueType.STRING: str, ValueType.INTEGER: int, ValueType.BOOLEAN: bool}
MAX_TEXT_LENGTH = 256
"""Characters in a text value."""


def value_faults(
    at: str, value: object, rule: CharacteristicRule, fixed: Mapping[str, Value]
) -> Iterator[Fault]:
    """Name what is wrong with a value, if something is."""
    if not is_of_type(value, rule):
        yield from type_faults(at, value, rule)
    elif rule.allowed and value not in rule.allowed:
        yield Fault(
            at,
            "characteristic-value",
            f"{rule.name} cannot have this value",
            allowed_values_text(rule),
        )
    elif rule.pattern and not compile_pattern(rule.pattern).fullmatch(str(value)):
        yield Fault(
            at,
            "characteristic-value",
            f"{rule.name} has not the right form",
            allowed_values_text(rule),
        )
    elif not is_in_range(value, rule):
        yield Fault(
            at,
            "characteristic-range",
            f"{rule.name} is out of its range",
            allowed_values_text(rule),
        )
    elif fixed.get(rule.name, value) != value:
        yield Fault(
            at,
            "characteristic-fixed",
            f"the offering itself decides {rule.name}",
            f"leave it out, or say {fixed[rule.name]}",
        )


def is_of_type(value: object, rule: CharacteristicRule) -> bool:
    """Tell whether a value is of a characteristic's type."""
    is_too_long = isinstance(value, str) and len(value) > MAX_TEXT_LENGTH
    return type(value) is PYTHON_TYPES[rule.type] and not is_too_long


def type_faults(at: str, value: object, rule: CharacteristicRule) -> Iterator[Fault]:
    """Name a value that is not of a characteristic's type."""
    if not is_of_type(value, rule):
        yield Fault(
            at, "characteristic-type", f"{rule.name} is no {rule.type}", allowed_values_text(rule)
        )


def is_in_range(value: object, rule: CharacteristicRule) -> bool:
    """Tell whether a value of the rule's type is in its range; each text and truth value is."""
    if rule.type is not ValueType.INTEGER or not isinstance(value, int):
        return True
    least = value if rule.minimum is None else rule.minimum
    greatest = value if rule.maximum is None else rule.maximum
    is_on_step = rule.step <= 1 or (value - (rule.minimum or 0)) % rule.step == 0
    return least <= value <= greatest and is_on_step


def allowed_values_text(rule: CharacteristicRule) -> str:
    """Describe the allowed values of a characteristic, for people."""
    unit = f", in {rule.unit}" if rule.unit else ""
    if rule.allowed:
        return f"use one of: {', '.join(str(each) for each in rule.allowed)}{unit}"
    if rule.pattern:
        return f"use {rule.pattern_means or rule.pattern}"
    limit = f" of at most {MAX_TEXT_LENGTH} characters" if rule.type is ValueType.STRING else ""
    return f"use a JSON {rule.type}{limit}{range_text(rule)}{unit}"


def range_text(rule: CharacteristicRule) -> str:
    """Describe the range of a whole number: ` from 10 to 100 in steps of 10`."""
    least = "" if rule.minimum is None else f" from {rule.minimum}"
    greatest = "" if rule.maximum is None else f" to {rule.maximum}"
    steps = "" if rule.step == 1 else f" in steps of {rule.step}"
    return f"{least}{greatest}{steps}"


@cache
def compile_pattern(pattern: str) -> re.Pattern[str]:
    """Compile a pattern of the catalogue once; its character classes match ASCII only."""
    return re.compile(pattern, re.ASCII)
