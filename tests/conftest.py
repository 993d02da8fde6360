"""Fixtures that every test may use: one real PostgreSQL and one real Kafka for the whole run."""

import os
import shutil
import tempfile
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path

import pytest
from sqlalchemy import create_engine, text
from sqlalchemy.orm import sessionmaker

from deploy.local.kafka import Kafka, start_kafka
from deploy.local.postgres import Postgres, start_postgres
from shared.db import Sessions, make_engine
from shared.migrate import migrate
from shared.settings import Settings

NOON = datetime.now(UTC).replace(day=1, hour=12, minute=0, second=0, microsecond=0)
"""The time in tests: this month, whose partitions are there."""

SERVICES = ("order", "provisioning", "resources", "customer")


@pytest.fixture(scope="session")
def folder() -> Iterator[Path]:
    """A folder for all that the run leaves."""
    path = Path(tempfile.mkdtemp(prefix="kaitong-tests-"))
    yield path
    shutil.rmtree(path, ignore_errors=True)


@pytest.fixture(scope="session")
def postgres(folder: Path) -> Iterator[Postgres]:
    """A PostgreSQL server, started for this run."""
    server = start_postgres(folder / "postgres", fsync=False)
    yield server
    server.remove()


@pytest.fixture(scope="session")
def kafka(folder: Path) -> Iterator[Kafka]:
    """A Kafka broker, started for this run."""
    broker = start_kafka(folder / "kafka")
    yield broker
    broker.stop()


@pytest.fixture(scope="session")
def databases(postgres: Postgres) -> dict[str, Sessions]:
    """A migrated database for each service."""
    admin = create_engine(f"{postgres.url}/postgres", isolation_level="AUTOCOMMIT")
    found = {}
    for service in SERVICES:
        with admin.connect() as connection:
            connection.execute(text(f"CREATE DATABASE test_{service}"))
        url = f"{postgres.url}/test_{service}"
        migrate(service, url)
        found[service] = sessionmaker(make_engine(url), expire_on_commit=False)
    admin.dispose()
    return found


@pytest.fixture
def service_name(request: pytest.FixtureRequest) -> str:
    """The service under test: the name of the folder that the test lies in."""
    folder = request.path.parent.name
    return folder if folder in SERVICES else "order"


@pytest.fixture
def sessions(databases: dict[str, Sessions], service_name: str) -> Sessions:
    """An empty database of the service under test."""
    found = databases[service_name]
    empty(found)
    return found


def empty(sessions: Sessions) -> None:
    """Remove all rows, and nothing else."""
    with sessions.begin() as session:
        tables = session.scalars(
            text(
                "SELECT relname FROM pg_class WHERE relkind IN ('r', 'p') AND NOT relispartition"
                " AND relnamespace = 'public'::regnamespace AND relname <> 'alembic_version'"
            )
        )
        session.execute(text(f"TRUNCATE {', '.join(tables)} RESTART IDENTITY"))


@pytest.fixture
def settings(kafka: Kafka, postgres: Postgres, service_name: str, tmp_path: Path) -> Settings:
    """Settings of the service under test, on this run's engines, with topics of its own."""
    environment = {
        f"KAITONG_DATABASE_{service_name.upper()}": f"{postgres.url}/test_{service_name}",
        "KAITONG_KAFKA": kafka.bootstrap,
        "KAITONG_TOPIC_PREFIX": f"t{os.getpid()}.{tmp_path.name}.",
        "KAITONG_HOME": str(tmp_path),
        "KAITONG_HTTP_PORT": "0",
    }
    return Settings.from_environment(service_name, environment)
