"""Headers that an endpoint is given: described, left out, right, and wrong."""

from collections.abc import AsyncIterator
from typing import Annotated

import pytest
from httpx import AsyncClient
from pydantic import Field

from shared.config.settings import Settings
from shared.http import Router, header
from tests.shared.http.small_api import Reader, an_api, api_client, bearer

Colour = Annotated[
    str | None,
    header("X-Colour", Annotated[str, Field(max_length=5, description="Of the thing.")]),
]


@pytest.fixture
async def client(settings: Settings) -> AsyncIterator[AsyncClient]:
    """A caller of an endpoint that says which colour it was told."""
    router = Router()

    @router.get("/colour")
    async def read(_: Reader, colour: Colour) -> str | None:
        """Say what the header says."""
        return colour

    async with api_client(an_api(settings, routers=[router]), bearer(settings)) as client:
        yield client


@pytest.mark.parametrize(("headers", "colour"), [({}, None), ({"x-colour": "red"}, "red")])
async def test_an_endpoint_is_given_what_a_header_says(
    client: AsyncClient, headers: dict[str, str], colour: str | None
) -> None:
    answer = await client.get("/colour", headers=headers)

    assert (answer.status_code, answer.json()) == (200, colour)


async def test_a_header_that_says_what_it_may_not_is_named(client: AsyncClient) -> None:
    answer = await client.get("/colour", headers={"X-Colour": "crimson"})

    assert answer.status_code == 400
    assert [each["field"] for each in answer.json()["errors"]] == ["X-Colour"]


async def test_a_header_is_described(client: AsyncClient) -> None:
    described = (await client.get("/openapi.json")).json()["paths"]["/colour"]["get"]

    assert described["parameters"] == [
        {
            "name": "X-Colour",
            "in": "header",
            "required": False,
            "description": "Of the thing.",
            "schema": {"type": "string", "maxLength": 5},
        }
    ]
