"""The tables of the resources service have their constraints and fill factors."""

from sqlalchemy import inspect, text

from services.resources import tables
from shared.persistence.bulk import table_of
from shared.persistence.database import Base, Sessions

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
    }


def test_pages_keep_room_for_updates_in_place(sessions: Sessions) -> None:
    query = text("SELECT reloptions FROM pg_class WHERE relname IN ('numbers', 'pool_items')")

    with sessions() as session:
        assert session.scalars(query).all() == [["fillfactor=60"], ["fillfactor=60"]]
