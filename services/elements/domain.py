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


def supported_operation_kinds(element: str) -> Mapping[str, OperationKind]:
    """Return the operations that an element supports, by the name of their kind."""
    return {"aaa": AAA, "ims": IMS}.get(element, OLT)


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
    kind = supported_operation_kinds(element)[operation.kind]
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
    if thing == "profile":
        return Refusal("no-optical-signal", f"no light from the ONU of {subject}")
    return Refusal("not-registered", f"the terminal of {subject} is not registered")


def with_parameters(installed: Operation, modification: Operation) -> Operation:
    """Return an installing operation with the parameters that a modification sets."""
    merged = json.loads(installed.parameters) | json.loads(modification.parameters)
    text = json.dumps(merged, sort_keys=True, separators=(",", ":"), ensure_ascii=False)
    return replace(installed, parameters=text)


def result_of(element: str, operation: Operation) -> Result:
    """Return the result of a completed operation: readings for a test, otherwise empty.

    The readings depend on the subject only, so that a repeated answer is the same.
    """
    kind = supported_operation_kinds(element)[operation.kind]
    if kind.effect is not OperationEffect.TEST:
        return {}
    if kind.thing == "subscriber":
        return {"passed": True, "registered": True}
    return {"passed": True, "optical_power_dbm": -15 - crc32(operation.subject.encode()) % 80 / 10}
