"""Databases that one test creates and drops."""

from collections.abc import Iterator
from contextlib import contextmanager

from sqlalchemy import Engine, create_engine, text

from deploy.local.postgres import Postgres


@contextmanager
def a_database(postgres: Postgres, name: str) -> Iterator[Engine]:
    """Create an empty database for a test, and drop it afterwards."""
    admin = create_engine(f"{postgres.url}/postgres", isolation_level="AUTOCOMMIT")
    with admin.connect() as connection:
        connection.execute(text(f"DROP DATABASE IF EXISTS {name}"))
        connection.execute(text(f"CREATE DATABASE {name}"))
    engine = create_engine(f"{postgres.url}/{name}")
    try:
        yield engine
    finally:
        engine.dispose()
        with admin.connect() as connection:
            connection.execute(text(f"DROP DATABASE {name}"))
        admin.dispose()
