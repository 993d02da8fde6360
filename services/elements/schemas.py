"""Strict parsing of requests: each fault is a `Problem` that names it."""

import json
import re
from sys import intern
from typing import Annotated, Any, TypeAlias, TypeVar

import msgspec
from msgspec import Meta, Struct
from starlette.requests import Request

from services.elements.domain import Operation, find_operation_kind, supported_operations
from services.elements.faults import AnyFault
from services.elements.problems import Problem, invalid
from shared.input.fault_texts import PATH_SUFFIX, msgspec_fault_text

MAX_BODY_BYTES = 65_536
NAME = r"[A-Za-z0-9+][A-Za-z0-9._:@+-]{0,127}"
NAME_IN_WORDS = "1 to 128 letters, digits and . _ : @ + -, the first a letter, a digit or +"

_is_name = re.compile(NAME).fullmatch

Body = TypeVar("Body", bound=Struct)
Value: TypeAlias = str | bool | Annotated[int, Meta(ge=-(2**63), le=2**63 - 1)]


class OperationBody(Struct, frozen=True, forbid_unknown_fields=True):
    """The body of an operation."""

    kind: str
    subject: Annotated[str, Meta(pattern=rf"\A{NAME}\Z")]
    parameters: dict[str, Value] = {}


class FaultsBody(Struct, frozen=True, forbid_unknown_fields=True):
    """The body of a request that sets faults, and of its response."""

    faults: tuple[AnyFault, ...]


def name_in_path(request: Request, place: str) -> str:
    """Return a name from the path."""
    found: str = request.path_params[place]
    if not _is_name(found):
        detail = f"{place} in the path is no valid name"
        raise invalid(detail, remedy=f"a name has {NAME_IN_WORDS}")
    return found


def parse_operation(body: bytes, element: str, operation_id: str) -> Operation:
    """Return the operation that a body requests of an element."""
    parsed = parse_body(body, OperationBody)
    if find_operation_kind(element, parsed.kind) is None:
        detail = f"{element} does not support this kind"
        raise invalid(detail, remedy=f"give one of {', '.join(supported_operations(element))}")
    return Operation(
        operation_id, intern(parsed.kind), parsed.subject, canonical_json(parsed.parameters)
    )


async def body_of(request: Request) -> bytes:
    """Return the body; its size is checked while it is received."""
    body = bytearray()
    async for chunk in request.stream():
        body += chunk
        if len(body) > MAX_BODY_BYTES:
            remedy = f"send at most {MAX_BODY_BYTES} bytes"
            raise Problem(413, "too-large", "the body is too large", remedy)
    return bytes(body)


def parse_body(body: bytes, kind: type[Body]) -> Body:
    """Return a body parsed as this type."""
    try:
        plain = json.loads(
            body.decode(),
            object_pairs_hook=refuse_duplicate_members,
            parse_constant=refuse_constant,
        )
    except RecursionError as error:
        detail = "the body is nested too deeply"
        raise invalid(detail, remedy="send a flat object") from error
    except ValueError as error:
        detail = f"the body is no JSON: {error}"
        raise invalid(detail, remedy="send a JSON object in UTF-8") from error
    try:
        return msgspec.convert(plain, kind)
    except msgspec.ValidationError as error:
        found, (reason, remedy) = PATH_SUFFIX.search(str(error)), msgspec_fault_text(str(error))
        where = found["path"] if found else "the body"
        detail = f"{where or 'the body'} {reason}"
        raise invalid(detail, remedy=remedy) from error


def refuse_duplicate_members(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    """Return a JSON object; refuse duplicate members."""
    found = dict(pairs)
    if len(found) != len(pairs):
        message = "an object has the same member twice"
        raise ValueError(message)
    return found


def refuse_constant(word: str) -> float:
    """Refuse NaN and the infinities, which JSON does not have."""
    message = f"{word} is not allowed"
    raise ValueError(message)


def canonical_json(parameters: dict[str, Value]) -> str:
    """Return parameters as text; equal parameters give equal text."""
    try:
        return msgspec.json.encode(parameters, order="deterministic").decode()
    except ValueError as error:
        detail = f"the parameters are wrong: {error}"
        raise invalid(detail, remedy="send text in UTF-8") from error
