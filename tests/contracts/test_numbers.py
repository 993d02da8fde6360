"""Where a number or a boolean is required, nothing else is accepted."""

from collections.abc import AsyncIterator, Iterator
from copy import deepcopy
from typing import Any
from urllib.parse import quote

import pytest
from fastapi import FastAPI
from httpx import AsyncClient

from shared.config.settings import Settings
from tests.contracts.test_descriptions import examples_of
from tests.contracts.test_methods import filled
from tests.shared.http.small_api import api_client, bearer, faults_by_field

Json = Any

OPEN = {"value", "values", "allowed", "attributes"}
"""The values of characteristics and attributes may be texts, whole numbers or booleans."""


@pytest.fixture
async def client(real_api: FastAPI, settings: Settings) -> AsyncIterator[AsyncClient]:
    """A caller that may do everything."""
    async with api_client(real_api, bearer(settings, "admin")) as client:
        yield client


def bodies(description: Json) -> Iterator[tuple[str, str, Json]]:
    """Yield method, path and each example of each body."""
    for path, operations in description["paths"].items():
        for verb, operation in operations.items():
            content = operation.get("requestBody", {}).get("content", {}).get("application/json")
            for example in examples_of(content, description) if content else ():
                yield verb, path, example


def numbers_in(value: Json, *at: str | int) -> Iterator[tuple[str | int, ...]]:
    """Yield the paths of the numbers and booleans in a body."""
    if isinstance(value, bool | int | float):
        yield at
    elif isinstance(value, dict | list):
        parts = value.items() if isinstance(value, dict) else enumerate(value)
        for name, each in parts:
            if name not in OPEN:
                yield from numbers_in(each, *at, name)


def put(body: Json, at: tuple[str | int, ...], value: Json) -> Json:
    """Return a body with another value at a path."""
    changed = inside = deepcopy(body)
    for step in at[:-1]:
        inside = inside[step]
    inside[at[-1]] = value
    return changed


async def test_no_body_makes_a_number_or_a_truth_value_of_something_else(
    client: AsyncClient, real_api: FastAPI
) -> None:
    tried, description = 0, real_api.openapi()
    for verb, path, example in bodies(description):
        for at in numbers_in(example):
            was = example
            for step in at:
                was = was[step]
            for wrong in ("1", 1 if isinstance(was, bool) else True):
                answer = await client.request(verb, filled(path), json=put(example, at, wrong))

                pointer = "".join(f"/{step}" for step in at)
                assert answer.status_code == 400, (verb, path, pointer, wrong, answer.text)
                assert pointer in faults_by_field(answer), (verb, path, pointer, wrong, answer.text)
                tried += 1

    assert tried or description["info"]["title"] == "Kaitong: customer"


NO_DIGITS = [
    "1_0",
    "5.0",
    " 5",
    "5 ",
    "+5",
    "05",
    "\uff15",
    "\u0665",
    "5e0",
    "0x5",
    "-0",
    "",
    "true",
]


def numbers_asked(description: Json) -> Iterator[tuple[str, str, Json]]:
    """Yield method, path and parameter of each whole number that a query or a path may hold."""
    for path, operations in description["paths"].items():
        for verb, operation in operations.items():
            for each in operation.get("parameters", ()):
                kinds = each["schema"].get("anyOf", [each["schema"]])
                if any(kind.get("type") in {"integer", "number"} for kind in kinds):
                    yield verb, path, each


async def test_every_number_of_every_query_and_path_is_written_in_digits_alone(
    client: AsyncClient, real_api: FastAPI
) -> None:
    numbers = list(numbers_asked(real_api.openapi()))
    for verb, path, parameter in numbers:
        name, is_path = parameter["name"], parameter["in"] == "path"
        for wrong in filter(None, NO_DIGITS) if is_path else NO_DIGITS:
            where = path.replace(f"{{{name}}}", quote(wrong)) if is_path else path
            query = {} if is_path else {name: wrong}
            answer = await client.request(verb, filled(where), params=query)

            assert answer.status_code == 400, (verb, path, name, wrong, answer.text)
            assert name in faults_by_field(answer), (verb, path, name, wrong, answer.text)

    assert {"limit", "offset", "after", "position"} <= {each["name"] for _, _, each in numbers}
