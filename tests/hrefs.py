"""Following references: every href in an answer leads to what it names."""

from collections.abc import Iterator
from typing import Any

from httpx import AsyncClient

REFERENCE_FIELDS = ("href", "view")


def references_in(answer: Any) -> Iterator[tuple[str, str]]:
    """Yield each href in an answer, with the id of its target."""
    if isinstance(answer, dict):
        for name in REFERENCE_FIELDS:
            if name in answer:
                yield answer[name], answer["id"]
        for value in answer.values():
            yield from references_in(value)
    elif isinstance(answer, list):
        for value in answer:
            yield from references_in(value)


async def broken_references(
    client: AsyncClient, answer: Any, headers: dict[str, str], *, besides: tuple[str, ...] = ()
) -> list[str]:
    """Return the hrefs in an answer that lead nowhere, or to something else.

    Hrefs that begin like one of `besides` are skipped: other services answer them.
    """
    found = []
    for href, id_ in references_in(answer):
        if not href.startswith(besides):
            there = await client.get(href, headers=headers)
            if there.status_code != 200 or there.json()["id"] != id_:
                found.append(href)
    return found
