"""Where a body wants a number or a truth value, nothing else is taken for one."""

from collections.abc import AsyncIterator, Iterator
from copy import deepcopy
from typing import Any

import pytest
from fastapi import FastAPI
from httpx import AsyncClient

from shared.settings import Settings
from tests.contracts.test_descriptions import examples_of
from tests.contracts.test_methods import filled
from tests.shared.http.api import bearer, calling, faults

Json = Any

OPEN = {"value", "allowed"}
"""The values of characteristics are texts, whole numbers or truth values, as they are given."""


@pytest.fixture
async def client(real_api: FastAPI, settings: Settings) -> AsyncIterator[AsyncClient]:
    """A caller that may do everything."""
    async with calling(real_api, bearer(settings, "admin")) as client:
        yield client


def bodies(description: Json) -> Iterator[tuple[str, str, Json]]:
    """Yield method, path and each example of each body."""
    for path, operations in description["paths"].items():
        for verb, operation in operations.items():
            content = operation.get("requestBody", {}).get("content", {}).get("application/json")
            for example in examples_of(content, description) if content else ():
                yield verb, path, example


def numbers_in(value: Json, *at: str | int) -> Iterator[tuple[str | int, ...]]:
    """Yield where the numbers and truth values in a body are."""
    if isinstance(value, bool | int | float):
        yield at
    elif isinstance(value, dict | list):
        parts = value.items() if isinstance(value, dict) else enumerate(value)
        for name, each in parts:
            if name not in OPEN:
                yield from numbers_in(each, *at, name)


def put(body: Json, at: tuple[str | int, ...], value: Json) -> Json:
    """Return a body with another value at a place."""
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
                assert pointer in faults(answer), (verb, path, pointer, wrong, answer.text)
                tried += 1

    assert tried or description["info"]["title"] == "Kaitong: customer"
