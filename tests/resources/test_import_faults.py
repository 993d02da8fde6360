"""Faults of imports: contradictory rows and malformed bodies."""

from typing import Any

import pytest

from services.resources.tables import NumberRow
from shared.persistence.database import Sessions
from tests.resources.import_client import (
    EXCHANGE,
    PAIRS,
    SEGMENT,
    SPLITTER,
    ImportClient,
    count_rows,
)


async def test_every_fault_of_every_row_is_named_at_once(imports: ImportClient) -> None:
    rows = [
        SEGMENT,
        SEGMENT | {"id": "long", "first": "+8625800100000"},
        SEGMENT | {"id": "nowhere", "first": "+862581000000", "exchange": "Y"},
        SEGMENT | {"id": "elsewhere", "first": "+862582000000", "local_network": "0512"},
        SEGMENT | {"id": "over", "first": "+862580001999"},
        SEGMENT | {"id": "used", "first": "+862583000000", "state": "in_use"},
        SEGMENT | {"id": "mobile", "first": "+862584000000", "kind": "mobile"},
        SEGMENT,
    ]

    assert set(await imports.faults("segments", *rows)) == {
        ("/1/first", "not-valid"),
        ("/2/exchange", "unknown"),
        ("/3/local_network", "contradiction"),
        ("/4/count", "overlap"),
        ("/5/state", "not-importable"),
        ("/6/kind", "contradiction"),
        ("/7/id", "twice"),
    }


async def test_mobile_numbers_belong_to_the_exchange_of_a_whole_network(
    imports: ImportClient, sessions: Sessions
) -> None:
    del sessions
    answer = await imports.send("segments", SEGMENT | {"first": "+8613812340000", "count": 10})

    (fault,) = answer.json()["errors"]
    assert (fault["field"], fault["code"]) == ("/0/exchange", "not-mobile")
    assert "mobile core" in fault["remedy"]


@pytest.mark.parametrize(
    ("first", "code", "remedy"),
    [
        ("+12025550100", "foreign", "+86"),
        ("+2100000000000", "foreign", "+86"),
        ("+864008123400", "not-fixed", "no pool"),
        ("+868008123400", "not-fixed", "no pool"),
        ("+8610010", "not-valid", "area code"),
        ("+8651180000000", "other-area", "+8625"),
    ],
)
async def test_an_exchange_has_fixed_lines_of_its_own_area_alone(
    imports: ImportClient, sessions: Sessions, first: str, code: str, remedy: str
) -> None:
    answer = await imports.send("segments", SEGMENT | {"first": first, "count": 10})

    (fault,) = answer.json()["errors"]
    assert (fault["field"], fault["code"]) == ("/0/first", code)
    assert remedy in fault["remedy"]
    assert count_rows(sessions, NumberRow) == 0


@pytest.mark.parametrize("code", ["25", "0125x", "02\uff15", "00", "0251234"])
async def test_an_area_code_is_written_as_it_is_dialled_within_the_country(
    imports: ImportClient, code: str
) -> None:
    answer = await imports.send("exchanges", {"id": "Z", "name": "Z", "local_network": code})

    assert answer.status_code == 400
    assert answer.json()["errors"][0]["field"] == "/0/local_network"


async def test_rows_that_are_not_of_the_right_shape_are_named_by_place_and_field(
    imports: ImportClient,
) -> None:
    faults = await imports.faults(
        "pairs",
        PAIRS,
        PAIRS | {"count": "many"},
        {"first": 1},
        PAIRS | {"colour": "red"},
        "pairs",
        PAIRS | {"count": -1},
    )

    assert faults == [
        ("/1/count", "not-valid"),
        ("/2/exchange", "missing"),
        ("/2/count", "missing"),
        ("/3/colour", "unknown-field"),
        ("/4", "not-valid"),
        ("/5/count", "not-valid"),
    ]


async def test_a_refused_import_leaves_nothing_behind(
    imports: ImportClient, sessions: Sessions
) -> None:
    await imports.faults("segments", SEGMENT, SEGMENT | {"id": "b", "exchange": "Y"})

    assert count_rows(sessions, NumberRow) == 0


async def test_numbers_of_a_known_segment_belong_to_no_other(imports: ImportClient) -> None:
    await imports.send("segments", SEGMENT)

    assert await imports.faults(
        "segments", SEGMENT | {"id": "other", "first": "+862580000500", "count": 10}
    ) == [("/0/count", "overlap")]


@pytest.mark.parametrize(
    ("kind", "row"),
    [
        ("segments", SEGMENT),
        ("splitters", SPLITTER),
        ("addresses", {"id": "a", "text": "a", "exchange": "X", "local_network": "025"}),
        ("pairs", PAIRS),
    ],
)
async def test_an_exchange_with_anything_in_it_stays_in_its_area(
    imports: ImportClient, kind: str, row: dict[str, Any]
) -> None:
    assert (await imports.send(kind, row)).status_code == 200

    answer = await imports.send("exchanges", EXCHANGE | {"id": "x", "local_network": "0512"})
    renamed = await imports.send("exchanges", EXCHANGE | {"name": "Another name"})

    (fault,) = answer.json()["errors"]
    assert (fault["field"], fault["code"]) == ("/0/local_network", "changed")
    assert "025" in fault["remedy"]
    assert renamed.status_code == 200


async def test_an_exchange_with_nothing_in_it_may_move_to_another_area(
    imports: ImportClient,
) -> None:
    moved = await imports.send("exchanges", EXCHANGE | {"local_network": "0512"})
    there = await imports.send(
        "segments", SEGMENT | {"first": "+8651280000000", "count": 10, "local_network": "0512"}
    )

    assert (moved.status_code, there.status_code) == (200, 200)


@pytest.mark.parametrize("change", [{"count": 10}, {"first": "+862589000000"}])
async def test_a_known_segment_keeps_its_numbers(
    imports: ImportClient, change: dict[str, Any]
) -> None:
    await imports.send("segments", SEGMENT)

    (fault,) = await imports.faults("segments", SEGMENT | change)

    assert fault == (f"/0/{next(iter(change))}", "changed")


@pytest.mark.parametrize(
    ("change", "fault"),
    [
        ({"legs": 2}, ("/0/legs", "too-few")),
        ({"olt": "X-OLT2"}, ("/0/olt", "changed")),
        ({"svlan": 102}, ("/0/svlan", "changed")),
        ({"faulty_legs": 5}, ("/0/faulty_legs", "too-many")),
        ({"id": "T"}, ("/0/first_cvlan", "overlap")),
        ({"id": "T", "first_cvlan": 204}, ("/0/first_cvlan", "overlap")),
        ({"id": "T", "first_cvlan": 4092}, ("/0/first_cvlan", "too-high")),
        ({"id": "T" * 30, "svlan": 102}, ("/0/id", "too-long")),
    ],
)
async def test_a_splitter_that_contradicts_what_is_there_is_refused(
    imports: ImportClient, change: dict[str, Any], fault: tuple[str, str]
) -> None:
    await imports.send("splitters", SPLITTER)

    assert await imports.faults("splitters", SPLITTER | change) == [fault]


@pytest.mark.parametrize(
    ("body", "media_type", "status"),
    [
        ("", "application/json", 400),
        ("{}", "application/json", 400),
        ("[{]", "application/json", 400),
        ('[{"exchange": "X", "first": 1e999, "count": 1}]', "application/json", 400),
        ('[{"exchange": "X\\u0000", "first": 1, "count": 1}]', "application/json", 400),
        ('[{"exchange": "\\ud800", "first": 1, "count": 1}]', "application/json", 400),
        ('[{"exchange": "X\\n", "first": 1, "count": 1}]', "application/json", 400),
        ("not json\n", "application/x-ndjson", 400),
        ("[]", "text/csv", 415),
        ("[" * 5000, "application/json", 400),
        ('{"x": ' + "[" * 5000, "application/x-ndjson", 400),
    ],
)
async def test_a_body_that_makes_no_sense_is_refused(
    imports: ImportClient, body: str, media_type: str, status: int
) -> None:
    answer = await imports.send_text("pairs", body, media_type)

    assert answer.status_code == status, answer.text
    assert answer.headers["content-type"] == "application/problem+json"


AMBIGUOUS = [
    ('{"id": "a", "id": "b", "name": "X", "local_network": "025"}', "/0/id", "duplicate-key"),
    ('{"id": "a", "name": "X\\u0000", "local_network": "025"}', "/0", "nul"),
    ('{"id": 99999999999999999999, "name": "X"}', "/0", "number-too-large"),
]


@pytest.mark.parametrize(
    ("row", "field", "code"),
    [
        *AMBIGUOUS,
        ('{"id": "a", "name": "\\ud800", "local_network": "025"}', "/0", "lone-surrogate"),
        ('{"id": "a", "name": "X", "local_network": NaN}', "/0", "bad-json"),
    ],
)
async def test_a_row_in_a_line_is_read_by_the_rules_of_every_body(
    imports: ImportClient, row: str, field: str, code: str
) -> None:
    answer = await imports.send_text("exchanges", row, "application/x-ndjson")

    assert answer.status_code == 400
    (error,) = answer.json()["errors"]
    assert (error["field"], error["code"]) == (field, code)
    assert error["remedy"]


@pytest.mark.parametrize(("row", "field", "code"), AMBIGUOUS)
async def test_a_row_in_an_array_is_read_by_the_rules_of_every_body(
    imports: ImportClient, row: str, field: str, code: str
) -> None:
    answer = await imports.send_text("exchanges", f"[{row}]", "application/json")

    assert answer.status_code == 400
    (error,) = answer.json()["errors"]
    assert (error["field"], error["code"]) == (field, code)
