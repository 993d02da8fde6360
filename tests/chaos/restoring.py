"""Setting a service's database back while everything runs, as a restore or a failover does."""

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

from deploy.local.cluster import programs
from deploy.local.databases import dsn, name_of, shut
from shared.persistence.database import make_sessions
from shared.recovery import identity
from tests.flows.site import Site


@dataclass(frozen=True)
class Backup:
    """One service's database as it was at a moment: a dump, then a database beside it."""

    site: Site
    service: str
    taken_at: float
    """Seconds since 1970."""

    @classmethod
    def take(cls, site: Site, service: str) -> "Backup":
        """Dump a database; the moment is that at which the dump begins."""
        backup = cls(site, service, time.time())
        dump(site, service, str(backup.file))
        return backup

    def restore(self, *, is_over_its_own: bool = False) -> None:
        """Restore the dump beside the service's database.

        Args:
            is_over_its_own: Have the tables know the database that they lie in now, so that only
                the topics show that they were restored.
        """
        with as_superuser(self.site) as connection:
            make = sql.SQL("CREATE DATABASE {} OWNER {}")
            connection.execute(make.format(self.beside, self.name))
            shut(connection, f"{name_of(self.service)}_restored")
        run(self.site, "pg_restore", f"--dbname={name_of(self.service)}_restored", str(self.file))
        if is_over_its_own:
            settle(self.site, f"{name_of(self.service)}_restored")
        self.file.unlink()

    @property
    def file(self) -> Path:
        """The dump."""
        return self.site.home / f"{self.service}-{self.taken_at:.3f}.dump"

    @property
    def name(self) -> sql.Identifier:
        """The name of the service's database."""
        return sql.Identifier(name_of(self.service))

    @property
    def beside(self) -> sql.Identifier:
        """The name of the restored one."""
        return sql.Identifier(f"{name_of(self.service)}_restored")

    def put_in_place(self) -> float:
        """Give the service the restored database under the old name; return when it lost its own.

        So one does it where processes may come back at any moment.
        """
        with as_superuser(self.site) as connection:
            refuse = sql.SQL("ALTER DATABASE {} ALLOW_CONNECTIONS false")
            connection.execute(refuse.format(self.name))
            lost_at = time.time()
            connection.execute(sql.SQL("DROP DATABASE {} WITH (FORCE)").format(self.name))
            rename = sql.SQL("ALTER DATABASE {} RENAME TO {}")
            connection.execute(rename.format(self.beside, self.name))
        return lost_at


@contextmanager
def as_superuser(site: Site) -> Iterator[psycopg.Connection]:
    """Connect to the cluster itself."""
    postgres = site.stack.postgres
    assert postgres
    with psycopg.connect(dsn(postgres), autocommit=True) as connection:
        yield connection


def settle(site: Site, database: str) -> None:
    """Have the tables know the database that they lie in now."""
    postgres = site.stack.postgres
    assert postgres
    sessions = make_sessions(f"{postgres.url}/{database}")
    with sessions.begin() as session:
        identity.settle(session)
    sessions.kw["bind"].dispose()


def dump(site: Site, service: str, file: str) -> None:
    """Dump a service's database into a file."""
    run(site, "pg_dump", "--format=custom", f"--file={file}", name_of(service))


def run(site: Site, program: str, *arguments: str) -> None:
    """Run one of PostgreSQL's programs on the cluster."""
    postgres = site.stack.postgres
    assert postgres
    environment = dict(os.environ) | {"PGPASSWORD": postgres.password}
    reach = ("--host=127.0.0.1", f"--port={postgres.port}", "--username=postgres")
    path = programs() / program
    subprocess.run([str(path), *reach, *arguments], env=environment, check=True)  # noqa: S603


def count(site: Site, service: str, statement: LiteralString) -> int:
    """Return what a statement counts in a service's database."""
    with psycopg.connect(site.record.databases[service].replace("+psycopg", "")) as connection:
        row = connection.execute(statement).fetchone()
    assert row
    return int(row[0])
