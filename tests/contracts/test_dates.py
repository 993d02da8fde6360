"""What is a date-time in a description is read by the one rule, so that no field takes digits."""

from collections.abc import Iterator
from datetime import datetime
from typing import Any

from fastapi import FastAPI
from pydantic import BaseModel

from shared.input.timestamps import IS_TIMESTAMP, Timestamp
from tests.json_schema import request_fields

Json = dict[str, Any]


def others(description: Json) -> Iterator[str]:
    """Yield the names of all date-times that are taken and read by another rule."""
    for name, schema in request_fields(description):
        for kind in schema.get("anyOf", [schema]):
            is_by_rule = IS_TIMESTAMP.items() <= (kind | schema).items()
            if kind.get("format") == "date-time" and not is_by_rule:
                yield name


def test_every_date_time_that_is_taken_is_read_by_the_one_rule(api: FastAPI) -> None:
    assert list(others(api.openapi())) == []


class Body(BaseModel):
    """One field of each way."""

    by_rule: Timestamp | None
    otherwise: datetime | None


def test_a_field_that_is_read_otherwise_is_found() -> None:
    api = FastAPI()

    @api.post("/")
    def take(body: Body, asked: datetime, asked_by_rule: Timestamp) -> None:
        """Take date-times in a body and in a query."""

    assert sorted(others(api.openapi())) == ["Body/otherwise", "asked"]
