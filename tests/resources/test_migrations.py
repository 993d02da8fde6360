"""The tables of the resources service have their constraints and fill factors."""

from sqlalchemy import inspect, text

from services.resources import tables
from shared.persistence.bulk import table_of
from shared.persistence.database import Base, Sessions
from tests.resources.builders import (
    a_release_request,
    assigned_values,
    completed,
    handle,
    latest_messages,
    order_id,
    service_id,
    states,
)

ROWS = [each for each in vars(tables).values() if isinstance(each, type) and each is not Base]
OURS = [table_of(each) for each in ROWS if issubclass(each, Base)]


def test_the_constraints_that_the_models_name_are_in_the_database(sessions: Sessions) -> None:
    with sessions() as session:
        there = inspect(session.connection())
        checks = {
            each["name"] for table in OURS for each in there.get_check_constraints(table.name)
        }

    assert checks == {
        "ck_numbers_held_by_one",
        "ck_numbers_selected_by_one",
        "ck_numbers_ends",
        "ck_pool_items_held_by_one",
        "ck_pool_items_ends",
    }


def test_pages_keep_room_for_updates_in_place(sessions: Sessions) -> None:
    query = text("SELECT reloptions FROM pg_class WHERE relname IN ('numbers', 'pool_items')")

    with sessions() as session:
        assert session.scalars(query).all() == [["fillfactor=60"], ["fillfactor=60"]]


IMPORT_OF_PREVIOUS_RELEASE = text("""
INSERT INTO pool_items (tenant, kind, pool, value, element, attributes, state)
VALUES ('jiangsu', 'pair', 'X', 'X/0000001', '', convert_to('[]', 'UTF8'), 'free')
""")
WRITE_OF_PREVIOUS_RELEASE = text("""
UPDATE pool_items SET state = :state, order_id = :order, service_id = :service
WHERE tenant = 'jiangsu' AND kind = 'pair' AND pool = 'X' AND value = 'X/0000001'
""")


def test_the_previous_release_imports_reserves_and_frees_pool_items(sessions: Sessions) -> None:
    """Both releases run while one replaces the other, on tables that are migrated already."""
    reserved = {"state": "reserved", "order": order_id(1), "service": service_id(1)}
    with sessions.begin() as session:
        session.execute(IMPORT_OF_PREVIOUS_RELEASE)
        session.execute(WRITE_OF_PREVIOUS_RELEASE, reserved)

    handle(sessions, completed(1), a_release_request(2, of=1))
    with sessions.begin() as session:
        free = {"state": "free", "order": None, "service": None}
        session.execute(WRITE_OF_PREVIOUS_RELEASE, free)

    assert assigned_values(latest_messages(sessions)[order_id(2)]) == ["X/0000001"]
    assert states(sessions) == {}
