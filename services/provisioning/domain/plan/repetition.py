"""Repetition: a plan has a step once for each value of a list, as for each member of a group."""

from collections.abc import Iterable

import msgspec

from services.provisioning.domain.blueprint.blueprint import Blueprint, BlueprintStep
from services.provisioning.domain.blueprint.templates import EACH
from services.provisioning.domain.plan.plan import PlanItem
from services.provisioning.domain.plan.templates import applies, fill_text
from shared.contracts import Characteristic

MAX_REPETITIONS = 100
"""How often a plan can have a step."""


def repetitions(step: BlueprintStep, item: PlanItem) -> tuple[BlueprintStep, ...]:
    """Return a step as often as the plan of an item has it: once, or for each of its values."""
    if not step.for_each:
        return (step,)
    return tuple(for_value(step, n, each) for n, each in enumerate(values_of(step, item), start=1))


def values_of(step: BlueprintStep, item: PlanItem) -> list[str]:
    """Return the values for which a step is repeated, each once."""
    values = (each.strip() for each in fill_text(step.for_each, item).split(","))
    return list(dict.fromkeys(filter(None, values)))


def for_value(step: BlueprintStep, number: int, value: str) -> BlueprintStep:
    """Return a step for one value. No step of a blueprint can have its name, `member.2`.

    Its title has the number: titles are in reasons, where a value may be personal.
    """
    return msgspec.structs.replace(
        step,
        name=f"{step.name}.{number}",
        title=f"{step.title or step.name} ({number})",
        element=value if step.element == EACH else step.element,
        district=value if step.district == EACH else step.district,
        parameters=with_value(step.parameters, value),
        undo_parameters=with_value(step.undo_parameters, value),
    )


def with_value(parameters: Iterable[Characteristic], value: str) -> tuple[Characteristic, ...]:
    """Return parameters with the value for which their step is repeated."""
    return tuple(
        Characteristic(name=each.name, value=value) if each.value == EACH else each
        for each in parameters
    )


def too_many_repetitions(planned: Iterable[tuple[PlanItem, Blueprint]]) -> str:
    """Return why an order cannot be planned whose steps are repeated too often; empty if it can."""
    for item, blueprint in planned:
        for step in (each for each in blueprint.steps if each.for_each and applies(each, item)):
            count = len(values_of(step, item))
            if count > MAX_REPETITIONS:
                text = f"{step.for_each} of item {item.id} has {count} values"
                return f"{text}, and {step.name} is done for up to {MAX_REPETITIONS}"
    return ""
