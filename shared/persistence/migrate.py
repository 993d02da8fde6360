"""Migrate databases to the tables of this code: `python -m shared.persistence.migrate order ...`.

Each database has two branches of migrations: the kernel's
(shared/persistence/migrations), the same everywhere, and the service's own.
"""

import sys
from collections.abc import Sequence
from datetime import UTC, datetime
from pathlib import Path

from alembic import command
from alembic.config import Config
from sqlalchemy import Connection
from sqlalchemy.exc import OperationalError

from shared.config.settings import Settings
from shared.errors import StartError
from shared.exit import refuse_to_start
from shared.persistence.archive import make_partitions
from shared.persistence.connection_errors import describe_unreachable, first_line, is_unreachable
from shared.persistence.database import Url, make_plain_engine

ROOT = Path(__file__).resolve().parents[2]


def config_for(service: str) -> Config:
    """Return Alembic's configuration of one service's database."""
    config = Config()
    kernel, own = ROOT / "shared/persistence/migrations", ROOT / "services" / service / "migrations"
    config.set_main_option("script_location", str(kernel))
    versions = [str(kernel / "versions"), str(own / "versions")]
    config.set_main_option("version_locations", "\n".join(versions))
    config.set_main_option("path_separator", "newline")
    return config


def migrate(service: str, url: Url) -> None:
    """Migrate one database; of several processes that try at once, one does it."""
    engine = make_plain_engine(url)
    with engine.begin() as connection:
        connection.exec_driver_sql("SELECT pg_advisory_xact_lock(hashtext('kaitong.migrate'))")
        upgrade(service, connection)
        make_partitions(connection, datetime.now(UTC))
    engine.dispose()


def upgrade(service: str, connection: Connection) -> None:
    """Run the missing migrations in the connection's transaction."""
    config = config_for(service)
    config.attributes["connection"] = connection
    command.upgrade(config, "heads")


def describe_failure(service: str, url: Url, error: OperationalError) -> str:
    """Return in one line why a database was not migrated, and what to do."""
    if is_unreachable(error):
        return describe_unreachable(service, url, error)
    return f"the database cannot be changed: {first_line(error)} — fix that, then migrate again"


def main(services: Sequence[str]) -> None:
    """Migrate the databases of these services, in turn."""
    for service in services:
        try:
            url = Settings.from_environment(service).database_url
        except StartError as error:
            refuse_to_start(f"{service}: {error}")
        try:
            migrate(service, url)
        except OperationalError as error:
            sys.exit(f"{service}: {describe_failure(service, url, error)}")
        sys.stdout.write(f"{service}: the database is up to date\n")


if __name__ == "__main__":
    main(sys.argv[1:])
