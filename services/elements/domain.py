"""The operations of elements, and their outcomes. Pure: no I/O, no clock, no randomness."""

import json
from collections.abc import Mapping
from dataclasses import dataclass, replace
from enum import Enum
from zlib import crc32


class OperationEffect(Enum):
    """The effect of an operation on its account, subscriber, enum or profile."""

    INSTALL = "install"
    MODIFY = "modify"
    """Parameters of what is installed are set; the others stay."""

    REMOVE = "remove"
    TEST = "test"


@dataclass(frozen=True, slots=True)
class OperationKind:
    """One kind of operation: its effect, and what it changes."""

    effect: OperationEffect
    thing: str


AAA: Mapping[str, OperationKind] = {
    "create-account": OperationKind(OperationEffect.INSTALL, "account"),
    "modify-account": OperationKind(OperationEffect.MODIFY, "account"),
    "bar-account": OperationKind(OperationEffect.MODIFY, "account"),
    "delete-account": OperationKind(OperationEffect.REMOVE, "account"),
    "add-address": OperationKind(OperationEffect.INSTALL, "address"),
    "modify-address": OperationKind(OperationEffect.MODIFY, "address"),
    "remove-address": OperationKind(OperationEffect.REMOVE, "address"),
}
IMS: Mapping[str, OperationKind] = {
    "create-subscriber": OperationKind(OperationEffect.INSTALL, "subscriber"),
    "modify-subscriber": OperationKind(OperationEffect.MODIFY, "subscriber"),
    "bar-subscriber": OperationKind(OperationEffect.MODIFY, "subscriber"),
    "delete-subscriber": OperationKind(OperationEffect.REMOVE, "subscriber"),
    "add-enum": OperationKind(OperationEffect.INSTALL, "enum"),
    "modify-enum": OperationKind(OperationEffect.MODIFY, "enum"),
    "remove-enum": OperationKind(OperationEffect.REMOVE, "enum"),
    "test-line": OperationKind(OperationEffect.TEST, "subscriber"),
}
OLT: Mapping[str, OperationKind] = {
    "add-profile": OperationKind(OperationEffect.INSTALL, "profile"),
    "modify-profile": OperationKind(OperationEffect.MODIFY, "profile"),
    "remove-profile": OperationKind(OperationEffect.REMOVE, "profile"),
    "add-multicast": OperationKind(OperationEffect.INSTALL, "multicast"),
    "remove-multicast": OperationKind(OperationEffect.REMOVE, "multicast"),
    "test-line": OperationKind(OperationEffect.TEST, "profile"),
}

Result = Mapping[str, bool | float]


@dataclass(frozen=True, slots=True)
class Operation:
    """One operation requested of an element."""

    id: str
    kind: str
    subject: str
    """The service it is done for."""

    parameters: str
    """A JSON object with sorted keys, so that equal parameters are equal text."""


@dataclass(frozen=True, slots=True)
class Refusal:
    """Why an element refuses an operation."""

    code: str
    detail: str


@dataclass(frozen=True, slots=True)
class OperationOutcome:
    """The outcome of an operation: done, unless it was refused."""

    operation: Operation
    refusal: Refusal | None = None


VERBS: Mapping[str, OperationEffect] = {
    "create": OperationEffect.INSTALL,
    "add": OperationEffect.INSTALL,
    "modify": OperationEffect.MODIFY,
    "bar": OperationEffect.MODIFY,
    "delete": OperationEffect.REMOVE,
    "remove": OperationEffect.REMOVE,
    "test": OperationEffect.TEST,
}
"""What an operation of an element of no known type does, by the verb that its name begins with."""


def operations_of_type(element: str) -> Mapping[str, OperationKind] | None:
    """Return the operations of an element of a known type, by name; None for any other element."""
    return {"aaa": AAA, "ims": IMS}.get(element) or (OLT if "OLT" in element.upper() else None)


def find_operation_kind(element: str, name: str) -> OperationKind | None:
    """Return what an operation of an element does; None if the element does not support it."""
    known = operations_of_type(element)
    if known is not None:
        return known.get(name)
    verb, _, thing = name.partition("-")
    effect = VERBS.get(verb)
    return OperationKind(effect, thing) if effect and thing else None


def operation_kind(element: str, name: str) -> OperationKind:
    """Return what an operation does that the element supports."""
    found = find_operation_kind(element, name)
    assert found
    return found


def supported_operations(element: str) -> list[str]:
    """Return the operations that an element supports, for people."""
    return list(operations_of_type(element) or (f"{verb}-..." for verb in VERBS))


def decide_outcome(
    element: str, operation: Operation, installed: Operation | None, fault_refusal: Refusal | None
) -> OperationOutcome:
    """Return the outcome of a new operation.

    Args:
        element: the element's name.
        operation: of a kind that the element supports.
        installed: the operation that installed what this one concerns; None if it is not there.
        fault_refusal: the refusal of an injected fault; None without one.
    """
    kind = operation_kind(element, operation.kind)
    own = refusal_of(kind, operation.subject, is_installed=installed is not None)
    return OperationOutcome(operation, fault_refusal or own)


def refusal_of(kind: OperationKind, subject: str, *, is_installed: bool) -> Refusal | None:
    """Return why this operation is refused; None if it can be done."""
    match kind.effect, is_installed:
        case OperationEffect.INSTALL, True:
            return Refusal(f"{kind.thing}-exists", f"{subject} has an active {kind.thing} already")
        case OperationEffect.REMOVE | OperationEffect.MODIFY, False:
            return Refusal(f"{kind.thing}-missing", f"{subject} has no active {kind.thing}")
        case OperationEffect.TEST, False:
            return line_test_refusal(kind.thing, subject)
        case _:
            return None


def line_test_refusal(thing: str, subject: str) -> Refusal:
    """Return the refusal of a line test when nothing is configured for the subject."""
    match thing:
        case "profile":
            return Refusal("no-optical-signal", f"no light from the ONU of {subject}")
        case "subscriber":
            return Refusal("not-registered", f"the terminal of {subject} is not registered")
        case _:
            return Refusal(f"{thing}-missing", f"{subject} has no active {thing}")


def with_parameters(installed: Operation, modification: Operation) -> Operation:
    """Return an installing operation with the parameters that a modification sets."""
    merged = json.loads(installed.parameters) | json.loads(modification.parameters)
    text = json.dumps(merged, sort_keys=True, separators=(",", ":"), ensure_ascii=False)
    return replace(installed, parameters=text)


def result_of(element: str, operation: Operation) -> Result:
    """Return the result of a completed operation: readings for a test, otherwise empty.

    The readings depend on the subject only, so that a repeated answer is the same.
    """
    kind = operation_kind(element, operation.kind)
    if kind.effect is not OperationEffect.TEST:
        return {}
    match kind.thing:
        case "subscriber":
            return {"passed": True, "registered": True}
        case "profile":
            power = -15 - crc32(operation.subject.encode()) % 80 / 10
            return {"passed": True, "optical_power_dbm": power}
        case _:
            return {"passed": True}
