"""Turns pydantic's validation errors into faults for the caller."""

from collections.abc import Iterable, Iterator, Sequence
from typing import Any

from shared.errors import Fault
from shared.input.fault_texts import pydantic_fault_text

MAX_FAULTS = 100
"""Faults that one answer names; more are not useful to a reader."""

MAX_NAME_LENGTH = 80
"""Characters of a key of the caller's that a fault repeats."""

ABSENT = object()


def faults_of(errors: Sequence[Any], body: object) -> list[Fault]:
    """Return faults for the errors that pydantic found in a request."""
    found: dict[str, Fault] = {}
    for error in errors[:MAX_FAULTS]:
        fault = fault_of(error, body)
        earlier = found.get(fault.field)
        found[fault.field] = merged_fault(earlier, fault) if earlier else fault
    return list(found.values())


def merged_fault(one: Fault, other: Fault) -> Fault:
    """Return one fault for two failed alternatives of a union."""
    if other.reason in one.reason:
        return one
    return Fault(one.field, one.code, f"{one.reason}, or {other.reason}", one.remedy)


def fault_of(error: dict[str, Any], body: object) -> Fault:
    """Return the fault for one pydantic error."""
    source, *path = error["loc"]
    code, (reason, remedy) = error["type"].replace("_", "-"), pydantic_fault_text(error)
    if source != "body":
        return Fault(".".join(map(str, path)), code, f"{source} parameter {reason}", remedy)
    if not path and body in (None, b""):
        return Fault("", "missing", "the body is missing", "send a JSON object")
    return Fault(json_pointer(existing_steps(path, body, error["type"])), code, reason, remedy)


def existing_steps(path: Iterable[str | int], body: object, type_: str) -> Iterator[str | int]:
    """Yield the steps of a path that exist in the body.

    Pydantic also names the union members that it tried; those are not steps.
    """
    steps = list(path)
    for step in steps:
        child = child_at(body, step)
        if child is not ABSENT:
            body = child
            yield step
    if type_ == "missing" and steps:
        yield steps[-1]


def child_at(value: object, step: str | int) -> object:
    """Return the child of a value at one step, or ABSENT."""
    match value, step:
        case dict(), _:
            return value.get(step, ABSENT)
        case list(), int() if step < len(value):
            return value[step]
        case _:
            return ABSENT


def json_pointer(steps: Iterable[str | int]) -> str:
    """Return a JSON pointer (RFC 6901)."""
    escaped = (str(step)[:MAX_NAME_LENGTH].replace("~", "~0").replace("/", "~1") for step in steps)
    return "".join(f"/{step}" for step in escaped)
