"""Validation of references and conditions: they can be resolved when they are needed."""

import re
from collections.abc import Iterator, Sequence

from services.provisioning.domain.blueprint.blueprint import (
    MAX_COUNT,
    BlueprintNeed,
    BlueprintStep,
    StepCondition,
)
from services.provisioning.domain.blueprint.need_validation import AvailableKinds
from services.provisioning.domain.blueprint.templates import (
    EACH,
    ITEM_FIELDS,
    Reference,
    Source,
    is_template,
    parse_reference,
    templates_of,
)
from shared.contracts import NeedEffect, ServedFrom
from shared.errors import Fault

SERVED_FROM = ("", *ServedFrom)
"""Where a need can say that it is served from; empty for where its kind is."""

COUNT = re.compile(rf"[1-9][0-9]{{0,2}}|{MAX_COUNT}")

KNOWN_AT_PLAN = {Source.CHARACTERISTIC, Source.CHARACTERISTIC_BEFORE, Source.ITEM}
"""What can be referred to before anything is assigned."""

BEHIND = "put the step behind those whose resources it refers to"


def template_faults(step: BlueprintStep, available: AvailableKinds, at: str) -> Iterator[Fault]:
    """Yield the references of a step that cannot be resolved."""
    district = (step.district,) if is_template(step.district) else ()
    for template in (*templates_of(step), *district):
        is_value = template == EACH and step.for_each
        if not is_value and (fault := reference_fault(template, available, at)):
            yield fault
    if step.for_each and not is_known_at_plan(step.for_each):
        reason = "the values must be known when the plan is made"
        remedy = "use $characteristic.NAME or $before.NAME"
        yield Fault(f"{at}/for_each", "bad-reference", reason, remedy)
    if step.until and not is_known_at_plan(step.until):
        reason = "the date must be known when the plan is made"
        remedy = "use $characteristic.NAME, $item.requested_completion or $item.requested_start"
        yield Fault(f"{at}/until", "bad-reference", reason, remedy)
    for i, condition in enumerate(step.when):
        yield from condition_faults(condition, f"{at}/when/{i}")


def is_known_at_plan(text: str) -> bool:
    """Tell whether a text is a reference to what is known when the plan is made."""
    reference = parse_reference(text)
    if reference is None or reference.source not in KNOWN_AT_PLAN:
        return False
    return reference.source is not Source.ITEM or reference.name in ITEM_FIELDS


def reference_fault(template: str, available: AvailableKinds, at: str) -> Fault | None:
    """Return the fault of a reference that cannot be resolved; None if it can."""
    reference = parse_reference(template)
    match reference:
        case None:
            reason = f"{template} is not a valid reference"
            remedy = "write $KIND.NAME or $before.KIND.NAME, for example $leg.value"
        case Reference(source=Source.GIVEN_UP, kind=kind) if kind not in available.given_up:
            reason = f"{template}: its item has given up no `{kind}` before it"
            remedy = f"name the effect of its need, `{NeedEffect.SWAP}` for example; {BEHIND}"
        case Reference(source=Source.HELD, kind=kind) if kind not in available.held:
            reason = f"{template}: its item holds no `{kind}` before it"
            remedy = f"add `{kind}` to `needs`; {BEHIND}"
        case Reference(source=Source.ITEM, name=name) if name not in ITEM_FIELDS:
            reason = f"{template} is not a field of the item"
            remedy = f"use one of {', '.join(ITEM_FIELDS)}"
        case _:
            return None
    return Fault(at, "bad-reference", reason, remedy)


def need_condition_faults(needs: Sequence[BlueprintNeed], at: str) -> Iterator[Fault]:
    """Yield the faults in the counts and the conditions of needs."""
    for i, need in enumerate(needs):
        yield from count_faults(need, f"{at}/{i}/count")
        if need.served_from not in SERVED_FROM:
            remedy = f"use one of: {', '.join(SERVED_FROM[1:])}; or leave it out"
            yield Fault(f"{at}/{i}/served_from", "unknown", "is no place of pools", remedy)
        for j, condition in enumerate(need.when):
            yield from condition_faults(condition, f"{at}/{i}/when/{j}")


def count_faults(need: BlueprintNeed, at: str) -> Iterator[Fault]:
    """Yield the fault in the count of a need, if it has one."""
    if need.count and not is_known_at_plan(need.count) and not COUNT.fullmatch(need.count):
        reason = f"must be a number up to {MAX_COUNT}, or known when the plan is made"
        yield Fault(at, "bad-count", reason, "write 10, or $characteristic.NAME")
    elif need.count and need.picked:
        yield Fault(at, "not-allowed", "one resource is picked", "leave `count` out")


def condition_faults(condition: StepCondition, at: str) -> Iterator[Fault]:
    """Yield what is wrong with a condition: it is decided before anything is assigned."""
    if bool(condition.one_of) is bool(condition.differs_from):
        reason = "a condition compares its value with one thing"
        yield Fault(at, "bad-condition", reason, "give `differs_from` or `one_of`")
    for template in (condition.value, condition.differs_from, *condition.one_of):
        if not isinstance(template, str) or not is_template(template):
            continue
        if not is_known_at_plan(template):
            reason = f"{template} is not known when the plan is made"
            remedy = "use $characteristic.NAME, $before.NAME or $item.NAME"
            yield Fault(at, "bad-reference", reason, remedy)
