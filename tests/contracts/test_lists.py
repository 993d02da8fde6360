"""All lists are read by one rule; the exceptions are in the document, with the reason."""

from collections.abc import Iterator
from pathlib import Path

from fastapi import FastAPI

DOCUMENT = Path(__file__).parents[2] / "docs/bad-input.md"
RULE = {"offset", "limit", "after"}
DIFFERING = {
    "/ops/v1/audit": {"limit", "after"},
    "/ops/v1/parked": {"limit", "after"},
    "/ops/v1/numbers": {"limit"},
    "/ops/v1/orders/{id}/history": set(),
    "/ops/v1/products/{id}/history": set(),
    "/ops/v1/journeys/{subject}": set(),
    "/ops/v1/recoveries": set(),
}


def lists_of(api: FastAPI) -> Iterator[tuple[str, set[str]]]:
    """Yield the path of each list, and its paging parameters."""
    for path, operations in api.openapi()["paths"].items():
        operation = operations.get("get", {})
        answer = operation.get("responses", {}).get("200", {}).get("content", {})
        if answer.get("application/json", {}).get("schema", {}).get("type") == "array":
            yield path, RULE & {each["name"] for each in operation.get("parameters", ())}


def test_every_list_is_read_by_the_one_rule_or_stands_in_the_document(api: FastAPI) -> None:
    lists = dict(lists_of(api))

    assert lists == {path: DIFFERING.get(path, RULE) for path in lists}
    assert len(lists) > len(DIFFERING)


def test_the_lists_that_differ_stand_in_the_document() -> None:
    document = DOCUMENT.read_text()

    assert [path for path in DIFFERING if f"`{path}`" not in document] == []
