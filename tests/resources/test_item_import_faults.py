"""Items and blocks that are refused: unknown kinds and pools, and values that others have."""

from typing import Any

import pytest
from sqlalchemy import select

from services.resources.commands.imports import import_and_audit
from services.resources.commands.item_imports import add_items
from services.resources.domain.plant.import_counts import ImportCounts
from services.resources.domain.plant.import_validation import IndexedRow
from services.resources.domain.plant.parsed_rows import ParsedRows
from services.resources.domain.plant.plant import ImportedItem
from services.resources.tables import PoolItemRow
from shared.contracts import Need
from shared.errors import InvalidError
from shared.persistence.database import Sessions
from tests.resources.builders import an_assignment_request, handle
from tests.resources.concurrency import (
    TIMEOUT_S,
    assign_values,
    in_own_thread,
    waits_for_lock,
)
from tests.resources.import_client import ImportClient, count_items, count_rows
from tests.resources.new_kinds import (
    AREA_ADDRESS,
    CAMERA_ACCOUNT,
    IPTV_PORT,
    ONU_PORT,
    SET_TOP_BOX,
    unit_of_work_in,
)

BOX = {"kind": SET_TOP_BOX.name, "pool": "X", "value": "STB-1", "attributes": {"slots": 2}}
PORT = {"kind": IPTV_PORT.name, "pool": "X", "value": "X/0000001"}
NEED = Need(kind=SET_TOP_BOX.name)


def elements(sessions: Sessions, kind: str) -> set[str]:
    """Return the elements of the items of a kind."""
    with sessions() as session:
        return set(session.scalars(select(PoolItemRow.element).where(PoolItemRow.kind == kind)))


@pytest.mark.parametrize("change", [{"element": "box-server"}, {"attributes": {"slots": 4}}])
async def test_an_item_with_a_holder_keeps_its_element_and_attributes(
    item_imports: ImportClient, sessions: Sessions, change: dict[str, Any]
) -> None:
    await item_imports.send("items", BOX)
    handle(sessions, an_assignment_request(1, NEED))

    assert await item_imports.faults("items", BOX | change) == [("/0/value", "held")]
    assert elements(sessions, SET_TOP_BOX.name) == {""}


async def test_an_item_that_an_order_takes_during_the_import_is_refused_as_well(
    item_imports: ImportClient, sessions: Sessions
) -> None:
    await item_imports.send("items", BOX)
    row = ImportedItem(kind=SET_TOP_BOX.name, pool="X", value="STB-1", element="box-server")
    parsed = ParsedRows([IndexedRow(0, row)], [])

    def import_changed(session: Any) -> ImportCounts:
        return import_and_audit("items", add_items, parsed, unit_of_work_in(session))

    with sessions.begin() as session:
        assert assign_values(session, an_assignment_request(1, NEED)) == ["STB-1"]
        waiting = in_own_thread(sessions, import_changed)
        assert waits_for_lock(sessions, waiting)

    with pytest.raises(InvalidError) as refusal:
        waiting.result(TIMEOUT_S)
    assert [each.code for each in refusal.value.faults] == ["held"]
    assert elements(sessions, SET_TOP_BOX.name) == {""}


async def test_a_value_that_is_unique_within_the_tenant_cannot_move_to_another_pool(
    item_imports: ImportClient, sessions: Sessions
) -> None:
    await item_imports.send("items", BOX)

    answer = await item_imports.send("items", BOX | {"pool": "Y"})

    (fault,) = answer.json()["errors"]
    assert (fault["field"], fault["code"]) == ("/0/value", "taken")
    assert "pool X" in fault["remedy"]
    assert count_items(sessions, SET_TOP_BOX.name) == 1


async def test_no_block_makes_a_second_item_for_a_value_that_is_unique_within_the_tenant(
    item_imports: ImportClient, sessions: Sessions
) -> None:
    await item_imports.send("items", BOX | {"value": "Y/0000002"})

    answer = await item_imports.send(
        "blocks", {"kind": SET_TOP_BOX.name, "pool": "Y", "first": 1, "count": 3}
    )

    assert (answer.status_code, answer.json().get("things")) == (200, 2)
    assert count_items(sessions, SET_TOP_BOX.name) == 3


@pytest.mark.parametrize(
    ("row", "other", "codes"),
    [
        (BOX, BOX, {"twice"}),
        (BOX, BOX | {"pool": "x"}, {"twice"}),
        (BOX, BOX | {"pool": "Y"}, {"twice"}),
        (BOX, BOX | {"attributes": {}}, {"twice"}),
        (PORT, PORT, {"twice"}),
        (PORT, PORT | {"value": "X/0000002"}, set()),
        (PORT | {"value": "X-Y/1"}, PORT | {"value": "Y/1", "pool": "Y"}, {"not-unique"}),
        (BOX | {"value": "X/1"}, PORT | {"value": "X/1"}, set()),
    ],
)
async def test_no_two_rows_have_the_same_value(
    item_imports: ImportClient, row: dict[str, Any], other: dict[str, Any], codes: set[str]
) -> None:
    answer = await item_imports.send("items", row, other)

    assert {each["code"] for each in answer.json().get("errors", ())} == codes
    assert answer.json().get("made", 0) == (0 if codes else 2)


@pytest.mark.parametrize(
    ("row", "field", "code", "remedy"),
    [
        (PORT | {"value": "0000001"}, "value", "not-unique", "X/0000001"),
        (PORT | {"kind": "no-such-kind"}, "kind", "unknown-kind", "/ops/v1/pool-kinds"),
        (PORT | {"pool": "Z"}, "pool", "unknown-pool", "/ops/v1/import/exchanges"),
        (PORT | {"pool": ""}, "pool", "unknown-pool", "/ops/v1/import/exchanges"),
        (PORT | {"kind": ONU_PORT.name}, "pool", "unknown-pool", "/ops/v1/import/splitters"),
        (PORT | {"kind": AREA_ADDRESS.name, "pool": "010"}, "pool", "unknown-pool", "025"),
        (PORT | {"kind": CAMERA_ACCOUNT.name}, "pool", "unknown-pool", "anywhere"),
        (PORT | {"kind": "leg"}, "kind", "other-import", "/ops/v1/import/splitters"),
        (PORT | {"kind": "vlan"}, "kind", "other-import", "/ops/v1/import/splitters"),
        (PORT | {"kind": "loid"}, "kind", "other-import", "/ops/v1/import/splitters"),
        (PORT | {"kind": "number"}, "kind", "other-import", "/ops/v1/import/segments"),
    ],
)
async def test_a_row_that_fits_no_pool_is_refused_with_its_remedy(  # noqa: PLR0913
    *,
    item_imports: ImportClient,
    sessions: Sessions,
    row: dict[str, Any],
    field: str,
    code: str,
    remedy: str,
) -> None:
    before = count_rows(sessions, PoolItemRow)

    answer = await item_imports.send("items", row)

    (fault,) = answer.json()["errors"]
    assert (fault["field"], fault["code"]) == (f"/0/{field}", code)
    assert remedy in fault["remedy"]
    assert count_rows(sessions, PoolItemRow) == before


@pytest.mark.parametrize("kind", ["no-such-kind", "leg", "vlan", "loid", "number"])
async def test_blocks_are_of_kinds_that_have_no_other_import(
    item_imports: ImportClient, kind: str
) -> None:
    row = {"kind": kind, "pool": "X", "first": 1, "count": 1}

    (fault,) = await item_imports.faults("blocks", row)

    assert fault == ("/0/kind", "unknown-kind" if "-" in kind else "other-import")


async def test_every_fault_of_every_item_is_named_at_once(
    item_imports: ImportClient, sessions: Sessions
) -> None:
    await item_imports.send("items", BOX)

    faults = await item_imports.faults(
        "items",
        BOX | {"pool": "Y"},
        PORT | {"value": "1"},
        PORT | {"kind": "no-such-kind"},
        PORT | {"pool": "Z"},
        PORT | {"kind": "leg"},
        PORT | {"colour": "red"},
        BOX | {"value": "STB-2"},
        BOX | {"value": "STB-2"},
        BOX | {"value": "STB-3", "attributes": {"a b": 1}},
    )

    assert faults == [
        ("/0/value", "taken"),
        ("/1/value", "not-unique"),
        ("/2/kind", "unknown-kind"),
        ("/3/pool", "unknown-pool"),
        ("/4/kind", "other-import"),
        ("/5/colour", "unknown-field"),
        ("/6/value", "twice"),
        ("/7/value", "twice"),
        ("/8/attributes", "not-valid"),
    ]
    assert count_items(sessions, SET_TOP_BOX.name) == 1
