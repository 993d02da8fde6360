"""What is an id in a description bears the form of ids, so that no field takes another."""

from collections.abc import Iterator
from typing import Any

from fastapi import FastAPI

from shared.input.ids import IDENTIFIER
from tests.schemas import resolved

Json = dict[str, Any]

OTHERS = {
    "identificationId": "the number of a paper, which has a form of its own",
    "Specification/id": "an identifier of the catalogue; the domain names its faults",
    "Offering/id": "the same",
    "Price/id": "the same",
    "Discount/id": "the same",
    "Named/customerId": "ends a grant, perhaps of an id from before ids had one form",
}
"""What is called an id and is of another form, and why."""


def is_id(name: str) -> bool:
    """Tell whether a field or a parameter is called an id."""
    return name.rsplit(".", maxsplit=1)[-1].lower() in {"id", "ids"} or name.endswith(("Id", "_id"))


def fields_in(schema: Json, whole: Json, at: str, seen: set[str]) -> Iterator[tuple[str, Json]]:
    """Yield all fields of what a schema describes, by the schema's name and their own."""
    if reference := schema.get("$ref"):
        if reference not in seen:
            seen.add(reference)
            name = reference.rsplit("/", 1)[1]
            yield from fields_in(dict(resolved(reference, whole)), whole, name, seen)
        return
    for name, field in schema.get("properties", {}).items():
        yield f"{at}/{name}", field
        yield from fields_in(field, whole, name, seen)
    for key in ("items", "additionalProperties"):
        if isinstance(part := schema.get(key), dict):
            yield from fields_in(part, whole, at, seen)
    for key in ("anyOf", "oneOf", "allOf", "prefixItems"):
        for part in schema.get(key, ()):
            yield from fields_in(part, whole, at, seen)


def ids_of(description: Json) -> Iterator[tuple[str, Json]]:
    """Yield all ids that are taken in queries and bodies."""
    seen: set[str] = set()
    for operations in description["paths"].values():
        for operation in operations.values():
            for each in operation.get("parameters", ()):
                if each["in"] == "query" and is_id(each["name"]):
                    yield each["name"], each["schema"]
            for content in operation.get("requestBody", {}).get("content", {}).values():
                found = fields_in(content.get("schema", {}), description, "", seen)
                yield from (each for each in found if is_id(each[0].rsplit("/", 1)[1]))


def has_the_form(schema: Json) -> bool:
    """Tell whether a schema is that of an id of another system, of ours, or of an identifier."""
    parts = [each for each in schema.get("anyOf", [schema]) if each.get("type") != "null"]
    return all(
        each.get("x-form") == "id"
        or each.get("format") == "uuid"
        or IDENTIFIER in each.get("pattern", "")
        for each in parts
    )


def test_every_id_that_is_taken_has_the_form_of_ids(api: FastAPI) -> None:
    ids = list(ids_of(api.openapi()))

    bare = {name for name, schema in ids if not has_the_form(schema)}
    assert {each for each in bare if OTHERS.keys().isdisjoint({each, each.split("/")[-1]})} == set()
