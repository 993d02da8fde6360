"""What validation found, in words for the one who sent it."""

from collections.abc import Iterable, Iterator, Sequence
from typing import Any

from shared.errors import Fault

MOST = 100
"""Nobody reads more faults than this at once."""

LONGEST = 80
"""Characters of a key that a caller chose."""

REMEDIES = {
    "missing": "give it",
    "extra_forbidden": "leave it out",
    "bool": "give true or false",
    "dict": "give an object",
    "float": "give a number",
    "int": "give a whole number",
    "finite_number": "give a finite number",
    "list": "give a list",
    "model": "give an object",
    "set": "give a list",
    "string_pattern": "see the pattern in /openapi.json",
    "string_too": "give a text of the right length",
    "string": "give text",
    "too_long": "give fewer",
    "too_short": "give more",
    "tuple": "give a list",
    "union_tag": "give one of the kinds in /openapi.json",
    "uuid": "give an id as 0199a0c2-1111-7222-8333-123456789012",
}
"""By how the type of a pydantic error begins; the first that fits."""

BOUNDS = {
    "ge": "give {} or more",
    "gt": "give more than {}",
    "le": "give {} or less",
    "lt": "give less than {}",
    "multiple_of": "give a multiple of {}",
}
"""By what the context of a pydantic error calls the bound."""

NOWHERE = object()


def faults_of(errors: Sequence[Any], body: object) -> list[Fault]:
    """Return faults for the errors that pydantic found in a request."""
    found: dict[str, Fault] = {}
    for error in errors[:MOST]:
        fault = fault_of(error, body)
        earlier = found.get(fault.field)
        found[fault.field] = merged(earlier, fault) if earlier else fault
    return list(found.values())


def merged(one: Fault, other: Fault) -> Fault:
    """Return one fault for two ways in which a value could have been right, and is not."""
    if other.reason in one.reason:
        return one
    return Fault(one.field, one.code, f"{one.reason}, or {other.reason}", one.remedy)


def fault_of(error: dict[str, Any], body: object) -> Fault:
    """Return the fault for one error of pydantic's."""
    where, *path = error["loc"]
    code, reason, remedy = error["type"].replace("_", "-"), reason_of(error), remedy_of(error)
    if where != "body":
        return Fault(".".join(map(str, path)), code, f"{where} parameter {reason}", remedy)
    if not path and body in (None, b""):
        return Fault("", "missing", "the body is missing", "send a JSON object")
    return Fault(pointer(existing(path, body, error["type"])), code, reason, remedy)


def reason_of(error: dict[str, Any]) -> str:
    """Return what is wrong, without the value that was sent."""
    if error["type"].startswith("union_tag"):
        return "is of no known kind"
    text = str(error["msg"]).removeprefix("Value error, ").removeprefix("Assertion failed, ")
    return text.replace("Input should", "should").replace("Field required", "is missing")


def remedy_of(error: dict[str, Any]) -> str:
    """Return what to do about it."""
    context = error.get("ctx", {})
    if "remedy" in context:
        return str(context["remedy"])
    expected = context.get("expected")
    if expected and not error["type"].startswith("union_tag"):
        return f"give {expected}"
    for bound, remedy in BOUNDS.items():
        if bound in context:
            return remedy.format(context[bound])
    fitting = (text for start, text in REMEDIES.items() if error["type"].startswith(start))
    return next(fitting, "correct it")


def existing(path: Iterable[str | int], body: object, type_: str) -> Iterator[str | int]:
    """Return those steps of a path that lead somewhere in the body.

    Pydantic also names the kinds of a union that it tried; those are no steps.
    """
    steps = list(path)
    for step in steps:
        inside = child(body, step)
        if inside is not NOWHERE:
            body = inside
            yield step
    if type_ == "missing" and steps:
        yield steps[-1]


def child(value: object, step: str | int) -> object:
    """Return what lies one step inside a value, or NOWHERE."""
    match value, step:
        case dict(), _:
            return value.get(step, NOWHERE)
        case list(), int() if step < len(value):
            return value[step]
        case _:
            return NOWHERE


def pointer(steps: Iterable[str | int]) -> str:
    """Return a JSON pointer (RFC 6901)."""
    escaped = (str(step)[:LONGEST].replace("~", "~0").replace("/", "~1") for step in steps)
    return "".join(f"/{step}" for step in escaped)
