"""Templates in blueprints, filled from an item: `$leg.element` becomes the OLT of its line.

`$characteristic.NAME`   what the customer chose
`$item.NAME`             service, product, address or offering of the item
`$KIND.value`            the resource of that kind that the item holds, `$leg.value`
`$KIND.element`          the network element it leads to
`$KIND.NAME`             another attribute of it, `$leg.ponPort`
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
    """Return the value of a template, or None if the item has none."""
    if not isinstance(template, str) or not template.startswith(REFERENCE_MARK):
        return template
    source, _, name = template[1:].partition(".")
    match source:
        case "characteristic":
            return characteristic_value(name, item.characteristics)
        case "item":
            return str(getattr(item, name)) if name in ITEM_FIELDS else None
        case _:
            return held_value(source, name, item)


def fill_text(template: str, item: PlanItem) -> str:
    """Return the value of a template as text, empty if the item has none."""
    value = fill(template, item)
    return "" if value is None else str(value)


def characteristic_value(name: str, among: Iterable[Characteristic]) -> Value | None:
    """Return the value of the characteristic with this name, if it is among them."""
    return next((each.value for each in among if each.name == name), None)


def held_value(kind: str, name: str, item: PlanItem) -> Value | None:
    """Return a value of the resource of this kind that the item holds."""
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
    """Return a step's parameters, filled in; those without a value are left out."""
    return tuple(
        Characteristic(name=each.name, value=value)
        for each in step.parameters
        if (value := fill(each.value, item)) is not None
    )


def unfilled_templates(step: BlueprintStep, item: PlanItem) -> list[str]:
    """Return the templates of a step for which the item has no value."""
    return [each for each in templates_of(step) if fill(each, item) is None]


def templates_of(step: BlueprintStep) -> Iterator[str]:
    """Yield the templates that must be filled before a step can begin."""
    for value in (step.element, *(each.value for each in step.parameters)):
        if isinstance(value, str) and value.startswith(REFERENCE_MARK):
            yield value
