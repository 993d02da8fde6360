"""Importing numbers and plant over HTTP."""

import json
from collections import Counter
from collections.abc import Sequence
from dataclasses import asdict
from typing import Any

import pytest
from httpx import AsyncClient
from sqlalchemy import select

from services.resources.domain.number.grade import grade_of
from services.resources.store.segments import shipped_grades
from services.resources.tables import NumberRow, PoolItemRow, PoolRow
from shared.persistence.database import Sessions
from tests.callers import AsRole
from tests.kernel import history
from tests.resources.builders import e164, states
from tests.resources.import_client import (
    ADDRESS,
    EXCHANGE,
    PAIRS,
    SEGMENT,
    SPLITTER,
    ImportClient,
    count_rows,
    import_counts,
)
from tools.province.build import build_province


async def test_a_segment_makes_its_numbers_each_with_its_grade(
    imports: ImportClient, sessions: Sessions
) -> None:
    answer = await imports.send("segments", SEGMENT)

    assert answer.json() == import_counts(made=1, things=2000)
    with sessions() as session:
        rows = session.execute(select(NumberRow.e164, NumberRow.grade, NumberRow.state)).all()
    assert {name for name, *_ in rows} == {f"+{862580000000 + n}" for n in range(2000)}
    assert all(grade == grade_of(name, shipped_grades()) for name, grade, _ in rows)
    assert {grade for _, grade, _ in rows} >= {"", "AAA", "AABB", "ABAB", "ABCD", "AAAA"}


async def test_a_splitter_makes_a_leg_a_vlan_and_a_loid_for_each_customer(
    imports: ImportClient, sessions: Sessions
) -> None:
    answer = await imports.send("splitters", SPLITTER | {"faulty_legs": 1})

    assert answer.json() == import_counts(made=1, things=12)
    with sessions() as session:
        values = session.scalars(
            select(PoolItemRow.value).order_by(PoolItemRow.kind, PoolItemRow.value)
        )
        assert list(values) == [
            *("S/001", "S/002", "S/003", "S/004"),
            *("S-L001", "S-L002", "S-L003", "S-L004"),
            *("X/101.0201", "X/101.0202", "X/101.0203", "X/101.0204"),
        ]
    assert states(sessions) == {"S/001": "faulty"}


@pytest.mark.parametrize(
    ("kind", "row"),
    [
        ("exchanges", EXCHANGE),
        ("segments", SEGMENT),
        ("splitters", SPLITTER),
        ("pairs", PAIRS),
    ],
)
async def test_what_is_sent_again_changes_nothing(
    imports: ImportClient, sessions: Sessions, kind: str, row: dict[str, Any]
) -> None:
    await imports.send(kind, row)
    before = count_rows(sessions, NumberRow), count_rows(sessions, PoolItemRow), history(sessions)

    again = await imports.send(kind, row)

    assert again.json() == import_counts(unchanged=1)
    assert (
        count_rows(sessions, NumberRow),
        count_rows(sessions, PoolItemRow),
        history(sessions),
    ) == before


async def test_a_splitter_may_grow_and_makes_only_what_is_new(
    imports: ImportClient, sessions: Sessions
) -> None:
    await imports.send("splitters", SPLITTER)

    grown = await imports.send("splitters", SPLITTER | {"legs": 8})

    assert grown.json() == import_counts(changed=1, things=12)
    with sessions() as session:
        pools = session.execute(select(PoolRow.kind, PoolRow.capacity)).all()
    assert dict(pools) == {"leg": 8, "vlan": 8, "loid": 8}


async def test_pairs_that_overlap_are_made_once(imports: ImportClient, sessions: Sessions) -> None:
    await imports.send("pairs", PAIRS)

    more = await imports.send("pairs", PAIRS | {"first": 6})

    assert more.json() == import_counts(changed=1, things=5)
    assert count_rows(sessions, PoolItemRow) == 15


async def test_lines_of_json_are_accepted_like_an_array(imports: ImportClient) -> None:
    lines = "\n".join(json.dumps(PAIRS | {"first": first}) for first in (1, 100))

    answer = await imports.send_text("pairs", lines + "\n", "application/x-ndjson")

    assert answer.json() == import_counts(made=2, things=20)


async def test_a_blocked_segment_has_no_free_numbers_until_it_is_opened(
    imports: ImportClient, sessions: Sessions
) -> None:
    few = SEGMENT | {"count": 3, "first": e164(0)}
    await imports.send("segments", few | {"state": "planned"})
    planned = set(states(sessions).values())

    await imports.send("segments", few)
    opened = states(sessions)
    await imports.send("segments", few | {"state": "blocked"})

    assert (planned, opened, set(states(sessions).values())) == ({"planned"}, {}, {"blocked"})
    changes = Counter(
        (was, became) for kind, _, was, became in history(sessions) if kind == "number"
    )
    assert changes == {("planned", "idle"): 3, ("idle", "blocked"): 3}


async def test_splitters_share_a_port_s_vlan_side_by_side(imports: ImportClient) -> None:
    second = SPLITTER | {"id": "T", "first_cvlan": 205}

    assert (await imports.send("splitters", SPLITTER, second)).json() == import_counts(
        made=2, things=24
    )


async def test_an_address_names_a_splitter_that_is_known(imports: ImportClient) -> None:
    assert await imports.faults("addresses", ADDRESS) == [("/0/splitter", "unknown")]

    await imports.send("splitters", SPLITTER)

    assert (await imports.send("addresses", ADDRESS)).json() == import_counts(made=1)


async def test_an_import_of_nothing_is_nothing(imports: ImportClient) -> None:
    assert (await imports.send("pairs")).json() == import_counts()


@pytest.mark.parametrize("role", ["crm", "viewer"])
async def test_only_operations_import(client: AsyncClient, as_role: AsRole, role: str) -> None:
    answer = await client.post("/ops/v1/import/exchanges", json=[EXCHANGE], headers=as_role(role))

    assert answer.status_code == 403


async def test_the_demonstration_province_is_imported_unchanged(
    imports: ImportClient, sessions: Sessions
) -> None:
    small = build_province(number_count=2_000, address_count=500, pair_count=1_000)
    made = {}
    parts: dict[str, Sequence[Any]] = {
        "exchanges": small.exchanges,
        "segments": small.segments,
        "splitters": small.splitters,
        "addresses": small.addresses,
        "pairs": small.pair_blocks,
        "blocks": small.item_blocks,
        "items": small.items,
    }
    for kind, rows in parts.items():
        answer = await imports.send(kind, *(asdict(row) for row in rows))
        assert answer.status_code == 200, answer.text
        made[kind] = answer.json()["things"]

    legs = sum(each.legs for each in small.splitters)
    assert made == {
        "exchanges": 0,
        "segments": 2_000,
        "splitters": 3 * legs,
        "addresses": 0,
        "pairs": 1_000,
        "blocks": sum(each.count for each in small.item_blocks),
        "items": len(small.items),
    }
    assert count_rows(sessions, NumberRow) == 2_000
