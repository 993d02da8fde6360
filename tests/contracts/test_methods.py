"""Every path answers HEAD where it answers GET, and names the methods that it accepts."""

import re
from collections.abc import AsyncIterator
from typing import Any

import pytest
from fastapi import FastAPI
from httpx import AsyncClient

from shared.config.settings import Settings
from tests.shared.http.small_api import api_client, bearer, problem_of

FILLED = {"kind": "port", "e164": "+862552345678", "position": "1"}
"""Values of path parameters; an id for all others."""

ID = "0199a0c2-1111-7222-8333-123456789012"


@pytest.fixture
async def client(api: FastAPI, settings: Settings) -> AsyncIterator[AsyncClient]:
    """A caller that may do everything."""
    async with api_client(api, bearer(settings, "admin")) as client:
        yield client


def filled(path: str) -> str:
    """Return a described path with its parameters filled in."""
    return re.sub(r"\{(\w+)\}", lambda found: FILLED.get(found[1], ID), path)


async def test_head_is_answered_as_get_is_without_a_body(
    client: AsyncClient, description: dict[str, Any]
) -> None:
    for path in [path for path, verbs in description["paths"].items() if "get" in verbs]:
        got = await client.get(filled(path))
        head = await client.head(filled(path))

        assert head.status_code == got.status_code
        assert head.content == b""
        assert head.headers.keys() == got.headers.keys()
        assert path == "/metrics" or head.headers["content-length"] == str(len(got.content))


async def test_options_and_a_wrong_method_name_all_that_a_path_takes(
    client: AsyncClient, description: dict[str, Any]
) -> None:
    for path, verbs in description["paths"].items():
        options = await client.options(filled(path))
        refused = await client.request("PROPFIND", filled(path))

        takes = {
            "OPTIONS",
            *(each.upper() for each in verbs),
            *(["HEAD"] if "get" in verbs else []),
        }
        assert options.status_code == 204
        assert options.content == b""
        problem_of(refused, 405, "method-not-allowed")
        for answer in (options, refused):
            assert set(answer.headers["allow"].split(", ")) == takes, path


async def test_head_is_refused_where_get_is(
    client: AsyncClient, description: dict[str, Any]
) -> None:
    for path in [path for path, verbs in description["paths"].items() if "get" not in verbs]:
        assert (await client.head(filled(path))).status_code == 405


async def test_options_of_what_is_not_there_is_not_found(client: AsyncClient) -> None:
    problem_of(await client.options("/nothing"), 404, "not-found")
