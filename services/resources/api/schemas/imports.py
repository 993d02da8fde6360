"""The bodies of imports, JSON lines or one JSON array: their rows, faults and description."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from typing import Any

import msgspec

from services.resources.domain.plant.import_validation import IndexedRow
from services.resources.domain.plant.parsed_rows import ParsedRows
from services.resources.domain.plant.plant import OLD_NAMES, ImportedRow, RowT
from shared.errors import Fault, InvalidError
from shared.http.json_body import WrongMediaTypeError
from shared.input.fault_texts import PATH_SUFFIX, msgspec_fault_text
from shared.input.json_text import read_json

JSON_LINES_TYPES = frozenset({"application/x-ndjson", "application/ndjson", "application/jsonl"})
JSON_TYPE = "application/json"
MAX_NAME_LENGTH = 64
UNREADABLE = (msgspec.MsgspecError, UnicodeDecodeError, RecursionError)


def read_rows(kind: type[RowT], body: bytes, content_type: str) -> ParsedRows[RowT]:
    """Return the rows in a body of this media type.

    Raises:
        WrongMediaTypeError: if it is another media type.
        InvalidError: if it is not a list of rows.
    """
    parsed: ParsedRows[RowT] = ParsedRows([], [])
    for place, row in enumerate(split_rows(body, content_type)):
        try:
            add_row_or_faults(kind, place, read_json(bytes(row)), parsed)
        except InvalidError as error:
            parsed.faults.extend(
                replace(each, field=pointer_to(place, each.field)) for each in error.faults
            )
    return parsed


def add_row_or_faults(
    kind: type[RowT], place: int, content: object, parsed: ParsedRows[RowT]
) -> None:
    """Add one row to the parsed rows, or its faults to the faults."""
    try:
        parsed.rows.append(IndexedRow(place, msgspec.convert(content, kind)))
    except msgspec.ValidationError as error:
        read_old_or_faulty_row(kind, place, content, error, parsed)


def read_old_or_faulty_row(
    kind: type[RowT],
    place: int,
    content: object,
    error: msgspec.ValidationError,
    parsed: ParsedRows[RowT],
) -> None:
    """Read a row with old field names, or collect all its faults."""
    if not isinstance(content, dict):
        parsed.faults.append(row_fault(place, str(error)))
        return
    faults = list(row_faults(kind, place, content))
    parsed.faults.extend(faults)
    if not faults:
        renamed = {OLD_NAMES.get(name, name): value for name, value in content.items()}
        parsed.rows.append(IndexedRow(place, msgspec.convert(renamed, kind)))


def row_faults(kind: type[RowT], place: int, content: Mapping[str, Any]) -> Iterator[Fault]:
    """Yield the faults of a row's fields, each by itself."""
    fields = {each.encode_name: each for each in msgspec.structs.fields(kind)}
    given = {OLD_NAMES.get(name, name) for name in content}
    for name, value in content.items():
        new = OLD_NAMES.get(name, name)
        if new not in fields:
            remedy = f"leave it out; a row has: {', '.join(fields)}"
            yield Fault(
                f"/{place}/{escape_pointer(name)}", "unknown-field", "is not a field", remedy
            )
        elif new != name and new in content:
            reason, remedy = f"is the old name of {new}, which is also given", "leave it out"
            yield Fault(f"/{place}/{name}", "twice", reason, remedy)
        else:
            yield from value_faults(place, name, value, fields[new].type)
    for name, field in fields.items():
        if field.required and name not in given:
            yield Fault(f"/{place}/{name}", "missing", "is missing", "give it; see /openapi.json")


def value_faults(place: int, name: str, value: object, kind: object) -> Iterator[Fault]:
    """Yield the fault of one value, if it has one."""
    try:
        msgspec.convert(value, kind)
    except msgspec.ValidationError as error:
        yield row_fault(place, str(error), name)


def escape_pointer(name: str) -> str:
    """Return a field's name escaped for a JSON pointer (RFC 6901), cut to a bounded length."""
    return name[:MAX_NAME_LENGTH].replace("~", "~0").replace("/", "~1")


def split_rows(body: bytes, content_type: str) -> Sequence[bytes | msgspec.Raw]:
    """Return the rows of a body, undecoded."""
    media_type = content_type.partition(";")[0].strip().lower()
    if media_type in JSON_LINES_TYPES:
        return [line for line in body.splitlines() if line.strip()]
    if media_type != JSON_TYPE:
        remedy = f"send {JSON_TYPE} (an array) or application/x-ndjson (a row in each line)"
        message = "The media type is not one of JSON rows."
        raise WrongMediaTypeError(message, remedy=remedy)
    try:
        return msgspec.json.decode(body, type=list[msgspec.Raw])
    except UNREADABLE as error:
        fault = Fault("", "bad-json", "it is not a JSON array", "send an array of objects")
        raise InvalidError([fault]) from error


def row_fault(place: int, text: str, field: str = "") -> Fault:
    """Return the fault of a row from msgspec's text, which never repeats what was sent."""
    found = PATH_SUFFIX.search(text)
    field = field or (found["path"] if found else "")
    return Fault(pointer_to(place, field), "not-valid", *msgspec_fault_text(text))


def pointer_to(place: int, field: str) -> str:
    """Return the JSON pointer to a row, or to one of its fields."""
    return f"/{place}/{field}".rstrip("/")


def refuse_too_many(rows: int, limit: int | None) -> None:
    """Refuse an import of more rows than the caller's role may send at once.

    Raises:
        InvalidError: if there are more.
    """
    if limit is not None and rows > limit:
        reason = f"{rows} rows; the role may import {limit} at once"
        raise InvalidError([Fault("", "too-many-rows", reason, "send them in parts")])


def openapi_import_body(example: ImportedRow) -> dict[str, Any]:
    """Return the OpenAPI description of the body of an import of such rows."""
    kind = type(example)
    _, parts = msgspec.json.schema_components([kind], ref_template="{name}")
    row, shown = inline_references(parts[kind.__name__], parts), msgspec.to_builtins(example)
    content = {JSON_TYPE: {"schema": {"type": "array", "items": row}, "example": [shown]}}
    content |= {
        media_type: {"schema": row, "example": shown} for media_type in sorted(JSON_LINES_TYPES)
    }
    return {"requestBody": {"required": True, "content": content}}


def inline_references(schema: Any, parts: Mapping[str, Any]) -> Any:  # noqa: ANN401  JSON
    """Return a schema with its references replaced by the parts that they point at.

    The references point at the root of the whole description, which does not have these parts.
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
