"""The pages and health checks at the usual paths, for browsers and generic tools."""

import re
from collections.abc import AsyncIterator
from html import unescape
from typing import Any

import pytest
from fastapi import FastAPI
from httpx import AsyncClient

from tests.shared.http.small_api import api_client


@pytest.fixture
async def stranger(api: FastAPI) -> AsyncIterator[AsyncClient]:
    """A caller without a token."""
    async with api_client(api, {}) as client:
        yield client


async def test_the_first_page_says_what_this_is_and_all_its_links_lead_somewhere(
    stranger: AsyncClient, description: dict[str, Any]
) -> None:
    page = await stranger.get("/")

    assert page.status_code == 200
    assert page.headers["content-type"] == "text/html; charset=utf-8"
    assert description["info"]["title"] in page.text
    assert description["info"]["description"].split("\n")[0] in unescape(page.text)
    links = re.findall(r'href="([^"]*)"', page.text)
    assert {"/openapi.json", "/docs"} <= set(links)
    for link in links:
        assert (await stranger.get(link)).status_code in {200, 503}  # not ready


async def test_the_page_of_operations_has_every_one(
    stranger: AsyncClient, description: dict[str, Any]
) -> None:
    page = unescape((await stranger.get("/docs")).text)

    for path, verbs in description["paths"].items():
        for verb in verbs:
            assert f"<code>{verb.upper()} {path}</code>" in page


@pytest.mark.parametrize("path", ["/", "/docs"])
async def test_a_page_loads_nothing_and_runs_nothing(stranger: AsyncClient, path: str) -> None:
    page = await stranger.get(path)

    policy = page.headers["content-security-policy"]
    assert policy.startswith("default-src 'none'; style-src 'sha256-")
    assert "unsafe" not in policy
    assert re.findall(r"<script|<img|<link|\ssrc=|\sstyle=|\son\w+=|https?://", page.text) == []


@pytest.mark.parametrize(
    ("usual", "ours"),
    [("/healthz", "/health/live"), ("/livez", "/health/live"), ("/readyz", "/health/ready")],
)
async def test_the_usual_names_of_health_answer_as_ours(
    stranger: AsyncClient, usual: str, ours: str
) -> None:
    answer, same = await stranger.get(usual), await stranger.get(ours)

    assert (answer.status_code, answer.json()) == (same.status_code, same.json())


def test_a_description_names_its_service_and_its_server(api: FastAPI) -> None:
    description = api.openapi()

    assert description["info"]["title"].startswith("Kaitong: ")
    assert len(description["info"]["description"].split("\n")[0]) > 40
    assert [each["url"] for each in description["servers"]] == ["/"]
