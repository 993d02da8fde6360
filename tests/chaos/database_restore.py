"""Restores a service's database to an earlier state while everything runs."""

import os
import subprocess
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import LiteralString

import psycopg
from psycopg import sql

from deploy.local.databases import database_name, revoke_public_access, superuser_dsn
from deploy.local.postgres_cluster import program_folder
from shared.persistence.database import make_sessions
from shared.recovery import database_identity
from tests.flows.site import Site


@dataclass(frozen=True)
class Backup:
    """A backup of one service's database: a dump, later a restored database beside it."""

    site: Site
    service: str
    taken_at: float
    """Seconds since 1970."""

    @classmethod
    def take(cls, site: Site, service: str) -> "Backup":
        """Dump a database; the moment is that at which the dump begins."""
        backup = cls(site, service, time.time())
        dump_database(site, service, str(backup.file))
        return backup

    def restore(self, *, is_in_place: bool = False) -> None:
        """Restore the dump beside the service's database.

        Args:
            is_in_place: Store the identity of the restored database in its tables, so that only
                the topics show the restore.
        """
        with as_superuser(self.site) as connection:
            make = sql.SQL("CREATE DATABASE {} OWNER {}")
            connection.execute(make.format(self.restored_name, self.name))
            revoke_public_access(connection, f"{database_name(self.service)}_restored")
        run_postgres_program(
            self.site,
            "pg_restore",
            f"--dbname={database_name(self.service)}_restored",
            str(self.file),
        )
        if is_in_place:
            accept_identity(self.site, f"{database_name(self.service)}_restored")
        self.file.unlink()

    @property
    def file(self) -> Path:
        """The dump."""
        return self.site.home / f"{self.service}-{self.taken_at:.3f}.dump"

    @property
    def name(self) -> sql.Identifier:
        """The name of the service's database."""
        return sql.Identifier(database_name(self.service))

    @property
    def restored_name(self) -> sql.Identifier:
        """The name of the restored one."""
        return sql.Identifier(f"{database_name(self.service)}_restored")

    def swap_in(self) -> float:
        """Rename the restored database to the service's; return the time the old one was lost.

        Connections are refused first, because processes may reconnect at any moment.
        """
        with as_superuser(self.site) as connection:
            refuse = sql.SQL("ALTER DATABASE {} ALLOW_CONNECTIONS false")
            connection.execute(refuse.format(self.name))
            lost_at = time.time()
            connection.execute(sql.SQL("DROP DATABASE {} WITH (FORCE)").format(self.name))
            rename = sql.SQL("ALTER DATABASE {} RENAME TO {}")
            connection.execute(rename.format(self.restored_name, self.name))
        return lost_at


@contextmanager
def as_superuser(site: Site) -> Iterator[psycopg.Connection]:
    """Connect to the cluster itself."""
    postgres = site.stack.postgres
    assert postgres
    with psycopg.connect(superuser_dsn(postgres), autocommit=True) as connection:
        yield connection


def accept_identity(site: Site, database: str) -> None:
    """Store the identity of the current database in its tables."""
    postgres = site.stack.postgres
    assert postgres
    sessions = make_sessions(f"{postgres.url}/{database}")
    with sessions.begin() as session:
        database_identity.accept_current_identity(session)
    sessions.kw["bind"].dispose()


def dump_database(site: Site, service: str, file: str) -> None:
    """Dump a service's database into a file."""
    run_postgres_program(
        site, "pg_dump", "--format=custom", f"--file={file}", database_name(service)
    )


def run_postgres_program(site: Site, program: str, *arguments: str) -> None:
    """Run one of PostgreSQL's programs on the cluster."""
    postgres = site.stack.postgres
    assert postgres
    environment = dict(os.environ) | {"PGPASSWORD": postgres.password}
    connection = ("--host=127.0.0.1", f"--port={postgres.port}", "--username=postgres")
    path = program_folder() / program
    subprocess.run([str(path), *connection, *arguments], env=environment, check=True)  # noqa: S603


def count(site: Site, service: str, statement: LiteralString) -> int:
    """Return what a statement counts in a service's database."""
    with psycopg.connect(site.record.databases[service].replace("+psycopg", "")) as connection:
        row = connection.execute(statement).fetchone()
    assert row
    return int(row[0])
