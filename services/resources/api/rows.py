"""Reading imports: rows as lines of JSON, or as one array, and every fault of theirs."""

import re
from collections.abc import Mapping, Sequence
from typing import Any, TypeVar

import msgspec

from services.resources.domain.plant import Imported
from shared.errors import Fault, InvalidError
from shared.http.body import WrongMediaTypeError

R = TypeVar("R", bound=Imported)

LINES = frozenset({"application/x-ndjson", "application/ndjson", "application/jsonl"})
ARRAY = "application/json"
MOST_FAULTS = 100
UNREADABLE = (msgspec.MsgspecError, UnicodeDecodeError, RecursionError)
PLACE = re.compile(r" - at `\$\.?(?P<path>[^`]*)`$")


def read_rows(kind: type[R], body: bytes, said: str) -> list[R]:
    """Return the rows in a body, which is said to be of this media type.

    Raises:
        WrongMediaTypeError: if it is said to be something else.
        InvalidError: naming what is wrong with which row, up to a hundred faults.
    """
    decode = msgspec.json.Decoder(kind).decode
    rows: list[R] = []
    faults: list[Fault] = []
    for place, row in enumerate(split(body, said)):
        try:
            rows.append(decode(row))
        except UNREADABLE as error:
            faults.append(fault_of(place, str(error)))
    refuse(faults)
    return rows


def refuse(faults: Sequence[Fault]) -> None:
    """Refuse an import that has faults.

    Raises:
        InvalidError: naming them, up to a hundred.
    """
    if faults:
        raise InvalidError(faults[:MOST_FAULTS])


def split(body: bytes, said: str) -> Sequence[bytes | msgspec.Raw]:
    """Return the rows of a body, unread."""
    media_type = said.partition(";")[0].strip().lower()
    if media_type in LINES:
        return [line for line in body.splitlines() if line.strip()]
    if media_type != ARRAY:
        remedy = f"send {ARRAY} (an array) or application/x-ndjson (a row in each line)"
        message = "The body is not said to be rows of JSON."
        raise WrongMediaTypeError(message, remedy=remedy)
    try:
        return msgspec.json.decode(body, type=list[msgspec.Raw])
    except UNREADABLE as error:
        fault = Fault("", "bad-json", "it is no array of JSON", "send an array of objects")
        raise InvalidError([fault]) from error


def fault_of(place: int, says: str) -> Fault:
    """Return what is wrong with a row, as msgspec says it: it never repeats what was sent."""
    found = PLACE.search(says)
    field = found["path"] if found else ""
    reason = PLACE.sub("", says).replace("`", "")
    return Fault(f"/{place}/{field}".rstrip("/"), "not-valid", reason, "see /openapi.json")


def described(example: Imported) -> dict[str, Any]:
    """Return how OpenAPI describes the body of an import of such rows."""
    kind = type(example)
    _, parts = msgspec.json.schema_components([kind], ref_template="{name}")
    row, shown = written_out(parts[kind.__name__], parts), msgspec.to_builtins(example)
    content = {ARRAY: {"schema": {"type": "array", "items": row}, "example": [shown]}}
    content |= {media_type: {"schema": row, "example": shown} for media_type in sorted(LINES)}
    return {"requestBody": {"required": True, "content": content}}


def written_out(schema: Any, parts: Mapping[str, Any]) -> Any:  # noqa: ANN401  JSON
    """Return a schema with its parts in the place of references to them.

    A reference would point at the start of the whole description, where they are not.
    """
    match schema:
        case {"$ref": name, **more}:
            return written_out(parts[name], parts) | more
        case dict():
            return {name: written_out(each, parts) for name, each in schema.items()}
        case list():
            return [written_out(each, parts) for each in schema]
        case _:
            return schema
