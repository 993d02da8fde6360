"""The migrations make the tables that the code knows."""

from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext
from sqlalchemy import MetaData, inspect

from services.provisioning import tables
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


def test_the_migrated_indexes_hold_the_rows_that_the_models_say(sessions: Sessions) -> None:
    with sessions() as session:
        there = inspect(session.connection())
        partial = {
            index["name"]: bool(index.get("dialect_options", {}).get("postgresql_where"))
            for table in OURS
            for index in there.get_indexes(table.name)
        }

    assert partial == {
        index.name: index.dialect_options["postgresql"]["where"] is not None
        for table in OURS
        for index in table.indexes
    }
