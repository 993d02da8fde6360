"""Importing blocks of numbered items of the kinds that a tenant publishes, over HTTP."""

from typing import Any

import pytest
from httpx import AsyncClient
from sqlalchemy import select

from services.resources.tables import PoolItemRow, PoolRow
from shared.persistence.database import Sessions
from tests.callers import AsRole
from tests.kernel import history
from tests.resources.import_client import (
    PAIRS,
    ImportClient,
    count_rows,
    import_counts,
)
from tests.resources.new_kinds import (
    AREA_ADDRESS,
    IPTV_PORT,
    ONU_PORT,
    SIM,
)

BLOCK = {"kind": IPTV_PORT.name, "pool": "X", "first": 1, "count": 10}


def stored_items(sessions: Sessions, kind: str) -> list[tuple[Any, ...]]:
    """Return pool, value and attributes of the items of a kind."""
    columns = (PoolItemRow.pool, PoolItemRow.value, PoolItemRow.attributes)
    query = select(*columns).where(PoolItemRow.kind == kind).order_by(PoolItemRow.value)
    with sessions() as session:
        rows = session.execute(query).all()
    return [
        (pool, value, {each.name: each.value for each in attributes})
        for pool, value, attributes in rows
    ]


def pools_of(sessions: Sessions, kind: str) -> list[tuple[str, str, int]]:
    """Return name, exchange and capacity of the pools of a kind."""
    query = select(PoolRow.name, PoolRow.exchange_id, PoolRow.capacity)
    with sessions() as session:
        rows = session.execute(query.where(PoolRow.kind == kind)).all()
    return [(name, exchange, capacity) for name, exchange, capacity in rows]


@pytest.mark.parametrize(
    ("kind", "pool", "stored", "exchange", "served"),
    [
        (IPTV_PORT, "X", "X", "X", {"exchange": "X"}),
        (IPTV_PORT, "x", "X", "X", {"exchange": "X"}),
        (ONU_PORT, "s", "S", "X", {"splitter": "S", "exchange": "X"}),
        (AREA_ADDRESS, "025", "025", "", {"local_network": "025"}),
        (SIM, "", "anywhere", "", {}),
    ],
    ids=lambda each: getattr(each, "name", each),
)
async def test_a_block_makes_its_items_each_with_its_pool_and_its_number(  # noqa: PLR0913
    *,
    item_imports: ImportClient,
    sessions: Sessions,
    kind: Any,
    pool: str,
    stored: str,
    exchange: str,
    served: dict[str, str],
) -> None:
    row = {"kind": kind.name, "pool": pool, "first": 7, "count": 2}

    answer = await item_imports.send("blocks", row)

    assert answer.json() == import_counts(made=1, things=2)
    assert pools_of(sessions, kind.name) == [(stored, exchange, 2)]
    assert stored_items(sessions, kind.name) == [
        (stored, f"{stored}/000000{n}", served | {kind.name: n}) for n in (7, 8)
    ]


async def test_a_block_that_is_sent_again_changes_nothing(
    item_imports: ImportClient, sessions: Sessions
) -> None:
    await item_imports.send("blocks", BLOCK)
    before = count_rows(sessions, PoolItemRow), history(sessions)

    again = await item_imports.send("blocks", BLOCK | {"pool": "x"})

    assert again.json() == import_counts(unchanged=1)
    assert (count_rows(sessions, PoolItemRow), history(sessions)) == before
    assert pools_of(sessions, IPTV_PORT.name) == [("X", "X", 10)]


async def test_blocks_that_overlap_make_each_item_once(
    item_imports: ImportClient, sessions: Sessions
) -> None:
    await item_imports.send("blocks", BLOCK)

    answer = await item_imports.send(
        "blocks", BLOCK | {"first": 6}, BLOCK | {"first": 100, "count": 5}
    )

    assert answer.json() == import_counts(made=1, changed=1, things=10)
    assert pools_of(sessions, IPTV_PORT.name) == [("X", "X", 20)]


async def test_blocks_of_several_kinds_and_pools_are_counted_each_for_itself(
    item_imports: ImportClient, sessions: Sessions
) -> None:
    await item_imports.send("blocks", BLOCK)

    answer = await item_imports.send(
        "blocks", BLOCK, BLOCK | {"kind": ONU_PORT.name, "pool": "S"}, BLOCK | {"kind": "pair"}
    )

    assert answer.json() == import_counts(made=1, changed=1, unchanged=1, things=16)
    assert pools_of(sessions, ONU_PORT.name) == [("S", "X", 10)]


async def test_a_block_leaves_items_that_were_sent_singly_as_they_are(
    client: AsyncClient, as_role: AsRole, item_imports: ImportClient
) -> None:
    await item_imports.send(
        "items", {"kind": IPTV_PORT.name, "pool": "X", "value": "X/0000003", "element": "stb"}
    )

    answer = await item_imports.send("blocks", BLOCK)

    path = f"/ops/v1/pools/{IPTV_PORT.name}/X/things/X/0000003"
    found = await client.get(path, headers=as_role("ops"))
    assert answer.json() == import_counts(changed=1, things=9)
    assert (found.json()["element"], found.json()["attributes"]) == ("stb", {})


async def test_pairs_are_blocks_of_the_kind_pair(item_imports: ImportClient) -> None:
    await item_imports.send("pairs", PAIRS)

    again = await item_imports.send("blocks", BLOCK | {"kind": "pair"})

    assert again.json() == import_counts(unchanged=1)


@pytest.mark.parametrize(
    ("kind", "pool", "remedy"),
    [
        (IPTV_PORT, "Z", "/ops/v1/import/exchanges"),
        (ONU_PORT, "Z", "/ops/v1/import/splitters"),
        (AREA_ADDRESS, "010", "025"),
        (SIM, "X", "anywhere"),
    ],
    ids=lambda each: getattr(each, "name", each),
)
async def test_a_block_for_an_unknown_pool_is_refused(
    item_imports: ImportClient, sessions: Sessions, kind: Any, pool: str, remedy: str
) -> None:
    answer = await item_imports.send("blocks", BLOCK | {"kind": kind.name, "pool": pool})

    (fault,) = answer.json()["errors"]
    assert (fault["field"], fault["code"]) == ("/0/pool", "unknown-pool")
    assert remedy in fault["remedy"]
    assert stored_items(sessions, kind.name) == []


@pytest.mark.parametrize("again", [BLOCK, BLOCK | {"count": 5}, BLOCK | {"pool": "x"}], ids=str)
async def test_no_two_blocks_begin_with_the_same_item(
    item_imports: ImportClient, sessions: Sessions, again: dict[str, Any]
) -> None:
    assert await item_imports.faults("blocks", BLOCK, again) == [("/1/id", "twice")]
    assert stored_items(sessions, IPTV_PORT.name) == []
