"""The database itself refuses a second holder, independent of the code."""

from uuid import UUID, uuid4

import pytest
from sqlalchemy import text
from sqlalchemy.exc import IntegrityError

from shared.persistence.database import Sessions
from tests.resources.builders import (
    FIBRE,
    NUMBER,
    PAIR,
    an_assignment_request,
    e164,
    handle,
    holders,
    import_plant,
)

TABLES = ("numbers", "pool_items")


def change(sessions: Sessions, table: str, change: str, holder: UUID | None = None) -> None:
    """Change held rows by SQL, without the service's code."""
    statement = text(f"UPDATE {table} SET {change} WHERE service_id IS NOT NULL")  # noqa: S608
    with sessions.begin() as session:
        session.execute(statement, {"holder": holder})


@pytest.fixture
def held(sessions: Sessions) -> Sessions:
    """A database in which one order holds a number and a pair."""
    import_plant(sessions)
    handle(sessions, an_assignment_request(1, NUMBER, PAIR))
    return sessions


@pytest.mark.parametrize("table", TABLES)
def test_what_one_service_holds_cannot_be_assigned_to_another(held: Sessions, table: str) -> None:
    before = holders(held)

    with pytest.raises(IntegrityError, match="cannot be given to another"):
        change(held, table, "service_id = :holder", uuid4())

    assert holders(held) == before


@pytest.mark.parametrize("table", TABLES)
def test_what_is_held_cannot_be_free_as_well(held: Sessions, table: str) -> None:
    free = "idle" if table == "numbers" else "free"

    with pytest.raises(IntegrityError, match="held_by_one"):
        change(held, table, f"state = '{free}'")


@pytest.mark.parametrize("table", TABLES)
def test_what_is_held_has_a_holder(held: Sessions, table: str) -> None:
    with pytest.raises(IntegrityError, match="held_by_one"):
        change(held, table, "service_id = NULL, order_id = NULL")


def test_a_vlan_is_one_vlan_whichever_splitter_it_is_behind(sessions: Sessions) -> None:
    import_plant(sessions)
    handle(sessions, an_assignment_request(1, *FIBRE))
    again = text(
        "INSERT INTO pool_items (tenant, kind, pool, value, element, attributes, state)"
        " SELECT tenant, kind, 'T', value, element, attributes, 'free' FROM pool_items"
        " WHERE value = 'X/101.0201'"
    )

    with pytest.raises(IntegrityError, match="uq_pool_items_vlan"), sessions.begin() as session:
        session.execute(again)


def test_a_number_is_one_number_whichever_exchange_it_belongs_to(sessions: Sessions) -> None:
    import_plant(sessions)
    again = text(
        "INSERT INTO numbers (tenant, e164, exchange_id, grade, state)"
        " SELECT tenant, e164, 'Y', grade, 'idle' FROM numbers WHERE e164 = :e164"
    )

    with pytest.raises(IntegrityError, match="pk_numbers"), sessions.begin() as session:
        session.execute(again, {"e164": e164(0)})
