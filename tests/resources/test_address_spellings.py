"""Addresses are found in any spelling of their text and of their ids."""

import pytest
from alembic import command
from httpx import AsyncClient
from sqlalchemy import text

from deploy.local.postgres import Postgres
from services.resources import store
from services.resources.domain.plant.address_search import grams
from shared.persistence.database import Sessions
from shared.persistence.migrate import config_for, upgrade
from tests.callers import AsRole
from tests.databases import a_database
from tests.kernel import TENANT
from tests.resources.builders import FIBRE, an_address, an_assignment_request, import_plant
from tests.resources.concurrency import assign_values
from tests.resources.import_client import ADDRESS, ImportClient

FULL_WIDTH = "缺陷路１号Ｂ座"
HALF_WIDTH = "缺陷路1号b座"
OLD_ROW = """
INSERT INTO addresses (tenant, id, text, exchange_id, local_network, grams)
    VALUES ('t', 'old', '缺陷路１号', 'X', '025', string_to_array('缺陷 陷路 路１ １号', ' '))
"""


@pytest.mark.parametrize("stored", [FULL_WIDTH, HALF_WIDTH])
@pytest.mark.parametrize("query", [FULL_WIDTH, HALF_WIDTH, "路１号 ｂ", "1号B"])  # noqa: RUF001
async def test_an_address_is_found_in_full_and_half_width_and_shown_as_it_was_sent(
    client: AsyncClient, as_role: AsRole, sessions: Sessions, stored: str, query: str
) -> None:
    with sessions.begin() as session:
        store.upsert_addresses(session, TENANT, [an_address("a", None, text=stored)])

    found = await client.get("/ops/v1/addresses", params={"text": query}, headers=as_role("crm"))

    assert [each["text"] for each in found.json()] == [stored]


@pytest.mark.parametrize("spelling", ["fibre", "FIBRE", "ｆｉｂｒｅ", "Fi\u200bbre"])  # noqa: RUF001
def test_an_order_finds_its_address_by_any_spelling_of_the_id(
    sessions: Sessions, spelling: str
) -> None:
    import_plant(sessions)

    with sessions.begin() as session:
        (leg,) = assign_values(session, an_assignment_request(1, *FIBRE, address=spelling))

    assert leg


def test_two_ids_that_differ_only_in_case_are_both_found(sessions: Sessions) -> None:
    import_plant(sessions)
    with sessions.begin() as session:
        store.upsert_addresses(session, TENANT, [an_address("FIBRE", None)])

    with sessions.begin() as session:
        exact, other = (
            assign_values(session, an_assignment_request(n, *FIBRE, address=each))
            for n, each in enumerate(("fibre", "FIBRE"), 1)
        )

    assert exact != [None]
    assert other == [None]


@pytest.mark.parametrize("spelling", ["FIBRE", "%EF%BD%86ibre"])
async def test_an_address_is_read_by_any_spelling_of_its_id(
    client: AsyncClient, as_role: AsRole, sessions: Sessions, spelling: str
) -> None:
    import_plant(sessions)

    answer = await client.get(f"/ops/v1/addresses/{spelling}", headers=as_role("crm"))

    assert (answer.status_code, answer.json()["id"]) == (200, "fibre")


async def test_an_id_that_is_another_spelling_of_a_known_one_is_not_imported(
    imports: ImportClient,
) -> None:
    row = {name: value for name, value in ADDRESS.items() if name != "splitter"}
    await imports.send("addresses", row)

    faults = await imports.faults(
        "addresses", row | {"id": "ADDR-1"}, row | {"id": "new"}, row | {"id": "New"}
    )

    assert faults == [("/0/id", "spelt-otherwise"), ("/2/id", "spelt-otherwise")]
    assert (await imports.send("addresses", row)).status_code == 200


def test_what_was_imported_before_is_found_after_the_migration(postgres: Postgres) -> None:
    with a_database(postgres, "test_address_spellings") as engine:
        with engine.begin() as connection:
            config = config_for("resources")
            config.attributes["connection"] = connection
            command.upgrade(config, "resources_0002")
            connection.execute(text(OLD_ROW))
        with engine.begin() as connection:
            upgrade("resources", connection)
        with engine.connect() as connection:
            (row,) = connection.execute(text("SELECT text, letters, grams FROM addresses"))

    assert tuple(row) == ("缺陷路１号", "缺陷路1号", grams("缺陷路1号"))
