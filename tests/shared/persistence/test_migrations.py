"""Every database is migrated from empty to exactly the tables of the models."""

import importlib
from pathlib import Path

import pytest
from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext
from sqlalchemy import MetaData, create_engine, inspect, text
from sqlalchemy.engine import make_url

import shared.access.grants
import shared.privacy.erasure
import shared.runtime.run  # noqa: F401  so that all tables of the kernel are registered
from deploy.local.postgres import Postgres
from shared.persistence.database import Base, Sessions, metadata_of
from shared.persistence.migrate import migrate
from tests.conftest import SERVICES
from tests.shared import conftest


def models_of(service: str) -> MetaData:
    """Return the kernel's tables and those of a service."""
    importlib.import_module(f"services.{service}.tables")
    both = MetaData()
    for models in (Base.metadata, metadata_of(f"services.{service}")):
        for table in models.tables.values():
            table.to_metadata(both)
    return both


# Alembic passes the options of a constraint that is not validated on to one that knows none.
@pytest.mark.filterwarnings("ignore:Can't validate argument 'dialect_options'")
@pytest.mark.parametrize("service", SERVICES)
def test_a_database_is_migrated_from_empty_and_equals_the_models(
    databases: dict[str, Sessions], service: str
) -> None:
    models = models_of(service)
    excluded = {conftest.ORDER_LOGS.name, "alembic_version"}

    def is_of_model(name: str | None, kind: str, parents: object) -> bool:
        del parents
        return kind != "table" or (name not in excluded and not is_partition(name))

    with databases[service]() as session:
        partitions = set(session.scalars(text("SELECT inhrelid::regclass::text FROM pg_inherits")))

        def is_partition(name: str | None) -> bool:
            return name in partitions

        options = {"include_name": is_of_model, "compare_type": True}
        context = MigrationContext.configure(session.connection(), opts=options)
        assert compare_metadata(context, models) == []


@pytest.mark.parametrize("service", SERVICES)
def test_the_models_name_every_index_and_constraint_as_the_database_does(
    databases: dict[str, Sessions], service: str
) -> None:
    with databases[service]() as session:
        existing = set(
            session.scalars(
                text(
                    "SELECT relname FROM pg_class WHERE relkind IN ('i', 'I') UNION ALL"
                    " SELECT conname FROM pg_constraint"
                )
            )
        )

    for table in models_of(service).tables.values():
        indexes = {str(each.name) for each in table.indexes}
        constraints = {str(each.name) for each in table.constraints if each.name}
        assert indexes | constraints <= existing


@pytest.mark.parametrize("service", SERVICES)
def test_the_migrated_indexes_hold_the_rows_that_the_models_say(
    databases: dict[str, Sessions], service: str
) -> None:
    tables = models_of(service).tables.values()
    with databases[service]() as session:
        inspector = inspect(session.connection())
        partial = {
            index["name"]: bool(index.get("dialect_options", {}).get("postgresql_where"))
            for table in tables
            for index in inspector.get_indexes(table.name)
            if "duplicates_constraint" not in index
        }

    assert partial == {
        index.name: index.dialect_options["postgresql"]["where"] is not None
        for table in tables
        for index in table.indexes
    }


def test_two_processes_may_migrate_at_once(postgres: Postgres) -> None:
    """The second finds nothing to do."""
    admin = create_engine(f"{postgres.url}/postgres", isolation_level="AUTOCOMMIT")
    with admin.connect() as connection:
        connection.execute(text("DROP DATABASE IF EXISTS test_twice"))
        connection.execute(text("CREATE DATABASE test_twice"))
    url = f"{postgres.url}/test_twice"

    for _ in range(2):
        migrate("order", url)

    engine = create_engine(url)
    with engine.connect() as connection:
        versions = set(connection.scalars(text("SELECT version_num FROM alembic_version")))
    engine.dispose()
    with admin.connect() as connection:
        connection.execute(text("DROP DATABASE test_twice"))
    admin.dispose()
    assert "kernel_0010" in versions
    assert len(versions) == 2
    assert make_url(url).database == "test_twice"


@pytest.mark.parametrize("service", SERVICES)
def test_a_service_has_migrations_of_its_own(service: str) -> None:
    assert list(Path("services", service, "migrations", "versions").glob("*_*.py"))
