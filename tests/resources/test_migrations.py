"""The migrations make the tables that the code knows."""

from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext
from sqlalchemy import MetaData, inspect, text

from services.resources import tables
from shared.bulk import table_of
from shared.db import Base, Sessions

ROWS = [each for each in vars(tables).values() if isinstance(each, type) and each is not Base]
OURS = [table_of(each) for each in ROWS if issubclass(each, Base)]


def test_the_migrations_and_the_models_agree(sessions: Sessions) -> None:
    ours = MetaData()
    for table in OURS:
        table.to_metadata(ours)
    names = set(ours.tables)
    options = {"include_name": lambda name, kind, _: kind != "table" or name in names}

    with sessions() as session:
        context = MigrationContext.configure(session.connection(), opts=options)
        assert compare_metadata(context, ours) == []


def test_the_migrated_constraints_and_partial_indexes_are_those_of_the_models(
    sessions: Sessions,
) -> None:
    with sessions() as session:
        there = inspect(session.connection())
        partial = {
            index["name"]: bool(index.get("dialect_options", {}).get("postgresql_where"))
            for table in OURS
            for index in there.get_indexes(table.name)
        }
        checks = {
            each["name"] for table in OURS for each in there.get_check_constraints(table.name)
        }

    assert partial == {
        index.name: index.dialect_options["postgresql"]["where"] is not None
        for table in OURS
        for index in table.indexes
    }
    assert checks == {
        "ck_numbers_held_by_one",
        "ck_numbers_selected_by_one",
        "ck_numbers_ends",
        "ck_pool_items_held_by_one",
    }


def test_pages_keep_room_for_what_changes_in_place(sessions: Sessions) -> None:
    question = text("SELECT reloptions FROM pg_class WHERE relname IN ('numbers', 'pool_items')")

    with sessions() as session:
        assert session.scalars(question).all() == [["fillfactor=60"], ["fillfactor=60"]]
