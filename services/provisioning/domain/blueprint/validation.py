"""Validation of blueprints: all faults are reported at once, each with its remedy."""

from collections.abc import Collection, Iterable, Iterator, Sequence
from dataclasses import replace
from typing import NamedTuple

from services.provisioning.domain.blueprint.blueprint import (
    ASSIGN,
    Blueprint,
    BlueprintStep,
    OnFailure,
    StepKind,
)
from services.provisioning.domain.blueprint.expansion import ExpandedBlueprint, expand
from services.provisioning.domain.blueprint.fragment_validation import (
    fragments_faults,
    length_faults,
)
from services.provisioning.domain.blueprint.fragments import BlueprintPublication
from services.provisioning.domain.blueprint.kind_validation import (
    NO_KINDS_KNOWN,
    KnownKinds,
    kind_faults,
)
from services.provisioning.domain.blueprint.names import (
    MAX_STEPS,
    MAX_VERSION,
    NAME,
    NAME_REMEDY,
)
from services.provisioning.domain.blueprint.need_validation import available_kinds, need_faults
from services.provisioning.domain.blueprint.operation_validation import (
    KnownOperations,
    operation_faults,
)
from services.provisioning.domain.blueprint.reference_validation import (
    need_condition_faults,
    template_faults,
)
from services.provisioning.domain.blueprint.step_order import order_faults
from services.provisioning.domain.blueprint.templates import is_template
from services.provisioning.domain.blueprint.undo_validation import undo_faults
from services.provisioning.domain.business_actions import (
    BUSINESS_ACTIONS,
    ENABLED_ACTIONS,
    ServiceEffect,
)
from shared.contracts import TMF_ACTIONS, find_business_action
from shared.errors import Fault, InvalidError
from shared.input.ids import IDENTIFIER_IN_WORDS, is_identifier

MAX_TRIES = 100
MAX_TIMEOUT_S = 600


class Capabilities(NamedTuple):
    """What blueprints can use: the operations of elements, and the kinds of resources."""

    operations: KnownOperations
    kinds: KnownKinds = NO_KINDS_KNOWN


def validated(
    publication: BlueprintPublication,
    capabilities: Capabilities | None = None,
    published: Collection[Blueprint] = (),
) -> tuple[ExpandedBlueprint, ...]:
    """Return the expanded blueprints of a publication, validated but for those published already.

    Raises:
        InvalidError: with all faults of the publication.
    """
    expanded = expand(publication)
    new = [each for each in expanded if each.blueprint not in published]
    found = [*fragments_faults(publication), *blueprints_faults(new, capabilities)]
    if found:
        raise InvalidError(found)
    return expanded


def blueprints_faults(
    expanded: Iterable[ExpandedBlueprint], capabilities: Capabilities | None
) -> Iterator[Fault]:
    """Yield the faults of blueprints where they are written, those in a fragment once."""
    names: dict[Fault, list[str]] = {}
    for each in expanded:
        for fault in (*length_faults(each), *faults(each.blueprint, capabilities)):
            written = replace(fault, field=each.written_at(fault.field))
            names.setdefault(written, []).append(each.blueprint.display_name)
    for fault, of_blueprints in names.items():
        is_in_fragment = fault.field.startswith("/fragments/")
        suffix = f", in {', '.join(of_blueprints)}" if is_in_fragment else ""
        yield replace(fault, reason=f"{fault.reason}{suffix}")


def faults(blueprint: Blueprint, capabilities: Capabilities | None = None) -> Iterator[Fault]:
    """Yield all faults of a blueprint; their fields are JSON pointers in it.

    Args:
        blueprint: the blueprint.
        capabilities: what it can use; None if that is not to be checked.
    """
    yield from header_faults(blueprint)
    yield from need_faults(blueprint)
    yield from need_condition_faults(blueprint.needs, "/needs")
    yield from order_faults(blueprint.steps, "/steps")
    yield from undo_faults(blueprint.steps, "/steps")
    if capabilities:
        yield from kind_faults(blueprint, capabilities.kinds)
    for i, step in enumerate(blueprint.steps):
        here = f"/steps/{i}"
        yield from name_faults(step, [each.name for each in blueprint.steps[:i]], here)
        yield from step_kind_faults(step, here, is_first=i == 0)
        yield from first_step_faults(step, here) if i == 0 else ()
        yield from range_faults(step, here)
        yield from template_faults(step, available_kinds(blueprint, step), here)
        yield from need_condition_faults(step.needs, f"{here}/needs")
        if capabilities:
            yield from operation_faults(step, here, capabilities.operations)


def header_faults(blueprint: Blueprint) -> Iterator[Fault]:
    """Yield the faults of a blueprint apart from its needs and steps."""
    steps = blueprint.steps
    if not 1 <= blueprint.version <= MAX_VERSION:
        reason = f"versions go from 1 to {MAX_VERSION}"
        yield Fault("/version", "out-of-range", reason, "count up from the newest")
    yield from action_faults(blueprint, "/business_action")
    if not is_identifier(blueprint.specification):
        yield Fault("/specification", "bad-name", "is not a valid identifier", IDENTIFIER_IN_WORDS)
    if not 1 <= len(steps) <= MAX_STEPS:
        remedy = f"define 1 to {MAX_STEPS} steps"
        yield Fault("/steps", "out-of-range", "too few or too many steps", remedy)
    if len(blueprint.needs) > MAX_STEPS:
        remedy = f"define up to {MAX_STEPS} needs"
        yield Fault("/needs", "out-of-range", "too many needs", remedy)
    if not steps or steps[0].kind is not StepKind.ASSIGN:
        reason = "the first step must assign"
        remedy = f'begin with {{"name": "{ASSIGN}", "kind": "{ASSIGN}"}}'
        yield Fault("/steps/0", "no-assign", reason, remedy)


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
    """Yield the faults in the names of a step and of its element."""
    if not NAME.fullmatch(step.name):
        yield Fault(f"{at}/name", "bad-name", "is not a valid name", NAME_REMEDY)
    if step.element and not is_template(step.element) and not is_identifier(step.element):
        yield Fault(f"{at}/element", "bad-name", "is not a valid identifier", IDENTIFIER_IN_WORDS)
    if step.name in before:
        yield Fault(f"{at}/name", "taken", "an earlier step has that name", "rename one")


REQUIRED_FIELDS = {
    StepKind.ASSIGN: ("needs",),
    StepKind.RELEASE: ("needs",),
    StepKind.ACTIVATE: ("element", "operation"),
    StepKind.TEST: ("element", "operation"),
    StepKind.WORK_ORDER: ("operation", "skill"),
    StepKind.WAIT: (),
}
OPTIONAL_FIELDS = {
    StepKind.ASSIGN: (),
    StepKind.RELEASE: (),
    StepKind.ACTIVATE: (
        *("undo", "no_undo", "nothing_to_undo"),
        *("parameters", "undo_parameters", "for_each"),
    ),
    StepKind.TEST: ("parameters", "for_each"),
    StepKind.WORK_ORDER: (
        *("undo", "no_undo", "parameters", "undo_parameters"),
        *("district", "for_each"),
    ),
    StepKind.WAIT: ("wait_s", "until"),
}
KIND_FIELDS = (
    *("element", "operation", "undo", "no_undo", "nothing_to_undo"),
    *("parameters", "undo_parameters"),
    *("for_each", "needs", "skill", "district", "wait_s", "until"),
)
"""The fields that only some kinds of steps have."""


def step_kind_faults(step: BlueprintStep, at: str, *, is_first: bool) -> Iterator[Fault]:
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
    if step.kind is StepKind.WAIT and not (step.wait_s or step.until):
        reason, remedy = "a step of kind wait has an end", "give `wait_s`, `until` or both"
        yield Fault(f"{at}/wait_s", "missing", reason, remedy)
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
