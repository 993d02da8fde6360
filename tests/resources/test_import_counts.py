"""An import names all faults or its counts; what the API shows can be imported."""

import json
from typing import Any

import pytest
from httpx import AsyncClient

from tests.callers import AsRole
from tests.resources.import_client import (
    ADDRESS,
    EXCHANGE,
    PAIRS,
    SEGMENT,
    SPLITTER,
    ImportClient,
    import_counts,
)


async def test_wrong_shapes_and_contradictions_are_named_together(imports: ImportClient) -> None:
    rows = [
        PAIRS | {"count": "many", "first": -1, "colour": "red"},
        PAIRS | {"exchange": "Y"},
        {"first": 1},
    ]

    assert await imports.faults("pairs", *rows) == [
        ("/0/first", "not-valid"),
        ("/0/count", "not-valid"),
        ("/0/colour", "unknown-field"),
        ("/1/exchange", "unknown"),
        ("/2/exchange", "missing"),
        ("/2/count", "missing"),
    ]


async def test_a_hundred_of_many_faults_are_named_and_the_others_counted(
    imports: ImportClient,
) -> None:
    answer = await imports.send("pairs", *([PAIRS | {"colour": "red"}] * 130), PAIRS | {"count": 0})

    problem = answer.json()
    assert len(problem["errors"]) == 100
    assert problem["errors_left_out"] == 30


@pytest.mark.parametrize(
    ("kind", "row"), [("pairs", PAIRS), ("segments", SEGMENT), ("splitters", SPLITTER)]
)
async def test_the_old_name_of_a_field_is_read_too(
    imports: ImportClient, kind: str, row: dict[str, Any]
) -> None:
    old = {"exchange_id" if name == "exchange" else name: value for name, value in row.items()}

    assert (await imports.send(kind, old)).json()["made"] == 1
    assert await imports.faults(kind, row | old) == [("/0/exchange_id", "twice")]


async def test_what_is_read_of_an_address_can_be_imported_as_it_is(
    imports: ImportClient, client: AsyncClient, as_role: AsRole
) -> None:
    await imports.send("splitters", SPLITTER)
    await imports.send("addresses", ADDRESS)

    path = f"/ops/v1/addresses/{ADDRESS['id']}"
    shown = (await client.get(path, headers=as_role("viewer"))).json()

    assert (await imports.send("addresses", shown)).json() == import_counts(unchanged=1)


@pytest.mark.parametrize(
    ("kind", "row", "change"),
    [
        ("exchanges", EXCHANGE, {"name": "Nanjing Gulou"}),
        ("segments", SEGMENT, {"quarantine_days": 30}),
        ("splitters", SPLITTER, {"faulty_legs": 1}),
        ("addresses", ADDRESS, {"text": "人民路2号"}),
    ],
)
async def test_rows_are_counted_as_made_changed_or_unchanged(
    imports: ImportClient, kind: str, row: dict[str, Any], change: dict[str, Any]
) -> None:
    await imports.send("splitters", SPLITTER)
    await imports.send(kind, row)

    assert (await imports.send(kind, row)).json() == import_counts(unchanged=1)
    assert (await imports.send(kind, row | change)).json() == import_counts(changed=1)


async def test_blocks_of_pairs_are_counted_by_what_is_new_of_them(imports: ImportClient) -> None:
    await imports.send("pairs", PAIRS)

    blocks = [PAIRS, PAIRS | {"first": 6}, PAIRS | {"first": 100}, PAIRS | {"first": 11}]
    answer = await imports.send("pairs", *blocks)

    assert answer.json() == import_counts(made=2, changed=1, unchanged=1, things=20)


async def test_lines_that_are_no_rows_are_named_beside_those_that_are(
    imports: ImportClient,
) -> None:
    lines = "\n".join(["not json", json.dumps(PAIRS), "[]", json.dumps(PAIRS | {"count": -1})])

    answer = await imports.send_text("pairs", lines, "application/x-ndjson")

    assert [each["field"] for each in answer.json()["errors"]] == ["/0", "/2", "/3/count"]
