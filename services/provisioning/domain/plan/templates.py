"""Filling in what a blueprint leaves open: `$leg.element` becomes the OLT of this very line.

`$characteristic.NAME`   what the customer chose
`$item.NAME`             service, product, address or offering of the item
`$KIND.value`            the thing of that kind that the item holds, `$leg.value`
`$KIND.element`          the network element it leads to
`$KIND.NAME`             what else is known of it, `$leg.ponPort`
"""

from collections.abc import Iterable, Iterator

from services.provisioning.domain.blueprint.blueprint import BlueprintStep
from services.provisioning.domain.plan.plan import PlanItem
from shared.contracts import Characteristic, Value

REFERENCE_MARK = "$"
CHARACTERISTIC_REFERENCE = "characteristic"
ITEM_REFERENCE = "item"
ITEM_FIELDS = ("service_id", "product_id", "address_id", "offering_id", "specification")


def fill(template: Value, item: PlanItem) -> Value | None:
    """Return what a template stands for, or None if that is not known of the item."""
    if not isinstance(template, str) or not template.startswith(REFERENCE_MARK):
        return template
    whose, _, name = template[1:].partition(".")
    match whose:
        case "characteristic":
            return characteristic_value(name, item.characteristics)
        case "item":
            return str(getattr(item, name)) if name in ITEM_FIELDS else None
        case _:
            return held_value(whose, name, item)


def fill_text(template: str, item: PlanItem) -> str:
    """Return what a template stands for, or nothing if that is not known of the item."""
    value = fill(template, item)
    return "" if value is None else str(value)


def characteristic_value(name: str, among: Iterable[Characteristic]) -> Value | None:
    """Return the value of the characteristic with this name, if it is among them."""
    return next((each.value for each in among if each.name == name), None)


def held_value(kind: str, name: str, item: PlanItem) -> Value | None:
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
            return characteristic_value(name, held.attributes)


def fill_parameters(step: BlueprintStep, item: PlanItem) -> tuple[Characteristic, ...]:
    """Return a step's parameters, filled in; those not known are left out."""
    return tuple(
        Characteristic(name=each.name, value=value)
        for each in step.parameters
        if (value := fill(each.value, item)) is not None
    )


def unfilled_templates(step: BlueprintStep, item: PlanItem) -> list[str]:
    """Return those templates of a step for which nothing is known of the item."""
    return [each for each in templates_of(step) if fill(each, item) is None]


def templates_of(step: BlueprintStep) -> Iterator[str]:
    """Yield what a step needs to have filled in before it can begin."""
    for value in (step.element, *(each.value for each in step.parameters)):
        if isinstance(value, str) and value.startswith(REFERENCE_MARK):
            yield value
