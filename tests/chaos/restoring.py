"""Setting a service's database back while everything runs, as a restore or a failover does."""

import os
import subprocess
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import psycopg
from psycopg import sql

from deploy.local.cluster import programs
from deploy.local.databases import dsn, name_of
from tests.flows.site import Site


@dataclass(frozen=True)
class Backup:
    """One service's database, as it was at a moment."""

    site: Site
    service: str
    file: Path
    taken_at: float

    @classmethod
    def take(cls, site: Site, service: str) -> "Backup":
        """Dump a database; the moment is that at which the dump begins."""
        file = site.home / f"{service}-{time.time_ns()}.dump"
        taken_at = time.time()
        run(site, "pg_dump", "--format=custom", f"--file={file}", name_of(service))
        return cls(site, service, file, taken_at)

    def restore(self) -> float:
        """Put the dump in the database's place; return how many seconds are lost.

        It is restored beside the database, and takes its name when it is whole: so one does it
        where processes may come back at any moment.
        """
        name = name_of(self.service)
        old, new = sql.Identifier(name), sql.Identifier(f"{name}_restored")
        with as_superuser(self.site) as connection:
            connection.execute(sql.SQL("CREATE DATABASE {} OWNER {}").format(new, old))
            run(self.site, "pg_restore", f"--dbname={name}_restored", str(self.file))
            connection.execute(sql.SQL("ALTER DATABASE {} ALLOW_CONNECTIONS false").format(old))
            connection.execute(sql.SQL("DROP DATABASE {} WITH (FORCE)").format(old))
            lost = time.time() - self.taken_at
            connection.execute(sql.SQL("ALTER DATABASE {} RENAME TO {}").format(new, old))
        self.file.unlink()
        return lost


@contextmanager
def as_superuser(site: Site) -> Iterator[psycopg.Connection]:
    """Connect to the cluster itself."""
    postgres = site.stack.postgres
    assert postgres
    with psycopg.connect(dsn(postgres), autocommit=True) as connection:
        yield connection


def run(site: Site, program: str, *arguments: str) -> None:
    """Run one of PostgreSQL's programs on the cluster."""
    postgres = site.stack.postgres
    assert postgres
    environment = dict(os.environ) | {"PGPASSWORD": postgres.password}
    reach = ("--host=127.0.0.1", f"--port={postgres.port}", "--username=postgres")
    path = programs() / program
    subprocess.run([str(path), *reach, *arguments], env=environment, check=True)  # noqa: S603
