"""Header parameters of endpoints: described, missing, valid and invalid."""

from collections.abc import AsyncIterator
from typing import Annotated

import pytest
from httpx import AsyncClient
from pydantic import Field

from shared.config.settings import Settings
from shared.http import Router, header
from tests.shared.http.small_api import ReadAccess, an_api, api_client, bearer

Colour = Annotated[
    str | None,
    header("X-Colour", Annotated[str, Field(max_length=5, description="Of the thing.")]),
]


@pytest.fixture
async def client(settings: Settings) -> AsyncIterator[AsyncClient]:
    """A client of an endpoint that returns the header's value."""
    router = Router()

    @router.get("/colour")
    async def read(_: ReadAccess, colour: Colour) -> str | None:
        """Return the header's value."""
        return colour

    async with api_client(an_api(settings, routers=[router]), bearer(settings)) as client:
        yield client


@pytest.mark.parametrize(("headers", "colour"), [({}, None), ({"x-colour": "red"}, "red")])
async def test_an_endpoint_is_given_what_a_header_says(
    client: AsyncClient, headers: dict[str, str], colour: str | None
) -> None:
    answer = await client.get("/colour", headers=headers)

    assert (answer.status_code, answer.json()) == (200, colour)


async def test_an_invalid_header_is_named_as_a_fault(client: AsyncClient) -> None:
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
