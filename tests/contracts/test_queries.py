"""A description says correctly whether each query parameter may be repeated."""

import re
from collections.abc import AsyncIterator, Iterator
from typing import Any

import pytest
from fastapi import FastAPI
from httpx import AsyncClient, Response

from shared.config.settings import Settings
from tests.contracts.test_methods import filled
from tests.json_schema import resolved
from tests.shared.http.small_api import api_client, bearer

Json = dict[str, Any]


@pytest.fixture
async def client(api: FastAPI, settings: Settings) -> AsyncIterator[AsyncClient]:
    """A caller that may do everything."""
    async with api_client(api, bearer(settings, "admin")) as client:
        yield client


def parameters(description: Json) -> Iterator[tuple[str, str, list[Json]]]:
    """Yield the path and the name of each parameter of a list, and its alternative schemas."""
    for path, operations in description["paths"].items():
        for each in operations.get("get", {}).get("parameters", ()):
            if each["in"] == "query":
                schema = each["schema"]
                kinds = [whole(kind, description) for kind in schema.get("anyOf", [schema])]
                yield filled(path), each["name"], kinds


def whole(schema: Json, description: Json) -> Json:
    """Return a schema, resolved if it is a reference."""
    return dict(resolved(schema["$ref"], description)) if "$ref" in schema else schema


def codes(answer: Response, field: str) -> set[str]:
    """Return the fault codes of one field in an answer."""
    return {each["code"] for each in answer.json().get("errors", ()) if each["field"] == field}


async def test_a_parameter_comes_several_times_if_and_only_if_it_is_described_as_an_array(
    client: AsyncClient, description: Json
) -> None:
    for path, name, kinds in parameters(description):
        arrays = [each for each in kinds if each.get("type") == "array"]
        words = whole(arrays[0]["items"], description).get("enum", ["a", "b"]) if arrays else "11"

        answer = await client.get(path, params=[(name, words[0]), (name, words[1])])

        assert ("repeated" in codes(answer, name)) is not bool(arrays), (path, name)
        assert not arrays or answer.status_code == 503, answer.text  # there is no database


async def test_a_bare_plus_is_refused_by_every_parameter_and_its_code_is_named(
    client: AsyncClient, description: Json
) -> None:
    for path, name, kinds in parameters(description):
        is_time = any(each.get("format") == "date-time" for each in kinds)
        value = "2026-01-31T12:00:00+08:00" if is_time else "+862552345678"

        bare = await client.get(f"{path}?{name}={value}")
        encoded = await client.get(path, params={name: value})

        assert bare.status_code == 400
        assert codes(bare, name) == {"bare-plus"}
        assert "%2B" in bare.json()["detail"] + bare.json()["errors"][0]["remedy"]
        assert "bare-plus" not in codes(encoded, name)


@pytest.mark.parametrize("value", ["+foo", "Li+Ming", "1+1", "%2B8625", "2026-01-31T12:00:00Z"])
async def test_a_plus_that_says_a_space_is_taken_for_one(client: AsyncClient, value: str) -> None:
    answer = await client.get(f"/ops/v1/journeys/1?nothing={value}")

    assert codes(answer, "nothing") == {"unknown-parameter"}


def test_times_and_arrays_are_among_what_is_described(description: Json) -> None:
    found = [kind for _, __, kinds in parameters(description) for kind in kinds]

    assert all(re.fullmatch(r"[a-z]+", each.get("type", "string")) for each in found)
    if description["info"]["title"] == "Kaitong: provisioning":
        assert [each for each in found if each.get("type") == "array"]
    if description["info"]["title"] == "Kaitong: order":
        assert [each for each in found if each.get("format") == "date-time"]
