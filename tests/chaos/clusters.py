"""Restores of whole clusters: point-in-time recovery, and promotion of a replica that lagged.

The commands are those of docs/restore.md.
"""

import copy
import os
import shutil
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path

import psycopg

from deploy.local.databases import superuser_dsn
from deploy.local.postgres import Postgres, launch
from deploy.local.postgres_cluster import cluster_user
from tests.chaos.database_restore import as_superuser, run_postgres_program
from tests.elements.simulator_process import free_port
from tests.flows.site import Site

TIMEOUT_S = 120.0


def archiving_settings(folder: Path) -> dict[str, str]:
    """Return the settings of a cluster whose write-ahead log is archived and streamed."""
    return {
        "wal_level": "replica",
        "max_wal_senders": "4",
        "archive_mode": "on",
        "archive_command": f"test ! -f {folder}/%f && cp %p {folder}/%f",
    }


@contextmanager
def owned_folder(site: Site, name: str) -> Iterator[Path]:
    """Make a folder that the cluster's user can write to, and remove it at the end."""
    folder = cluster_of(site).data.with_name(f"{name}-{time.time_ns()}")
    try:
        yield folder
    finally:
        shutil.rmtree(folder, ignore_errors=True)


def cluster_of(site: Site) -> Postgres:
    """Return the cluster that the services are on."""
    assert site.stack.postgres
    return site.stack.postgres


def base_backup(site: Site, folder: Path, *options: str) -> None:
    """Take a base backup while everything runs."""
    arguments = (f"--pgdata={folder}", "--wal-method=stream", "--checkpoint=fast", *options)
    run_postgres_program(site, "pg_basebackup", *arguments)


def archive_until_now(site: Site, archive: Path) -> None:
    """Archive the current WAL segment, and wait until it is archived."""
    with as_superuser(site) as connection:
        row = connection.execute("SELECT pg_walfile_name(pg_switch_wal())").fetchone()
    assert row
    site.until((archive / row[0]).exists, timeout_s=TIMEOUT_S)


def prepare_recovery(moment: datetime, base: Path, archive: Path) -> None:
    """Prepare a base backup to be restored to a moment when it starts."""
    with (base / "postgresql.auto.conf").open("a") as file:
        file.write(f"restore_command = 'cp {archive}/%f %p'\n")
        file.write(f"recovery_target_time = '{moment.isoformat()}'\n")
        file.write("recovery_target_action = 'promote'\n")
    (base / "recovery.signal").touch()
    hand_over(base)


def hand_over(folder: Path) -> None:
    """Make the cluster's user the owner of a folder."""
    if user := cluster_user():
        for path in [folder, *folder.rglob("*")]:
            os.chown(path, user.pw_uid, user.pw_gid)
    folder.chmod(0o700)


def replace_data(site: Site, data: Path) -> float:
    """Make the supervisor start the cluster from other data; return the time the old one ended."""
    cluster = cluster_of(site)
    old = copy.copy(cluster)
    cluster.data = data
    old.kill()
    return time.time()


@contextmanager
def standby(site: Site, data: Path) -> Iterator[psycopg.Connection]:
    """Run a standby of the cluster from a base backup; yield a connection to it."""
    hand_over(data)
    standby_cluster = replace(cluster_of(site), data=data, port=free_port())
    standby_cluster.server = launch(standby_cluster)
    with psycopg.connect(dsn_when_ready(site, standby_cluster), autocommit=True) as connection:
        yield connection
    standby_cluster.kill()


def dsn_when_ready(site: Site, cluster: Postgres) -> str:
    """Wait until a cluster accepts connections; return the superuser's DSN."""
    site.until(lambda: accepts_connections(superuser_dsn(cluster)), timeout_s=TIMEOUT_S)
    return superuser_dsn(cluster)


def accepts_connections(conninfo: str) -> bool:
    """Tell whether a cluster accepts connections."""
    try:
        psycopg.connect(conninfo).close()
    except psycopg.OperationalError:
        return False
    return True


def promote(site: Site) -> None:
    """Promote the standby that replaced the cluster."""
    with psycopg.connect(dsn_when_ready(site, cluster_of(site)), autocommit=True) as connection:
        connection.execute("SELECT pg_promote()")


def utc(moment: float) -> datetime:
    """Return a moment, given in seconds since 1970."""
    return datetime.fromtimestamp(moment, UTC)
