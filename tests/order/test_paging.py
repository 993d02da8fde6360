"""Paging by the header Link through a list that grows meanwhile."""

import re
from collections.abc import AsyncIterator
from typing import Any

import pytest
from httpx import AsyncClient, Response

from shared.http.collection_paths import (
    OFFERINGS_PATH,
    ORDERS_PATH,
    PRICES_PATH,
    PRODUCTS_PATH,
    SPECIFICATIONS_PATH,
)
from shared.persistence.database import Sessions
from shared.persistence.pagination import encode_cursor
from tests.callers import AsRole
from tests.order.test_api_lists import add_orders, names
from tests.shared.http.small_api import faults_by_field


async def pages(
    client: AsyncClient, headers: dict[str, str], where: str
) -> AsyncIterator[Response]:
    """Yield the pages of a list, each from the Link header of the one before."""
    while where:
        page = await client.get(where, headers=headers)
        yield page
        found = re.fullmatch(r'<(.*)>; rel="next"', page.headers.get("link", ""))
        assert page.status_code == (206 if found else 200), page.text
        where = found[1] if found else ""


@pytest.mark.parametrize("query", ["limit=7", "limit=7&offset=5", "limit=7&relatedParty.id=C-1"])
async def test_paging_by_link_shows_every_order_exactly_once_while_others_arrive(
    client: AsyncClient, stocked: Sessions, as_role: AsRole, query: str
) -> None:
    add_orders(stocked, 40)
    whole = f"{ORDERS_PATH}?{query}".replace("limit=7", "limit=100")
    everything = await client.get(whole, headers=as_role("crm"))

    seen = []
    async for page in pages(client, as_role("crm"), f"{ORDERS_PATH}?{query}"):
        seen += names(page)
        add_orders(stocked, 5, start=41 + len(seen))

    assert seen == names(everything)
    assert len(seen) > 7


async def test_paging_by_offset_shows_orders_twice_while_others_arrive(
    client: AsyncClient, stocked: Sessions, as_role: AsRole
) -> None:
    add_orders(stocked, 10)

    first = await client.get(f"{ORDERS_PATH}?limit=5", headers=as_role("crm"))
    add_orders(stocked, 2, start=11)
    second = await client.get(f"{ORDERS_PATH}?limit=5&offset=5", headers=as_role("crm"))

    assert set(names(first)) & set(names(second)), "otherwise paging by offset would be correct"


NO_TEXTS: list[Any] = [1, None, "\0", ["a"], {}]
NO_CURSORS = [
    *("x", "!", "W10", "bnVsbA", "%F0%9F%98%80", "W1sx"),
    *(encode_cursor([key]) for key in NO_TEXTS),
    encode_cursor(["a", "b"]),
]
CATALOGUE = [OFFERINGS_PATH, SPECIFICATIONS_PATH, PRICES_PATH]
"""Lists whose keys are texts, so that a cursor may contain any text."""


@pytest.mark.parametrize(
    ("path", "cursor"),
    [
        *((path, each) for path in (ORDERS_PATH, PRODUCTS_PATH, *CATALOGUE) for each in NO_CURSORS),
        *((path, encode_cursor(["no id"])) for path in (ORDERS_PATH, PRODUCTS_PATH)),
    ],
)
async def test_an_invalid_cursor_of_a_list_is_refused(
    client: AsyncClient, as_role: AsRole, path: str, cursor: str
) -> None:
    answer = await client.get(f"{path}?after={cursor}", headers=as_role("crm"))

    assert faults_by_field(answer) == {"after": "cursor"}


def a_publication(name: str) -> dict[str, Any]:
    """Return a publication of an offering of this name, with a price and a specification."""
    price = {"id": "p", "name": "P", "kind": "oneTime", "amount_cents": 1}
    offering = {"id": name, "version": 1, "name": "O", "specification": name, "prices": [price]}
    return {
        "specifications": [{"id": name, "version": 1, "name": "S"}],
        "offerings": [offering],
    }


@pytest.mark.parametrize("path", CATALOGUE)
async def test_paging_by_link_shows_every_entry_of_the_catalogue_once_while_others_are_published(
    client: AsyncClient, as_role: AsRole, path: str
) -> None:
    everything = [
        each["id"]
        async for page in pages(client, as_role("crm"), f"{path}?limit=100")
        for each in page.json()
    ]

    seen: list[str] = []
    async for page in pages(client, as_role("crm"), f"{path}?limit=1"):
        seen += [each["id"] for each in page.json()]
        assert len(seen) <= len(everything), "otherwise the paging never ends"
        body = a_publication(f"a-{len(seen):03}")
        new = await client.post("/ops/v1/catalogue", json=body, headers=as_role("ops"))
        assert new.status_code == 200

    assert seen == everything
    assert len(seen) > 1
