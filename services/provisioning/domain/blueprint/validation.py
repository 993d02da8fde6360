"""Reading and validating blueprints: all faults are reported at once, each with its remedy."""

import re
from collections.abc import Iterator, Sequence

import msgspec

from services.provisioning.domain.blueprint.blueprint import (
    ASSIGN,
    MAX_COUNT,
    Blueprint,
    BlueprintNeed,
    BlueprintStep,
    OnFailure,
    StepCondition,
    StepKind,
)
from services.provisioning.domain.blueprint.need_validation import (
    AvailableKinds,
    available_kinds,
    need_faults,
)
from services.provisioning.domain.blueprint.templates import (
    ITEM_FIELDS,
    Reference,
    Source,
    is_template,
    parse_reference,
    templates_of,
)
from services.provisioning.domain.business_actions import (
    BUSINESS_ACTIONS,
    ENABLED_ACTIONS,
    ServiceEffect,
)
from shared.contracts import TMF_ACTIONS, NeedEffect, ServedFrom, find_business_action
from shared.errors import Fault, InvalidError
from shared.input.ids import IDENTIFIER_IN_WORDS, is_identifier

NAME = re.compile(r"[a-z][a-z0-9-]{0,39}")
SERVED_FROM = ("", *ServedFrom)
"""Where a need can say that it is served from; empty for where its kind is."""

COUNT = re.compile(rf"[1-9][0-9]{{0,2}}|{MAX_COUNT}")
MAX_STEPS = 50
MAX_VERSION = 10**6
MAX_TRIES = 100
MAX_TIMEOUT_S = 600


def read_blueprints(text: bytes) -> tuple[Blueprint, ...]:
    """Return the blueprints in a JSON array.

    Raises:
        InvalidError: if one of them has a fault.
    """
    try:
        blueprints = msgspec.json.decode(text, type=tuple[Blueprint, ...])
    except msgspec.MsgspecError as error:
        remedy = "see docs/flows/ftth-new.md for a valid blueprint"
        raise InvalidError([Fault("/", "unreadable", str(error), remedy)]) from error
    validate(blueprints)
    return blueprints


def validate(blueprints: Sequence[Blueprint]) -> None:
    """Validate blueprints.

    Raises:
        InvalidError: with all their faults.
    """
    found = [fault for i, each in enumerate(blueprints) for fault in faults(each, f"/{i}")]
    if found:
        raise InvalidError(found)


def faults(blueprint: Blueprint, at: str = "") -> Iterator[Fault]:
    """Yield all faults of a blueprint; `at` is its JSON pointer in the request."""
    steps = blueprint.steps
    if not 1 <= blueprint.version <= MAX_VERSION:
        reason = f"versions go from 1 to {MAX_VERSION}"
        yield Fault(f"{at}/version", "out-of-range", reason, "count up from the newest")
    yield from action_faults(blueprint, f"{at}/business_action")
    if not is_identifier(blueprint.specification):
        yield Fault(
            f"{at}/specification", "bad-name", "is not a valid identifier", IDENTIFIER_IN_WORDS
        )
    if not 1 <= len(steps) <= MAX_STEPS:
        remedy = f"define 1 to {MAX_STEPS} steps"
        yield Fault(f"{at}/steps", "out-of-range", "too few or too many steps", remedy)
    if not steps or steps[0].kind is not StepKind.ASSIGN:
        reason = "the first step must assign"
        remedy = f'begin with {{"name": "{ASSIGN}", "kind": "{ASSIGN}"}}'
        yield Fault(f"{at}/steps/0", "no-assign", reason, remedy)
    yield from need_faults(blueprint, at)
    yield from need_condition_faults(blueprint.needs, f"{at}/needs")
    for i, step in enumerate(steps):
        here = f"{at}/steps/{i}"
        yield from name_faults(step, [each.name for each in steps[:i]], here)
        yield from kind_faults(step, here, is_first=i == 0)
        yield from first_step_faults(step, here) if i == 0 else ()
        yield from range_faults(step, here)
        yield from template_faults(step, available_kinds(blueprint, step), here)
        yield from need_condition_faults(step.needs, f"{here}/needs")


ENABLED_NAMES = " or ".join(f"`{each}`" for each in ENABLED_ACTIONS)


def action_faults(blueprint: Blueprint, at: str) -> Iterator[Fault]:
    """Yield the fault in the business action of a blueprint, if it has one."""
    remedy = f"give {ENABLED_NAMES}"
    if not blueprint.business_action:
        yield Fault(at, "missing", "a blueprint carries out one business action", remedy)
    elif not (action := find_business_action(blueprint.business_action)):
        yield Fault(at, "business-action-unknown", "there is no such business action", remedy)
    elif TMF_ACTIONS[action] is not blueprint.action:
        reason = f"the TMF622 action of `{action}` is `{TMF_ACTIONS[action]}`"
        yield Fault(at, "business-action-mismatch", reason, "leave `action` out, or correct it")
    elif BUSINESS_ACTIONS[action].effect is ServiceEffect.KEEPS:
        reason = f"`{action}` (`{blueprint.action}`) changes nothing"
        yield Fault(at, "nothing-to-do", reason, "leave the blueprint out")
    elif action not in ENABLED_ACTIONS:
        reason = f"`{action}` (`{blueprint.action}`) cannot be carried out yet"
        yield Fault(at, "business-action-unsupported", reason, f"{remedy}, or leave it out")


def name_faults(step: BlueprintStep, before: Sequence[str], at: str) -> Iterator[Fault]:
    """Yield the faults in a step's name, element and predecessors."""
    if not NAME.fullmatch(step.name):
        yield Fault(f"{at}/name", "bad-name", "is not a valid name", "use a-z, 0-9 and dashes")
    if step.element and not is_template(step.element) and not is_identifier(step.element):
        yield Fault(f"{at}/element", "bad-name", "is not a valid identifier", IDENTIFIER_IN_WORDS)
    if step.name in before:
        yield Fault(f"{at}/name", "taken", "an earlier step has that name", "rename one")
    if not step.after and before:
        remedy = f"name the steps that it depends on, at least `{before[0]}`"
        yield Fault(f"{at}/after", "unconnected", "it depends on no earlier step", remedy)
    if unknown := [name for name in step.after if name not in before]:
        reason = f"not an earlier step: {', '.join(unknown)}"
        yield Fault(f"{at}/after", "unknown-step", reason, "put a step behind those it depends on")


REQUIRED_FIELDS = {
    StepKind.ASSIGN: ("needs",),
    StepKind.RELEASE: ("needs",),
    StepKind.ACTIVATE: ("element", "operation"),
    StepKind.TEST: ("element", "operation"),
    StepKind.WORK_ORDER: ("operation", "skill"),
    StepKind.WAIT: ("wait_s",),
}
OPTIONAL_FIELDS = {
    StepKind.ASSIGN: (),
    StepKind.RELEASE: (),
    StepKind.ACTIVATE: ("undo", "nothing_to_undo", "parameters", "undo_parameters"),
    StepKind.TEST: ("parameters",),
    StepKind.WORK_ORDER: ("undo", "parameters", "undo_parameters", "district"),
    StepKind.WAIT: (),
}
KIND_FIELDS = (
    *("element", "operation", "undo", "nothing_to_undo", "parameters", "undo_parameters"),
    *("needs", "skill", "district", "wait_s"),
)
"""The fields that only some kinds of steps have."""


def kind_faults(step: BlueprintStep, at: str, *, is_first: bool) -> Iterator[Fault]:
    """Yield the missing and the forbidden fields of a step, by its kind."""
    must, may = REQUIRED_FIELDS[step.kind], OPTIONAL_FIELDS[step.kind]
    if is_first:  # it requests the needs of the blueprint
        must = tuple(name for name in must if name != "needs")
    for name in must:
        if not getattr(step, name):
            reason = f"a step of kind {step.kind} needs it"
            yield Fault(f"{at}/{name}", "missing", reason, f"give `{name}`")
    for name in KIND_FIELDS:
        if getattr(step, name) and name not in (*must, *may):
            reason = f"a step of kind {step.kind} does not have it"
            if is_first and name == "needs":
                reason = "the first step requests the needs of the blueprint"
            yield Fault(f"{at}/{name}", "not-allowed", reason, f"leave `{name}` out")
    if step.kind is StepKind.RELEASE and any(need.effect for need in step.needs):
        reason = "a step of kind release gives up each of its needs"
        yield Fault(f"{at}/needs", "not-allowed", reason, "leave `effect` out")
    if step.undo_parameters and not step.undo:
        reason = "a step without an undo has no parameters of one"
        yield Fault(f"{at}/undo_parameters", "not-allowed", reason, "give `undo`, or leave it out")


def first_step_faults(step: BlueprintStep, at: str) -> Iterator[Fault]:
    """Yield what the first step has and cannot have."""
    if step.when:
        reason = "the first step is part of every plan"
        yield Fault(f"{at}/when", "not-allowed", reason, "leave `when` out")
    if step.on_failure is not OnFailure.ROLLBACK or step.ponr:
        reason = "when nothing can be assigned the order fails"
        yield Fault(at, "not-allowed", reason, "leave `on_failure` and `ponr` out")


def range_faults(step: BlueprintStep, at: str) -> Iterator[Fault]:
    """Yield the numbers of a step that are out of range."""
    bounds = {
        "tries": (step.tries, 1, MAX_TRIES),
        "timeout_s": (step.timeout_s, 1, MAX_TIMEOUT_S),
        "wait_s": (step.wait_s, 0, 10 * 366 * 86_400),
    }
    for name, (value, low, high) in bounds.items():
        if not low <= value <= high:
            reason = f"must be from {low} to {high}"
            yield Fault(f"{at}/{name}", "out-of-range", reason, "correct it")


KNOWN_AT_PLAN = {Source.CHARACTERISTIC, Source.CHARACTERISTIC_BEFORE, Source.ITEM}
"""What can be referred to before anything is assigned."""

BEHIND = "put the step behind those whose resources it refers to"


def template_faults(step: BlueprintStep, available: AvailableKinds, at: str) -> Iterator[Fault]:
    """Yield the references of a step that cannot be resolved."""
    district = (step.district,) if is_template(step.district) else ()
    for template in (*templates_of(step), *district):
        if fault := reference_fault(template, available, at):
            yield fault
    for i, condition in enumerate(step.when):
        yield from condition_faults(condition, f"{at}/when/{i}")


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
    reference = parse_reference(need.count)
    is_reference = reference is not None and reference.source in KNOWN_AT_PLAN
    if need.count and not is_reference and not COUNT.fullmatch(need.count):
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
        reference = parse_reference(template)
        if reference is None or reference.source not in KNOWN_AT_PLAN:
            reason = f"{template} is not known when the plan is made"
            remedy = "use $characteristic.NAME, $before.NAME or $item.NAME"
            yield Fault(at, "bad-reference", reason, remedy)
