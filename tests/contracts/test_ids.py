"""All ids in a description have the form of ids, so that no field accepts another."""

from typing import Any

from fastapi import FastAPI

from shared.input.ids import IDENTIFIER
from tests.json_schema import request_fields

Json = dict[str, Any]

OTHERS = {
    "identificationId": "the number of a paper, which has a form of its own",
    "Specification/id": "an identifier of the catalogue; the domain names its faults",
    "Offering/id": "the same",
    "Price/id": "the same",
    "Discount/id": "the same",
    "Commitment/id": "the same",
    "RevocationSchema/customerId": "ends a grant, perhaps of an id from before ids had one form",
}
"""Fields called id with another form, and the reason."""


def is_id(name: str) -> bool:
    """Tell whether a field or a parameter is called an id."""
    return name.rsplit(".", maxsplit=1)[-1].lower() in {"id", "ids"} or name.endswith(("Id", "_id"))


def has_the_form(schema: Json) -> bool:
    """Tell whether a schema is that of an external id, of a UUID, or of an identifier."""
    parts = [each for each in schema.get("anyOf", [schema]) if each.get("type") != "null"]
    return all(
        each.get("x-form") == "id"
        or each.get("format") == "uuid"
        or IDENTIFIER in each.get("pattern", "")
        for each in parts
    )


def test_every_id_that_is_taken_has_the_form_of_ids(api: FastAPI) -> None:
    ids = [each for each in request_fields(api.openapi()) if is_id(each[0].rsplit("/", 1)[-1])]

    bare = {name for name, schema in ids if not has_the_form(schema)}
    assert {each for each in bare if OTHERS.keys().isdisjoint({each, each.split("/")[-1]})} == set()
