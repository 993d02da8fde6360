"""Importing single items of the kinds that a tenant publishes, over HTTP."""

from typing import Any

import pytest
from httpx import AsyncClient
from sqlalchemy import text
from sqlalchemy.exc import IntegrityError

from services.resources.tables import PoolItemRow
from shared.contracts import Characteristic, Need, ResourcesAssigned
from shared.persistence.database import Sessions
from tests.callers import AsRole
from tests.kernel import history
from tests.resources.builders import (
    an_assignment_request,
    answers_to,
    completed,
    handle,
)
from tests.resources.import_client import (
    ImportClient,
    count_items,
    count_rows,
    import_counts,
)
from tests.resources.new_kinds import (
    AREA_ADDRESS,
    CAMERA_ACCOUNT,
    IPTV_PORT,
    ONU_PORT,
    SET_TOP_BOX,
)

BOX = {
    "kind": SET_TOP_BOX.name,
    "pool": "X",
    "value": "STB-1",
    "element": "box-server",
    "attributes": {"model": "4K", "slots": 2, "wifi": True},
}
PORT = {"kind": IPTV_PORT.name, "pool": "X", "value": "X/0000001"}
COPY_INTO_POOL_Y = text("""
INSERT INTO pool_items (tenant, kind, pool, value, element, attributes, state, unique_value)
SELECT tenant, kind, 'Y', value, element, attributes, state, unique_value
FROM pool_items WHERE kind = :kind
""")


async def pools_of(client: AsyncClient, as_role: AsRole, kind: str) -> Any:
    """Return name, exchange, capacity and free resources of the pools of a kind."""
    answer = await client.get("/ops/v1/pools", params={"kind": kind}, headers=as_role("ops"))
    assert answer.status_code == 200, answer.text
    return [
        (each["name"], each["exchange"], each["capacity"], each["free"]) for each in answer.json()
    ]


@pytest.mark.parametrize(
    ("kind", "pool", "value", "stored", "exchange"),
    [
        (SET_TOP_BOX, "X", "STB-{}", "X", "X"),
        (SET_TOP_BOX, "x", "STB-{}", "X", "X"),
        (ONU_PORT, "S", "S/{}", "S", "X"),
        (ONU_PORT, "s", "S/{}", "S", "X"),
        (AREA_ADDRESS, "025", "025/{}", "025", ""),
        (CAMERA_ACCOUNT, "anywhere", "cam-{}", "anywhere", ""),
        (CAMERA_ACCOUNT, "", "cam-{}", "anywhere", ""),
    ],
    ids=lambda each: getattr(each, "name", each),
)
async def test_items_are_created_in_the_pool_that_their_row_names(  # noqa: PLR0913
    *,
    client: AsyncClient,
    as_role: AsRole,
    item_imports: ImportClient,
    kind: Any,
    pool: str,
    value: str,
    stored: str,
    exchange: str,
) -> None:
    rows = [{"kind": kind.name, "pool": pool, "value": value.format(n)} for n in (1, 2)]

    answer = await item_imports.send("items", *rows)

    assert answer.json() == import_counts(made=2, things=2)
    assert await pools_of(client, as_role, kind.name) == [(stored, exchange, 2, 2)]


async def test_an_item_that_is_sent_again_changes_nothing(
    client: AsyncClient, as_role: AsRole, item_imports: ImportClient, sessions: Sessions
) -> None:
    reordered = dict(reversed(BOX["attributes"].items()))  # type: ignore[attr-defined]
    await item_imports.send("items", BOX, PORT)
    before = count_rows(sessions, PoolItemRow), history(sessions)

    again = await item_imports.send("items", BOX | {"attributes": reordered, "pool": "x"}, PORT)

    assert again.json() == import_counts(unchanged=2)
    assert (count_rows(sessions, PoolItemRow), history(sessions)) == before
    assert await pools_of(client, as_role, SET_TOP_BOX.name) == [("X", "X", 1, 1)]


@pytest.mark.parametrize(
    "change",
    [
        {"element": "box-server-2"},
        {"attributes": {"model": "8K"}},
        {"attributes": BOX["attributes"] | {"slots": 4}},  # type: ignore[operator]
        {"attributes": BOX["attributes"] | {"wifi": 1}},  # type: ignore[operator]
    ],
    ids=str,
)
async def test_a_free_item_gets_the_element_and_the_attributes_of_its_row(
    client: AsyncClient, as_role: AsRole, item_imports: ImportClient, change: dict[str, Any]
) -> None:
    await item_imports.send("items", BOX)

    answer = await item_imports.send("items", BOX | change)

    found = await client.get(
        f"/ops/v1/pools/{SET_TOP_BOX.name}/X/things/STB-1", headers=as_role("ops")
    )
    expected = BOX | change
    assert answer.json() == import_counts(changed=1)
    assert (found.json()["element"], found.json()["attributes"]) == (
        expected["element"],
        expected["attributes"],
    )
    assert [str(each) for each in found.json()["attributes"].values()] == [
        str(expected["attributes"][name]) for name in found.json()["attributes"]
    ]


async def test_new_changed_and_unchanged_items_are_counted(item_imports: ImportClient) -> None:
    await item_imports.send("items", BOX, PORT)

    answer = await item_imports.send(
        "items", BOX | {"element": ""}, PORT, BOX | {"value": "STB-2"}, BOX | {"value": "STB-3"}
    )

    assert answer.json() == import_counts(made=2, changed=1, unchanged=1, things=2)


async def test_an_order_gets_an_item_with_its_element_and_attributes(
    item_imports: ImportClient, sessions: Sessions
) -> None:
    await item_imports.send("items", BOX)

    handle(sessions, an_assignment_request(1, Need(kind=SET_TOP_BOX.name)))

    (answer,) = answers_to(sessions, 1)
    assert isinstance(answer, ResourcesAssigned)
    ((held,),) = (item.held for item in answer.items)
    assert (held.kind, held.pool, held.value, held.element) == (
        *(SET_TOP_BOX.name, "X", "STB-1"),
        "box-server",
    )
    assert held.attributes == (
        Characteristic(name="model", value="4K"),
        Characteristic(name="slots", value=2),
        Characteristic(name="wifi", value=True),
    )


async def test_an_item_in_use_may_be_sent_again_as_it_is(
    item_imports: ImportClient, sessions: Sessions
) -> None:
    await item_imports.send("items", BOX)
    handle(sessions, an_assignment_request(1, Need(kind=SET_TOP_BOX.name)))
    handle(sessions, completed(1))

    assert (await item_imports.send("items", BOX)).json() == import_counts(unchanged=1)


@pytest.mark.parametrize(
    ("path", "row"),
    [("items", BOX), ("blocks", {"kind": SET_TOP_BOX.name, "pool": "X", "first": 1, "count": 1})],
)
async def test_the_database_has_one_item_for_a_value_that_is_unique_within_the_tenant(
    item_imports: ImportClient, sessions: Sessions, path: str, row: dict[str, Any]
) -> None:
    await item_imports.send(path, row)

    with pytest.raises(IntegrityError, match="uq_pool_items_value"), sessions.begin() as session:
        session.execute(COPY_INTO_POOL_Y, {"kind": SET_TOP_BOX.name})

    assert count_items(sessions, SET_TOP_BOX.name) == 1


async def test_the_database_has_an_item_in_each_pool_for_a_value_that_is_unique_within_its_pool(
    item_imports: ImportClient, sessions: Sessions
) -> None:
    await item_imports.send("items", PORT)

    with sessions.begin() as session:
        session.execute(COPY_INTO_POOL_Y, {"kind": IPTV_PORT.name})

    assert count_items(sessions, IPTV_PORT.name) == 2
