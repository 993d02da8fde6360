"""Filling the templates of a blueprint from an item of the plan."""

from collections.abc import Callable, Iterable, Iterator, Mapping
from datetime import datetime
from operator import attrgetter
from string import digits

from services.provisioning.domain.blueprint.blueprint import (
    BlueprintNeed,
    BlueprintStep,
    StepCondition,
)
from services.provisioning.domain.blueprint.templates import (
    ITEM_FIELDS,
    Reference,
    Source,
    is_template,
    parse_reference,
    templates_of,
)
from services.provisioning.domain.plan.plan import PlanItem, PlanStep, StepValues
from shared.contracts import Characteristic, Held, Value


def fill(template: Value, item: PlanItem) -> Value | None:
    """Return the value of a template, or None if the item has none."""
    if not isinstance(template, str) or not is_template(template):
        return template
    reference = parse_reference(template)
    if reference is None:
        return None
    found = referenced_value(reference, item)
    return reference.default if found is None else found


def referenced_value(reference: Reference, item: PlanItem) -> Value | None:
    """Return what a reference is to, or None if the item has no such value."""
    match reference.source:
        case Source.CHARACTERISTIC:
            return characteristic_value(reference.name, item.characteristics)
        case Source.CHARACTERISTIC_BEFORE:
            return characteristic_value(reference.name, item.before)
        case Source.ITEM:
            return item_value(reference.name, item)
        case _:
            return held_value(reference.kind, reference.name, HOLDINGS[reference.source](item))


def item_value(name: str, item: PlanItem) -> str | None:
    """Return a field of an item as text, or None if it has no value."""
    value = getattr(item, name) if name in ITEM_FIELDS else None
    if isinstance(value, datetime):
        return value.isoformat()
    return None if value is None else str(value)


HOLDINGS: Mapping[Source, Callable[[PlanItem], tuple[Held, ...]]] = {
    Source.HELD: attrgetter("held"),
    Source.GIVEN_UP: attrgetter("pre_released"),
    Source.HELD_BY_BASE: attrgetter("base_held"),
    Source.GIVEN_UP_BY_BASE: attrgetter("base_pre_released"),
}
"""The holdings that a reference to a resource means."""


def applies(part: BlueprintStep | BlueprintNeed, item: PlanItem) -> bool:
    """Tell whether a step or a need is part of the plan of an item."""
    return all(holds(each, item) for each in part.when)


def holds(condition: StepCondition, item: PlanItem) -> bool:
    """Tell whether a condition holds for an item."""
    value = fill(condition.value, item)
    if condition.one_of:
        return value in [fill(each, item) for each in condition.one_of]
    return value != fill(condition.differs_from, item)


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
        case "ranges":
            return ",".join(ranges_of(each.value for each in among if each.kind == kind))
        case "element":
            return held.element or None
        case _:
            return characteristic_value(name, held.attributes)


def ranges_of(values: Iterable[str]) -> Iterator[str]:
    """Yield values as ranges of consecutive ones: `KT01-KT03`, and a single one as it is."""
    first = last = ""
    for value in sorted(values):
        if last and value == value_after(last):
            last = value
            continue
        if first:
            yield range_text(first, last)
        first = last = value
    if first:
        yield range_text(first, last)


def value_after(value: str) -> str:
    """Return the next value of the same length; empty if there is none."""
    prefix = value.rstrip(digits)
    number = value[len(prefix) :]
    following = str(int(number) + 1).zfill(len(number)) if number else ""
    return prefix + following if len(following) == len(number) else ""


def range_text(first: str, last: str) -> str:
    """Return a range as text."""
    return first if first == last else f"{first}-{last}"


def values_of_step(step: PlanStep, item: PlanItem) -> StepValues:
    """Return the values of a step for its item: those that it was started with, if kept."""
    if step.filled:
        return step.filled
    blueprint = step.blueprint
    return StepValues(
        element=fill_text(blueprint.element, item),
        district=fill_text(blueprint.district, item),
        parameters=fill_parameters(blueprint.parameters, item),
        undo_parameters=fill_parameters(blueprint.undo_parameters, item),
        held=item.held,
    )


def call_parameters(
    step: PlanStep, values: StepValues, *, undo: bool
) -> tuple[Characteristic, ...]:
    """Return the parameters of a step's operation, or of its undo if that has its own."""
    return values.undo_parameters if undo and step.blueprint.undo_parameters else values.parameters


def fill_parameters(
    parameters: Iterable[Characteristic], item: PlanItem
) -> tuple[Characteristic, ...]:
    """Return parameters of a step, filled in; those without a value are left out."""
    return tuple(
        Characteristic(name=each.name, value=value)
        for each in parameters
        if (value := fill(each.value, item)) is not None
    )


def unfilled_templates(step: BlueprintStep, item: PlanItem) -> list[str]:
    """Return the templates of a step for which the item has no value."""
    return [each for each in templates_of(step) if fill(each, item) is None]
