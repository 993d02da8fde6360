"""Filling in what a blueprint leaves open: `$leg.element` becomes the OLT of this very line.

`$characteristic.NAME`   what the customer chose
`$item.NAME`             service, product, address or offering of the item
`$KIND.value`            the thing of that kind that the item holds, `$leg.value`
`$KIND.element`          the network element it leads to
`$KIND.NAME`             what else is known of it, `$leg.ponPort`
"""

from collections.abc import Iterable, Iterator

from services.provisioning.domain.blueprint import BlueprintStep
from services.provisioning.domain.plan import Item
from shared.contracts import Characteristic, Value

MARK = "$"
CHARACTERISTIC = "characteristic"
ITEM = "item"
ITEM_NAMES = ("service_id", "product_id", "address_id", "offering_id", "specification")


def fill(template: Value, item: Item) -> Value | None:
    """Return what a template stands for, or None if that is not known of the item."""
    if not isinstance(template, str) or not template.startswith(MARK):
        return template
    whose, _, name = template[1:].partition(".")
    match whose:
        case "characteristic":
            return value_of(name, item.characteristics)
        case "item":
            return str(getattr(item, name)) if name in ITEM_NAMES else None
        case _:
            return held_value(whose, name, item)


def fill_text(template: str, item: Item) -> str:
    """Return what a template stands for, or nothing if that is not known of the item."""
    value = fill(template, item)
    return "" if value is None else str(value)


def value_of(name: str, among: Iterable[Characteristic]) -> Value | None:
    """Return the value of the characteristic with this name, if it is among them."""
    return next((each.value for each in among if each.name == name), None)


def held_value(kind: str, name: str, item: Item) -> Value | None:
    """Return what is known of the thing of this kind that the item holds."""
    held = next((each for each in item.held if each.kind == kind), None)
    if held is None:
        return None
    match name:
        case "value":
            return held.value
        case "element":
            return held.element or None
        case _:
            return value_of(name, held.attributes)


def parameters_of(step: BlueprintStep, item: Item) -> tuple[Characteristic, ...]:
    """Return a step's parameters, filled in; those not known are left out."""
    return tuple(
        Characteristic(name=each.name, value=value)
        for each in step.parameters
        if (value := fill(each.value, item)) is not None
    )


def unknown(step: BlueprintStep, item: Item) -> list[str]:
    """Return those templates of a step for which nothing is known of the item."""
    return [each for each in templates(step) if fill(each, item) is None]


def templates(step: BlueprintStep) -> Iterator[str]:
    """Yield what a step needs to have filled in before it can begin."""
    for value in (step.element, *(each.value for each in step.parameters)):
        if isinstance(value, str) and value.startswith(MARK):
            yield value
