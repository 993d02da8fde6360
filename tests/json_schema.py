"""Checks values against JSON Schemas, strictly enough for examples.

It knows the keywords that our descriptions use; any other is a fault, never ignored. An attribute
that is not in the schema is a fault, too: an example with a misspelt name would mislead.
"""

import re
from collections.abc import Callable, Iterator, Mapping
from datetime import date, datetime
from types import UnionType
from typing import Any
from uuid import UUID

Json = Any
Schema = Mapping[str, Any]

ANNOTATIONS = {"title", "description", "default", "example", "examples"}
STRUCTURE = {"items", "properties", "additionalProperties", "required"}
"""Keywords of lists and objects: other values satisfy them."""

TYPES: Mapping[str, Callable[[Json], bool]] = {
    "null": lambda it: it is None,
    "boolean": lambda it: isinstance(it, bool),
    "integer": lambda it: isinstance(it, int) and not isinstance(it, bool),
    "number": lambda it: isinstance(it, int | float) and not isinstance(it, bool),
    "string": lambda it: isinstance(it, str),
    "array": lambda it: isinstance(it, list),
    "object": lambda it: isinstance(it, dict),
}
FORMATS: Mapping[str, Callable[[str], object]] = {
    "uuid": UUID,
    "date": date.fromisoformat,
    "date-time": datetime.fromisoformat,
}
RULES: Mapping[str, tuple[type | UnionType, Callable[[Any, Any], object]]] = {
    "type": (object, lambda it, argument: TYPES[argument](it)),
    "enum": (object, lambda it, argument: it in argument),
    "const": (object, lambda it, argument: it == argument),
    "format": (str, lambda it, argument: is_readable(it, FORMATS[argument])),
    "pattern": (str, lambda it, argument: re.search(argument, it)),
    "minLength": (str, lambda it, argument: len(it) >= argument),
    "maxLength": (str, lambda it, argument: len(it) <= argument),
    "minItems": (list, lambda it, argument: len(it) >= argument),
    "maxItems": (list, lambda it, argument: len(it) <= argument),
    "maxProperties": (dict, lambda it, argument: len(it) <= argument),
    "x-form": (str, lambda it, _: it.isprintable() and it == it.strip()),
    "propertyNames": (
        dict,
        lambda it, argument: all(re.search(argument["pattern"], n) for n in it),
    ),
    "uniqueItems": (list, lambda it, _: len({repr(each) for each in it}) == len(it)),
    "minimum": (int | float, lambda it, argument: it >= argument),
    "maximum": (int | float, lambda it, argument: it <= argument),
    "multipleOf": (int | float, lambda it, argument: it % argument == 0),
}
"""By keyword: the type of values that it applies to, and its rule."""


def faults_in(value: Json, schema: Schema, whole: Schema, at: str = "") -> Iterator[str]:
    """Yield the faults of a value, each with the pointer to it.

    Args:
        value: the value.
        schema: its schema.
        whole: the document that references in the schema point into.
        at: the pointer to the value.
    """
    for keyword, argument in schema.items():
        match keyword:
            case "$ref":
                yield from faults_in(value, resolved(argument, whole), whole, at)
            case "anyOf" | "oneOf":
                yield from faults_in_any_of(value, argument, whole, at)
            case "properties":
                yield from faults_in_object(value, schema, whole, at)
            case "items" if isinstance(value, list):
                for place, each in enumerate(value):
                    yield from faults_in(each, argument, whole, f"{at}/{place}")
            case "additionalProperties" if "properties" not in schema:
                yield from faults_in_object(value, schema, whole, at)
            case "required" if isinstance(value, dict):
                yield from (f"{at}/{name}: is missing" for name in argument if name not in value)
            case _:
                if not satisfies(value, keyword, argument):
                    yield f"{at}: {value!r} is against {keyword} {argument!r}"


def faults_in_any_of(value: Json, schemas: list[Schema], whole: Schema, at: str) -> Iterator[str]:
    """Yield the faults of a value by each of these schemas, unless it satisfies one."""
    found = [list(faults_in(value, each, whole, at)) for each in schemas]
    if all(found):
        yield from (fault for each in found for fault in each)


def faults_in_object(value: Json, schema: Schema, whole: Schema, at: str) -> Iterator[str]:
    """Yield the faults of an object's attributes; unknown attributes are faults."""
    if not isinstance(value, dict):
        return
    known, others = schema.get("properties", {}), schema.get("additionalProperties", False)
    for name, each in value.items():
        argument = known.get(name, others)
        if argument is False:
            yield f"{at}/{name}: is not in the schema"
        elif argument is not True:
            yield from faults_in(each, argument, whole, f"{at}/{name}")


def satisfies(value: Json, keyword: str, argument: Any) -> bool:
    """Tell whether a value satisfies a keyword. No value satisfies an unknown one."""
    if keyword not in RULES:
        return keyword in ANNOTATIONS | STRUCTURE
    kind, rule = RULES[keyword]
    return not isinstance(value, kind) or bool(rule(value, argument))


def is_readable(text: str, read: Callable[[str], object]) -> bool:
    """Tell whether a text can be parsed by a function."""
    try:
        read(text)
    except ValueError:
        return False
    return True


def resolved(reference: str, whole: Schema) -> Schema:
    """Return the target of a reference."""
    found = whole
    for name in reference.removeprefix("#/").split("/"):
        found = found[name]
    return found


def request_fields(description: Json) -> Iterator[tuple[str, Json]]:
    """Yield all query parameters, and all fields of bodies as `schema/field`."""
    seen: set[str] = set()
    for operations in description["paths"].values():
        for operation in operations.values():
            for each in operation.get("parameters", ()):
                if each["in"] == "query":
                    yield each["name"], each["schema"]
            for content in operation.get("requestBody", {}).get("content", {}).values():
                yield from schema_fields(content.get("schema", {}), description, "", seen)


def schema_fields(schema: Json, whole: Json, at: str, seen: set[str]) -> Iterator[tuple[str, Json]]:
    """Yield all fields of a schema as `schema/field`."""
    if reference := schema.get("$ref"):
        if reference not in seen:
            seen.add(reference)
            name = reference.rsplit("/", 1)[1]
            yield from schema_fields(dict(resolved(reference, whole)), whole, name, seen)
        return
    for name, field in schema.get("properties", {}).items():
        yield f"{at}/{name}", field
        yield from schema_fields(field, whole, name, seen)
    for key in ("items", "additionalProperties"):
        if isinstance(part := schema.get(key), dict):
            yield from schema_fields(part, whole, at, seen)
    for key in ("anyOf", "oneOf", "allOf", "prefixItems"):
        for part in schema.get(key, ()):
            yield from schema_fields(part, whole, at, seen)
