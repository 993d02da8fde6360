"""Reading imports: rows as lines of JSON, or as one array, and every fault of theirs."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from typing import Any, Generic, NamedTuple

import msgspec

from services.resources.domain.plant.import_validation import PlacedRow, R
from services.resources.domain.plant.plant import OLD_NAMES, ImportedRow
from shared.errors import Fault, InvalidError
from shared.http.json_body import WrongMediaTypeError
from shared.input.fault_texts import PATH_SUFFIX, msgspec_fault_text
from shared.input.json_text import read_json

JSON_LINES_TYPES = frozenset({"application/x-ndjson", "application/ndjson", "application/jsonl"})
JSON_TYPE = "application/json"
MAX_FAULTS = 100
"""So many are named; the others are counted."""

MAX_NAME_LENGTH = 64
UNREADABLE = (msgspec.MsgspecError, UnicodeDecodeError, RecursionError)


class ParsedRows(NamedTuple, Generic[R]):
    """The rows that were sent, and what is wrong with the shape of the others."""

    rows: list[PlacedRow[R]]
    faults: list[Fault]

    @property
    def bare_rows(self) -> list[R]:
        """The rows without their places."""
        return [each.row for each in self.rows]


def read_rows(kind: type[R], body: bytes, said: str) -> ParsedRows[R]:
    """Return the rows in a body, which is said to be of this media type.

    Raises:
        WrongMediaTypeError: if it is said to be something else.
        InvalidError: if it is no list of rows at all.
    """
    sent: ParsedRows[R] = ParsedRows([], [])
    for place, row in enumerate(split_rows(body, said)):
        try:
            read_row(kind, place, read_json(bytes(row)), sent)
        except InvalidError as error:
            sent.faults.extend(
                replace(each, field=pointer_to(place, each.field)) for each in error.faults
            )
    return sent


def read_row(kind: type[R], place: int, said: object, sent: ParsedRows[R]) -> None:
    """Read one row."""
    try:
        sent.rows.append(PlacedRow(place, msgspec.convert(said, kind)))
    except msgspec.ValidationError as error:
        read_old_or_faulty_row(kind, place, said, error, sent)


def read_old_or_faulty_row(
    kind: type[R], place: int, said: object, error: msgspec.ValidationError, sent: ParsedRows[R]
) -> None:
    """Read a row that says its fields by their old names, or find all that is wrong with it."""
    if not isinstance(said, dict):
        sent.faults.append(row_fault(place, str(error)))
        return
    faults = list(row_faults(kind, place, said))
    sent.faults.extend(faults)
    if not faults:
        named = {OLD_NAMES.get(name, name): value for name, value in said.items()}
        sent.rows.append(PlacedRow(place, msgspec.convert(named, kind)))


def row_faults(kind: type[R], place: int, said: Mapping[str, Any]) -> Iterator[Fault]:
    """Yield what is wrong with the fields of a row, each by itself."""
    fields = {each.encode_name: each for each in msgspec.structs.fields(kind)}
    given = {OLD_NAMES.get(name, name) for name in said}
    for name, value in said.items():
        new = OLD_NAMES.get(name, name)
        if new not in fields:
            remedy = f"leave it out; a row has: {', '.join(fields)}"
            yield Fault(f"/{place}/{escape_pointer(name)}", "unknown-field", "is no field", remedy)
        elif new != name and new in said:
            reason, remedy = f"is the old name of {new}, which is there too", "leave it out"
            yield Fault(f"/{place}/{name}", "twice", reason, remedy)
        else:
            yield from value_faults(place, name, value, fields[new].type)
    for name, field in fields.items():
        if field.required and name not in given:
            yield Fault(f"/{place}/{name}", "missing", "is missing", "give it; see /openapi.json")


def value_faults(place: int, name: str, value: object, kind: object) -> Iterator[Fault]:
    """Yield what is wrong with one value."""
    try:
        msgspec.convert(value, kind)
    except msgspec.ValidationError as error:
        yield row_fault(place, str(error), name)


def raise_faults(faults: Sequence[Fault]) -> None:
    """Refuse an import that has faults.

    Raises:
        InvalidError: naming them in the order of their rows, up to a hundred, and how many more.
    """
    if faults:
        in_turn = sorted(faults, key=place_of_fault)
        raise InvalidError(in_turn[:MAX_FAULTS], omitted=len(faults[MAX_FAULTS:]))


def place_of_fault(fault: Fault) -> int:
    """Return the place of the row that a fault is in."""
    return int(fault.field.split("/")[1])


def escape_pointer(name: str) -> str:
    """Return a field's name as a JSON pointer has it (RFC 6901), cut to a bounded length."""
    return name[:MAX_NAME_LENGTH].replace("~", "~0").replace("/", "~1")


def split_rows(body: bytes, said: str) -> Sequence[bytes | msgspec.Raw]:
    """Return the rows of a body, unread."""
    media_type = said.partition(";")[0].strip().lower()
    if media_type in JSON_LINES_TYPES:
        return [line for line in body.splitlines() if line.strip()]
    if media_type != JSON_TYPE:
        remedy = f"send {JSON_TYPE} (an array) or application/x-ndjson (a row in each line)"
        message = "The body is not said to be rows of JSON."
        raise WrongMediaTypeError(message, remedy=remedy)
    try:
        return msgspec.json.decode(body, type=list[msgspec.Raw])
    except UNREADABLE as error:
        fault = Fault("", "bad-json", "it is no array of JSON", "send an array of objects")
        raise InvalidError([fault]) from error


def row_fault(place: int, says: str, field: str = "") -> Fault:
    """Return what is wrong with a row, as msgspec says it: it never repeats what was sent."""
    found = PATH_SUFFIX.search(says)
    field = field or (found["path"] if found else "")
    return Fault(pointer_to(place, field), "not-valid", *msgspec_fault_text(says))


def pointer_to(place: int, field: str) -> str:
    """Return the JSON pointer to a row, or to one of its fields."""
    return f"/{place}/{field}".rstrip("/")


def import_body(example: ImportedRow) -> dict[str, Any]:
    """Return how OpenAPI describes the body of an import of such rows."""
    kind = type(example)
    _, parts = msgspec.json.schema_components([kind], ref_template="{name}")
    row, shown = inline_references(parts[kind.__name__], parts), msgspec.to_builtins(example)
    content = {JSON_TYPE: {"schema": {"type": "array", "items": row}, "example": [shown]}}
    content |= {
        media_type: {"schema": row, "example": shown} for media_type in sorted(JSON_LINES_TYPES)
    }
    return {"requestBody": {"required": True, "content": content}}


def inline_references(schema: Any, parts: Mapping[str, Any]) -> Any:  # noqa: ANN401  JSON
    """Return a schema with its parts in the place of references to them.

    A reference would point at the start of the whole description, where they are not.
    """
    match schema:
        case {"$ref": name, **more}:
            return inline_references(parts[name], parts) | more
        case dict():
            return {name: inline_references(each, parts) for name, each in schema.items()}
        case list():
            return [inline_references(each, parts) for each in schema]
        case _:
            return schema
