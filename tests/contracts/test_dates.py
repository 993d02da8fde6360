"""All date-times in a description are read by the one rule, so that no field accepts digits."""

from collections.abc import Iterator
from datetime import datetime
from typing import Any

from fastapi import FastAPI
from pydantic import BaseModel

from shared.input.timestamps import IS_TIMESTAMP, Timestamp
from tests.json_schema import request_fields

Json = dict[str, Any]


def read_without_rule(description: Json) -> Iterator[str]:
    """Yield the names of all date-time inputs that are read by another rule."""
    for name, schema in request_fields(description):
        for kind in schema.get("anyOf", [schema]):
            is_by_rule = IS_TIMESTAMP.items() <= (kind | schema).items()
            if kind.get("format") == "date-time" and not is_by_rule:
                yield name


def test_every_date_time_that_is_taken_is_read_by_the_one_rule(api: FastAPI) -> None:
    assert list(read_without_rule(api.openapi())) == []


class Body(BaseModel):
    """One field by the rule, one without it."""

    by_rule: Timestamp | None
    without_rule: datetime | None


def test_a_field_that_is_parsed_differently_is_found() -> None:
    api = FastAPI()

    @api.post("/")
    def take(body: Body, plain: datetime, plain_by_rule: Timestamp) -> None:
        """Take date-times in a body and in a query."""

    assert sorted(read_without_rule(api.openapi())) == ["Body/without_rule", "plain"]
