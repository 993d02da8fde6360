"""Filling the templates of a blueprint from an item of the plan."""

from collections.abc import Iterable

from services.provisioning.domain.blueprint.blueprint import BlueprintStep
from services.provisioning.domain.blueprint.templates import (
    BEFORE_REFERENCE,
    CHARACTERISTIC_REFERENCE,
    ITEM_FIELDS,
    ITEM_REFERENCE,
    REFERENCE_MARK,
    templates_of,
)
from services.provisioning.domain.plan.plan import PlanItem, PlanStep, StepValues
from shared.contracts import Characteristic, Held, Value


def fill(template: Value, item: PlanItem) -> Value | None:
    """Return the value of a template, or None if the item has none."""
    if not isinstance(template, str) or not template.startswith(REFERENCE_MARK):
        return template
    source, _, name = template[1:].partition(".")
    if source == CHARACTERISTIC_REFERENCE:
        return characteristic_value(name, item.characteristics)
    if source == ITEM_REFERENCE:
        return str(getattr(item, name)) if name in ITEM_FIELDS else None
    if source == BEFORE_REFERENCE:
        kind, _, name = name.partition(".")
        return held_value(kind, name, item.pre_released)
    return held_value(source, name, item.held)


def fill_text(template: str, item: PlanItem) -> str:
    """Return the value of a template as text, empty if the item has none."""
    value = fill(template, item)
    return "" if value is None else str(value)


def characteristic_value(name: str, among: Iterable[Characteristic]) -> Value | None:
    """Return the value of the characteristic with this name, if it is among them."""
    return next((each.value for each in among if each.name == name), None)


def held_value(kind: str, name: str, among: Iterable[Held]) -> Value | None:
    """Return a value of the first resource of this kind, if one is among these holdings."""
    held = next((each for each in among if each.kind == kind), None)
    if held is None:
        return None
    match name:
        case "value":
            return held.value
        case "element":
            return held.element or None
        case _:
            return characteristic_value(name, held.attributes)


def values_of_step(step: PlanStep, item: PlanItem) -> StepValues:
    """Return the values of a step for its item: those that it was started with, if kept."""
    if step.filled:
        return step.filled
    blueprint = step.blueprint
    return StepValues(
        element=fill_text(blueprint.element, item),
        district=fill_text(blueprint.district, item),
        parameters=fill_parameters(blueprint, item),
        held=item.held,
    )


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
