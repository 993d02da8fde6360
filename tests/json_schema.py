"""Says where a value is not what its JSON Schema says, as strictly as examples deserve.

It knows the keywords that our descriptions use; any other is a fault, never passed over. So is
an attribute of which the schema says nothing: an example with a slip in a name teaches the slip.
"""

import re
from collections.abc import Callable, Iterator, Mapping
from datetime import datetime
from types import UnionType
from typing import Any
from uuid import UUID

Json = Any
Schema = Mapping[str, Any]

ANNOTATIONS = {"title", "description", "default", "example", "examples"}
STRUCTURE = {"items", "properties", "additionalProperties", "required"}
"""What is said of lists and objects holds for all else."""

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
    "date-time": datetime.fromisoformat,
}
RULES: Mapping[str, tuple[type | UnionType, Callable[[Any, Any], object]]] = {
    "type": (object, lambda it, said: TYPES[said](it)),
    "enum": (object, lambda it, said: it in said),
    "const": (object, lambda it, said: it == said),
    "format": (str, lambda it, said: is_readable(it, FORMATS[said])),
    "pattern": (str, lambda it, said: re.search(said, it)),
    "minLength": (str, lambda it, said: len(it) >= said),
    "maxLength": (str, lambda it, said: len(it) <= said),
    "minItems": (list, lambda it, said: len(it) >= said),
    "maxItems": (list, lambda it, said: len(it) <= said),
    "x-form": (str, lambda it, _: it.isprintable() and it == it.strip()),
    "uniqueItems": (list, lambda it, _: len({repr(each) for each in it}) == len(it)),
    "minimum": (int | float, lambda it, said: it >= said),
    "maximum": (int | float, lambda it, said: it <= said),
}
"""By keyword: what kind of values it speaks of, and what holds for them."""


def faults_in(value: Json, schema: Schema, whole: Schema, at: str = "") -> Iterator[str]:
    """Yield what is wrong with a value, each fault with the pointer to it.

    Args:
        value: the value.
        schema: what it should be like.
        whole: the document that references in the schema point into.
        at: the pointer to the value.
    """
    for keyword, said in schema.items():
        match keyword:
            case "$ref":
                yield from faults_in(value, resolved(said, whole), whole, at)
            case "anyOf":
                yield from faults_in_any_of(value, said, whole, at)
            case "properties":
                yield from faults_in_object(value, schema, whole, at)
            case "items" if isinstance(value, list):
                for place, each in enumerate(value):
                    yield from faults_in(each, said, whole, f"{at}/{place}")
            case "additionalProperties" if "properties" not in schema:
                yield from faults_in_object(value, schema, whole, at)
            case "required" if isinstance(value, dict):
                yield from (f"{at}/{name}: is missing" for name in said if name not in value)
            case _:
                if not satisfies(value, keyword, said):
                    yield f"{at}: {value!r} is against {keyword} {said!r}"


def faults_in_any_of(value: Json, schemas: list[Schema], whole: Schema, at: str) -> Iterator[str]:
    """Yield what is wrong with a value by each of these schemas, unless one suits it."""
    found = [list(faults_in(value, each, whole, at)) for each in schemas]
    if all(found):
        yield from (fault for each in found for fault in each)


def faults_in_object(value: Json, schema: Schema, whole: Schema, at: str) -> Iterator[str]:
    """Yield what is wrong with the attributes of an object; those that nobody foresaw are."""
    if not isinstance(value, dict):
        return
    known, others = schema.get("properties", {}), schema.get("additionalProperties", False)
    for name, each in value.items():
        said = known.get(name, others)
        if said is False:
            yield f"{at}/{name}: the schema says nothing of it"
        elif said is not True:
            yield from faults_in(each, said, whole, f"{at}/{name}")


def satisfies(value: Json, keyword: str, said: Any) -> bool:
    """Tell whether a value keeps to a keyword. None keeps to one that we do not know."""
    if keyword not in RULES:
        return keyword in ANNOTATIONS | STRUCTURE
    kind, rule = RULES[keyword]
    return not isinstance(value, kind) or bool(rule(value, said))


def is_readable(text: str, read: Callable[[str], object]) -> bool:
    """Tell whether a text can be read as what it should be."""
    try:
        read(text)
    except ValueError:
        return False
    return True


def resolved(reference: str, whole: Schema) -> Schema:
    """Return what a reference points at."""
    found = whole
    for name in reference.removeprefix("#/").split("/"):
        found = found[name]
    return found


def request_fields(description: Json) -> Iterator[tuple[str, Json]]:
    """Yield all parameters of queries, and all fields of bodies by their schema's name and own."""
    seen: set[str] = set()
    for operations in description["paths"].values():
        for operation in operations.values():
            for each in operation.get("parameters", ()):
                if each["in"] == "query":
                    yield each["name"], each["schema"]
            for content in operation.get("requestBody", {}).get("content", {}).values():
                yield from schema_fields(content.get("schema", {}), description, "", seen)


def schema_fields(schema: Json, whole: Json, at: str, seen: set[str]) -> Iterator[tuple[str, Json]]:
    """Yield all fields of what a schema describes, by the schema's name and their own."""
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
