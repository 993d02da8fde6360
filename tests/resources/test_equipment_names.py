"""Names of plant items are equal regardless of case and leading zeros."""

from typing import Any

import pytest
from httpx import AsyncClient
from sqlalchemy import select

from services.resources.tables import AddressRow, PoolItemRow, SplitterRow
from shared.input.equipment_names import fold_name
from shared.persistence.database import Sessions
from tests.callers import AsRole
from tests.resources.import_client import (
    ADDRESS,
    PAIRS,
    SEGMENT,
    SPLITTER,
    ImportClient,
    import_counts,
)

LONG = SPLITTER | {"id": "X-SP001", "olt": "X-OLT01", "pon_port": "00/09/01"}
OTHER_SPELLING = LONG | {"id": "x-sp1", "exchange": "x", "olt": "x-olt1", "pon_port": "0/9/1"}
POOLS = "/ops/v1/pools"


@pytest.mark.parametrize(
    ("name", "same"),
    [("X-SP001", "x-sp1"), ("00/09/01", "0/9/1"), ("A00", "a0"), ("S-L010", "s-l10"), ("X", "x")],
)
def test_spellings_of_one_name_fold_to_the_same_text(name: str, same: str) -> None:
    assert fold_name(name) == fold_name(same)


@pytest.mark.parametrize(("name", "other"), [("SP10", "SP1"), ("SP100", "SP10"), ("0/1", "01")])
def test_other_names_do_not_fold_to_the_same_text(name: str, other: str) -> None:
    assert fold_name(name) != fold_name(other)


async def test_a_splitter_in_another_spelling_is_the_one_that_is_known(
    imports: ImportClient, sessions: Sessions
) -> None:
    await imports.send("splitters", LONG)

    again = await imports.send("splitters", OTHER_SPELLING)

    assert again.json() == import_counts(unchanged=1)
    with sessions() as session:
        (row,) = session.execute(select(SplitterRow.id, SplitterRow.olt, SplitterRow.pon_port))
        ports = {
            each.value
            for thing in session.scalars(select(PoolItemRow.attributes))
            for each in thing
            if each.name == "pon_port"
        }
    assert tuple(row) == ("X-SP001", "X-OLT01", "0/9/1")
    assert ports == {"0/9/1"}


async def test_two_spellings_in_one_import_are_one_row_sent_twice(imports: ImportClient) -> None:
    assert await imports.faults("splitters", LONG, OTHER_SPELLING) == [("/1/id", "twice")]


@pytest.mark.parametrize(
    ("kind", "row"),
    [
        ("segments", SEGMENT | {"exchange": "x"}),
        ("pairs", PAIRS | {"exchange": "x"}),
        ("addresses", ADDRESS | {"exchange": "x", "splitter": "x-sp1"}),
    ],
)
async def test_rows_refer_to_other_rows_in_any_spelling(
    imports: ImportClient, sessions: Sessions, kind: str, row: dict[str, Any]
) -> None:
    await imports.send("splitters", LONG)

    assert (await imports.send(kind, row)).json()["made"] == 1
    with sessions() as session:
        served = session.execute(select(AddressRow.exchange_id, AddressRow.splitter_id)).all()
    assert [tuple(each) for each in served] == ([("X", "X-SP001")] if kind == "addresses" else [])


@pytest.mark.parametrize(
    "path",
    [
        f"{POOLS}/leg/x-sp1",
        f"{POOLS}/leg/X-SP01/things/x-sp1/2",
        f"{POOLS}/loid/X-SP001/things/x-sp1-l2",
        f"{POOLS}/leg/x-sp1/things",
        f"{POOLS}?exchange=x",
    ],
)
async def test_pools_and_items_are_found_in_any_spelling(
    imports: ImportClient, client: AsyncClient, as_role: AsRole, path: str
) -> None:
    await imports.send("splitters", LONG)

    answer = await client.get(path, headers=as_role("viewer"))

    assert answer.status_code == 200
    assert "X-SP001" in answer.text
