"""One private PostgreSQL cluster on this machine."""

import signal
import struct
import time
from dataclasses import dataclass, field
from pathlib import Path

import psutil

from deploy.local import hang_detection, packages, ports, process
from deploy.local.errors import StartError
from deploy.local.postgres_cluster import (
    SUPERUSER,
    assign_data_folder,
    cluster_user,
    create_cluster,
    environment,
    program_folder,
    remove_cluster,
)

TIMEOUT_S = 180.0
"""Seconds to become ready: a crash recovery may take long on a busy machine. A cluster that
ends is reported at once."""

STOP_TIMEOUT_S = 60.0
"""Seconds to stop."""

SETTINGS = {
    "listen_addresses": ports.HOST,
    "unix_socket_directories": "",
    "timezone": "UTC",
    "log_timezone": "UTC",
    "max_connections": 60,
    # Memory: the whole stack shares one small machine.
    "shared_buffers": "64MB",
    "work_mem": "8MB",
    "maintenance_work_mem": "64MB",
    "huge_pages": "off",
    "io_method": "sync",
    "max_worker_processes": 2,
    "max_parallel_workers_per_gather": 0,
    "jit": "off",
    # Few, large commits: write-ahead log in large steps, checkpoints seldom.
    "wal_level": "minimal",
    "max_wal_senders": 0,
    "wal_buffers": "8MB",
    "min_wal_size": "128MB",
    "max_wal_size": "1GB",
    "checkpoint_timeout": "15min",
    "random_page_cost": 1.1,
    "autovacuum_max_workers": 2,
    # Log errors without the rows and parameters that caused them: those contain customer data.
    "log_error_verbosity": "terse",
    "log_min_error_statement": "panic",
    "log_checkpoints": "off",
}

SSL_REQUEST = struct.pack(">ii", 8, 80877103)
"""PostgreSQL's SSLRequest."""

UNSAFE = {"fsync": "off", "full_page_writes": "off"}


@dataclass
class Postgres:
    """A running private cluster."""

    folder: Path
    """The given folder, with the password, the log and `data`, the data or a link to them."""

    data: Path
    port: int
    password: str = field(repr=False)
    fsync: bool
    detached: bool
    log: Path
    server: psutil.Process = field(init=False)

    @property
    def url(self) -> str:
        """SQLAlchemy URL of the superuser, without a database's name."""
        return f"postgresql+psycopg://{SUPERUSER}:{self.password}@{ports.HOST}:{self.port}"

    @property
    def pid(self) -> int:
        """Process id of the postmaster."""
        return self.server.pid

    def start(self) -> None:
        """Start again, on the same data and port; wait for a cluster that is still recovering."""
        if not process.is_running(self):
            self.server = launch(self)
        wait_until_ready(self)

    def stop(self) -> None:
        """Shut down fast: end the sessions, write everything, leave no process."""
        process.end(self.server, signal.SIGINT, STOP_TIMEOUT_S)
        process.kill_all(process.processes_with_cwd(self.data))

    def answers(self) -> bool:
        """Tell whether it answers an SSLRequest; it does so also during recovery."""
        return ports.answers(self.port, SSL_REQUEST, hang_detection.ANSWER_TIMEOUT_S)

    def kill(self) -> None:
        """Kill the whole cluster with -9, as a power cut would."""
        process.kill_all([self.server, *process.processes_with_cwd(self.data)])

    def remove(self) -> None:
        """Delete the cluster with all its data."""
        remove_cluster(self.folder)


def start_postgres(
    folder: Path,
    *,
    port: int | None = None,
    fsync: bool = True,
    detached: bool = False,
    log: Path | None = None,
) -> Postgres:
    """Start a cluster on this folder and return it; one that runs already is returned as it is.

    Args:
        folder: Used by this cluster only; the cluster is created if it is new.
        port: None for the previous port if it is free, else any free one.
        fsync: False trades safety against a power cut for speed; for tests.
        detached: True lets it outlive this process.
        log: None for `postgres.log` in the folder.

    Raises:
        StartError: It cannot start; the text has the reason and the remedy.
    """
    folder.mkdir(parents=True, exist_ok=True)
    data = assign_data_folder(folder)
    packages.fetch([packages.POSTGRES])
    if not data.exists():
        create_cluster(folder, data)
    running = running_postmaster(data)
    chosen = last_port(data) if running else ports.choose(port, last_port(data), "PostgreSQL")
    password = (folder / "password").read_text()
    log = log or folder / "postgres.log"
    cluster = Postgres(folder, data, chosen or 0, password, fsync, detached, log)
    if running:
        cluster.server = running
    else:
        cluster.start()
    return cluster


def launch(cluster: Postgres) -> psutil.Process:
    """Start the postmaster."""
    chosen = SETTINGS | {"port": cluster.port} | ({} if cluster.fsync else UNSAFE)
    options = [word for name, value in chosen.items() for word in ("-c", f"{name}={value}")]
    remove_stale_pid_file(cluster.data)
    return process.spawn(
        [program_folder() / "postgres", "-D", cluster.data, *options],
        cluster.log,
        environment=environment(),
        folder=cluster.data,
        user=cluster_user(),
        orphan_signal=0 if cluster.detached else signal.SIGQUIT,
    )


def wait_until_ready(cluster: Postgres) -> None:
    """Wait until the cluster accepts connections.

    Raises:
        StartError: It ended instead, or took too long.
    """
    deadline = time.monotonic() + TIMEOUT_S
    while status(cluster.data) != (str(cluster.pid), "ready"):
        if not process.is_alive(cluster.server):
            message = f"PostgreSQL ended: {process.last_line(cluster.log)} (see {cluster.log})"
            raise StartError(message)
        if time.monotonic() > deadline:
            message = f"PostgreSQL is not ready after {TIMEOUT_S:.0f} s; see {cluster.log}"
            raise StartError(message)
        time.sleep(0.01)


def pid_file_lines(data: Path) -> list[str]:
    """Return the lines of `postmaster.pid`; none if the postmaster is not running."""
    try:
        return (data / "postmaster.pid").read_text().splitlines()
    except FileNotFoundError:
        return []


def status(data: Path) -> tuple[str, str]:
    """Return the postmaster's process id and state (`ready` if it accepts connections)."""
    lines = [line.strip() for line in pid_file_lines(data)]
    return (lines[0], lines[7]) if len(lines) > 7 else ("", "")  # noqa: PLR2004


def last_port(data: Path) -> int | None:
    """Return the port of the current or previous run, if known."""
    options = data / "postmaster.opts"
    words = options.read_text().replace('"', "").split() if options.exists() else []
    return next((int(word[5:]) for word in words if word.startswith("port=")), None)


def running_postmaster(data: Path) -> psutil.Process | None:
    """Return the postmaster that runs on this data, if there is one."""
    pid, _ = status(data)
    return next((it for it in process.processes_with_cwd(data) if str(it.pid) == pid), None)


def remove_stale_pid_file(data: Path) -> None:
    """Remove the pid file of an ended postmaster: another process may have its id now."""
    if not process.processes_with_cwd(data):
        (data / "postmaster.pid").unlink(missing_ok=True)
