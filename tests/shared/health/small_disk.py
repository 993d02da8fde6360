"""A database on a disk that can be filled, and be freed again.

If this process may mount one, the disk is a small tmpfs with a tablespace. Otherwise the
server writes to /dev/full whenever the service writes: the operating system reports that no
space is left, and PostgreSQL fails with the same SQLSTATE.
"""

import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Protocol

import psycopg

from deploy.local.postgres import Postgres
from deploy.local.postgres_cluster import cluster_user
from shared.persistence.migrate import migrate
from tests import disks

NAME = "test_full_disk"
SIZE_MB = 96

FUNCTIONS = """
CREATE FUNCTION write_to_a_full_disk() RETURNS trigger LANGUAGE plpgsql AS
$$BEGIN EXECUTE 'COPY (SELECT 1) TO ''/dev/full'''; END$$;
CREATE FUNCTION define_on_a_full_disk() RETURNS event_trigger LANGUAGE plpgsql AS
$$BEGIN EXECUTE 'COPY (SELECT 1) TO ''/dev/full'''; END$$;
"""
REFUSE_WRITES = """
CREATE TRIGGER full_disk BEFORE INSERT ON inbox EXECUTE FUNCTION write_to_a_full_disk();
CREATE EVENT TRIGGER full_disk ON ddl_command_start EXECUTE FUNCTION define_on_a_full_disk();
"""
ALLOW_WRITES = "DROP EVENT TRIGGER full_disk; DROP TRIGGER full_disk ON inbox;"


class DatabaseDisk(Protocol):
    """A disk with a migrated database on it."""

    url: str

    def fill(self) -> None:
        """Fill it."""

    def free(self) -> None:
        """Free it."""


class MountedDisk:
    """A tmpfs of its own."""

    def __init__(self, url: str, folder: Path) -> None:
        self.url = url
        self._disk = disks.Disk(folder)

    def fill(self) -> None:
        """Write to it until the kernel refuses."""
        self._disk.fill()

    def free(self) -> None:
        """Delete the file that fills it."""
        self._disk.free()


class SimulatedDisk:
    """/dev/full, to which the server writes with each write of the service."""

    def __init__(self, url: str) -> None:
        self.url = url
        execute(url, FUNCTIONS)

    def fill(self) -> None:
        """Refuse writes from now on."""
        execute(self.url, REFUSE_WRITES)

    def free(self) -> None:
        """Allow writes again."""
        execute(self.url, ALLOW_WRITES)


@contextmanager
def disk(postgres: Postgres, folder: Path) -> Iterator[DatabaseDisk]:
    """A database on a disk that can be filled."""
    server = f"{postgres.url}/postgres"
    url, is_mounted = f"{postgres.url}/{NAME}", mount(folder)
    if is_mounted:
        execute(server, f"CREATE TABLESPACE {NAME} LOCATION '{folder / 'data'}'")
    tablespace = f"TABLESPACE {NAME}" if is_mounted else ""
    execute(server, f"CREATE DATABASE {NAME} {tablespace}")
    try:
        migrate("order", url)
        yield MountedDisk(url, folder) if is_mounted else SimulatedDisk(url)
    finally:
        execute(server, f"DROP DATABASE {NAME} WITH (FORCE)")
        if is_mounted:
            execute(server, f"DROP TABLESPACE {NAME}")
            disks.unmount(folder)


def mount(folder: Path) -> bool:
    """Mount a small disk for the server's user; return whether that is allowed here."""
    if disks.mount(folder, SIZE_MB):
        return False
    (folder / "data").mkdir()
    user = cluster_user()
    if user:
        os.chown(folder / "data", user.pw_uid, user.pw_gid)
    return True


def execute(url: str, statement: str) -> None:
    """Execute and commit a statement, as the superuser."""
    with psycopg.connect(url.replace("+psycopg", ""), autocommit=True) as connection:
        connection.execute(statement)
