"""One private PostgreSQL cluster on this machine."""

import hashlib
import os
import pwd
import secrets
import shutil
import signal
import subprocess
import time
from dataclasses import dataclass, field
from pathlib import Path

import psutil

from deploy.local import packages, ports, process
from deploy.local.errors import StartError
from deploy.local.home import digest, locked, private_folder

SUPERUSER = "postgres"
PATIENCE = 60.0
"""Seconds to become ready (a crash recovery may have much to read) or to stop."""

UNPRIVILEGED = ("postgres", "nobody")
"""Who runs it when root starts it: the first of these users that the machine has."""

INITDB = (
    f"--username={SUPERUSER}",
    "--auth=scram-sha-256",
    "--encoding=UTF8",
    "--locale=C",
    "--locale-provider=builtin",
    "--builtin-locale=C.UTF-8",
    "--data-checksums",
    "--no-instructions",
)

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
    # Errors without the rows and parameters that caused them: those name customers.
    "log_error_verbosity": "terse",
    "log_min_error_statement": "panic",
    "log_checkpoints": "off",
}

UNSAFE = {"fsync": "off", "full_page_writes": "off"}


@dataclass
class Postgres:
    """A running private cluster."""

    folder: Path
    """As given: the password and the log lie here, and `data` is (or points to) the data."""

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
        """Start again, on the same data and port, after `stop` or `kill`."""
        self.server = launch(self)
        wait_until_ready(self)

    def stop(self) -> None:
        """Shut down fast: sessions are ended, everything is written."""
        process.end(self.server, signal.SIGINT, PATIENCE)

    def kill(self) -> None:
        """Kill the whole cluster with -9, as a power cut would."""
        process.kill_all([self.server, *process.living_in(self.data)])

    def remove(self) -> None:
        """Stop, and delete all that the cluster holds."""
        self.kill()
        remove_cluster(self.folder)


def start_postgres(
    folder: Path,
    *,
    port: int | None = None,
    fsync: bool = True,
    detached: bool = False,
    log: Path | None = None,
) -> Postgres:
    """Return a running cluster on this folder; one that runs already is returned as it is.

    Args:
        folder: Belongs to this cluster alone; the cluster is created when it is new.
        port: Without one, the port of last time if it is still free, else any.
        fsync: False trades safety against a power cut for speed; for tests.
        detached: True lets it live on when this process ends.
        log: `postgres.log` in the folder unless told otherwise.

    Raises:
        StartError: It cannot start; the text says why and what to do.
    """
    folder.mkdir(parents=True, exist_ok=True)
    data = data_folder(folder)
    packages.fetch([packages.POSTGRES])
    if not data.exists():
        create(folder, data)
    alive = running(data)
    chosen = last_port(data) if alive else ports.settle(port, last_port(data), "PostgreSQL")
    password = (folder / "password").read_text()
    log = log or folder / "postgres.log"
    cluster = Postgres(folder, data, chosen or 0, password, fsync, detached, log)
    if alive:
        cluster.server = alive
    else:
        cluster.start()
    return cluster


def data_folder(folder: Path) -> Path:
    """Return where the data lies: in the folder, or for root where the cluster's user can go."""
    if os.getuid() != 0:
        return folder.resolve() / "data"
    data = private_folder() / f"data-{digest(folder)}"
    link = folder / "data"
    if not link.is_symlink():
        link.symlink_to(data)
    return data


def remove_cluster(folder: Path) -> None:
    """Delete a cluster that does not run, with its password and log."""
    data = data_folder(folder)
    shutil.rmtree(data, ignore_errors=True)
    shutil.rmtree(folder, ignore_errors=True)


def account() -> pwd.struct_passwd | None:
    """Return the user that root hands the cluster to; none when the caller is not root.

    Raises:
        StartError: PostgreSQL would refuse every user that could run it.
    """
    known = {user.pw_name: user for user in pwd.getpwall()}
    if os.getuid() == 0:
        for name in UNPRIVILEGED:
            if name in known:
                return known[name]
        message = "PostgreSQL refuses root, and there is no user nobody: start as another user"
        raise StartError(message)
    try:
        pwd.getpwuid(os.getuid())
    except KeyError:
        message = f"PostgreSQL: user id {os.getuid()} has no name; add it to /etc/passwd"
        raise StartError(message) from None
    return None


def programs() -> Path:
    """Return PostgreSQL's `bin` folder; for root, in a copy that the cluster's user can reach."""
    package = packages.POSTGRES
    within = packages.postgres_programs()[0].relative_to(package.folder)
    if os.getuid() != 0:
        return package.folder / within
    copy = private_folder() / f"postgresql-{hashlib.sha256(package.fingerprint).hexdigest()[:12]}"
    with locked("postgres"):
        if not copy.exists():
            copy_programs(copy)
    return copy / within


def copy_programs(copy: Path) -> None:
    """Copy PostgreSQL to where everybody may read it."""
    half = copy.with_suffix(".half")
    shutil.rmtree(half, ignore_errors=True)
    for part in packages.postgres_programs():
        place = half / part.relative_to(packages.POSTGRES.folder)
        shutil.copytree(part, place, symlinks=True)
    for path in [half, *half.rglob("*")]:
        path.chmod(path.stat().st_mode | (0o055 if path.is_dir() else 0o044))
    for program in (
        half / packages.postgres_programs()[0].relative_to(packages.POSTGRES.folder)
    ).iterdir():
        program.chmod(0o755)
    half.rename(copy)


def create(folder: Path, data: Path) -> None:
    """Make a new cluster; what an interrupted attempt left is thrown away."""
    half = data.with_suffix(".half")
    shutil.rmtree(half, ignore_errors=True)
    half.mkdir(mode=0o700)
    password = secrets.token_urlsafe(24)
    secret = folder / "password"
    secret.touch(mode=0o600)
    secret.write_text(password)
    hand_over = half.with_name(f"{half.name}.password")
    hand_over.touch(mode=0o600)
    hand_over.write_text(password)
    user = account()
    if user:
        os.chown(half, user.pw_uid, user.pw_gid)
        os.chown(hand_over, user.pw_uid, user.pw_gid)
    places = (f"--pwfile={hand_over}", f"--pgdata={half}")
    done = subprocess.run(
        process.leashed([programs() / "initdb", *INITDB, *places], user),
        capture_output=True,
        text=True,
        env=environment(),
        cwd=half,
        check=False,
    )
    hand_over.unlink()
    if done.returncode:
        reason = (done.stderr.strip() or done.stdout.strip()).splitlines()[-1:]
        message = f"PostgreSQL: cannot create a cluster in {data}: {' '.join(reason)}"
        raise StartError(message)
    half.rename(data)


def launch(cluster: Postgres) -> psutil.Process:
    """Start the postmaster."""
    chosen = SETTINGS | {"port": cluster.port} | ({} if cluster.fsync else UNSAFE)
    options = [word for name, value in chosen.items() for word in ("-c", f"{name}={value}")]
    forget_other_life(cluster.data)
    return process.spawn(
        [programs() / "postgres", "-D", cluster.data, *options],
        cluster.log,
        environment=environment(),
        folder=cluster.data,
        user=account(),
        orphan_signal=0 if cluster.detached else signal.SIGQUIT,
    )


def environment() -> dict[str, str]:
    """Return all that PostgreSQL's programs need to know of their surroundings."""
    return {"PATH": "/usr/bin:/bin", "LC_ALL": "C", "TZ": "UTC"}


def wait_until_ready(cluster: Postgres) -> None:
    """Return when the cluster takes connections.

    Raises:
        StartError: It ended instead, or took too long.
    """
    deadline = time.monotonic() + PATIENCE
    while status(cluster.data) != (str(cluster.pid), "ready"):
        if not process.is_alive(cluster.server):
            message = f"PostgreSQL ended: {process.last_line(cluster.log)} (see {cluster.log})"
            raise StartError(message)
        if time.monotonic() > deadline:
            message = f"PostgreSQL is not ready after {PATIENCE:.0f} s; see {cluster.log}"
            raise StartError(message)
        time.sleep(0.01)


def note(data: Path) -> list[str]:
    """Return the lines of the note that a postmaster keeps in its data; none when it is not up."""
    try:
        return (data / "postmaster.pid").read_text().splitlines()
    except FileNotFoundError:
        return []


def status(data: Path) -> tuple[str, str]:
    """Return the postmaster's process id and state (`ready` when it takes connections)."""
    lines = [line.strip() for line in note(data)]
    return (lines[0], lines[7]) if len(lines) > 7 else ("", "")  # noqa: PLR2004


def last_port(data: Path) -> int | None:
    """Return the port of this life or the last one, where known."""
    options = data / "postmaster.opts"
    words = options.read_text().replace('"', "").split() if options.exists() else []
    return next((int(word[5:]) for word in words if word.startswith("port=")), None)


def running(data: Path) -> psutil.Process | None:
    """Return the postmaster that serves this data now, if there is one."""
    pid, _ = status(data)
    return next((it for it in process.living_in(data) if str(it.pid) == pid), None)


def forget_other_life(data: Path) -> None:
    """Remove the note of a postmaster that is gone, in case a stranger has its process id now."""
    if not process.living_in(data):
        (data / "postmaster.pid").unlink(missing_ok=True)
