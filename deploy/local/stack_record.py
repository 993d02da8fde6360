"""The record of a running stack in a file: for commands that show, stop or clean it up."""

import fcntl
import os
import time
from collections.abc import Callable
from dataclasses import dataclass, field, replace
from pathlib import Path
from threading import Lock
from typing import Any

import msgspec
import psutil

from deploy.local import log_rotation
from deploy.local.errors import StartError
from deploy.local.process import all_processes, is_alive, kill_all

SERVICES = ("order", "provisioning", "resources", "customer")
"""The services of a stack, in the order in which an order passes them."""

SUPERVISOR_MODULE = "deploy.local.detached"
"""The module that runs a stack in the background; its only argument is the home."""

LOST = "lost"
"""The state of a stack whose files were deleted while it ran."""


@dataclass(frozen=True, slots=True)
class ProcessIdentity:
    """A process by its id and start time: the id alone may be reused by another process."""

    pid: int
    started: float

    @property
    def process(self) -> psutil.Process | None:
        """The process, if it still runs."""
        try:
            process = psutil.Process(self.pid)
            return process if process.create_time() == self.started and is_alive(process) else None
        except psutil.NoSuchProcess:
            return None


@dataclass(frozen=True, slots=True)
class ProcessRecord:
    """The record of one supervised process."""

    name: str
    life: ProcessIdentity
    log: str
    url: str = ""
    restarts: int = 0
    last_end: str = ""
    """How its previous run ended, in words; empty in its first run."""

    refuses: bool = False
    """It has exited with EX_CONFIG, and is not restarted."""


@dataclass(frozen=True, slots=True)
class StackRecord:
    """The record of a stack."""

    state: str
    """starting, ready, stopping, stopped or failed."""

    supervisor: ProcessIdentity
    error: str = ""
    kafka: str = ""
    databases: dict[str, str] = field(default_factory=dict, repr=False)
    """URL by service, with its password."""

    existing: dict[str, str] = field(default_factory=dict)
    """Addresses of existing engines, by the setting that names them."""

    urls: dict[str, str] = field(default_factory=dict)
    """HTTP address by service, the simulator's as `elements`."""

    lines: tuple[ProcessRecord, ...] = ()

    @property
    def has_started(self) -> bool:
        """Tell whether the stack is ready: started completely, neither stopping nor stopped."""
        return self.state == "ready"

    @property
    def is_over(self) -> bool:
        """Tell whether the stack has stopped in order, or failed to start."""
        return self.state in {"stopped", "failed"}


def identity_of(pid: int) -> ProcessIdentity:
    """Return the identity of the process that has this id now."""
    return ProcessIdentity(pid, psutil.Process(pid).create_time())


def record_path(home: Path) -> Path:
    """Return the path of a home's record."""
    return home / "run" / "stack.json"


def write(home: Path, record: StackRecord) -> None:
    """Replace the record atomically; it has passwords, so only its owner may read it."""
    file = record_path(home)
    half = file.with_suffix(f".{os.getpid()}")
    half.touch(mode=0o600)
    half.write_bytes(msgspec.json.encode(record))
    half.rename(file)


def read(home: Path) -> StackRecord | None:
    """Return the record of a home; None if it is missing, or incomplete after a power cut."""
    try:
        return msgspec.json.decode(record_path(home).read_bytes(), type=StackRecord)
    except (FileNotFoundError, msgspec.DecodeError):
        return None


def orphaned_processes(record: StackRecord) -> list[psutil.Process]:
    """Return the recorded processes that still run, for a supervisor that has ended."""
    return [process for line in record.lines if (process := line.life.process)]


def current_record(home: Path) -> StackRecord | None:
    """Return the record of a home with its current state.

    The state is `killed` if the supervisor ended without writing its end, and `lost` if the
    stack's files were deleted while it ran.
    """
    last = read(home)
    if last and not last.is_over and not last.supervisor.process:
        return replace(last, state="killed")
    if not last and (supervisor := supervisor_of(home)):
        return StackRecord(LOST, identity_of(supervisor.pid))
    return last


def supervisor_of(home: Path) -> psutil.Process | None:
    """Return the supervisor of the stack of a home; also if its record is missing."""
    last = read(home)
    if last and not last.is_over and (recorded := last.supervisor.process):
        return recorded
    words = [SUPERVISOR_MODULE, str(home.resolve())]
    commands = all_processes("cmdline")
    return next((process for process, line in commands if (line or [])[-2:] == words), None)


class StackRecordFile:
    """The record of a home while a stack runs there, written by its supervisor."""

    def __init__(self, home: Path, lines: Callable[[], tuple[ProcessRecord, ...]]) -> None:
        """Lock the home, and kill the processes that a killed supervisor has left.

        Args:
            home: The folder of all state.
            lines: Returns the records of the supervised processes.

        Raises:
            StartError: Another stack runs on it.
        """
        self.home = home
        self.lines = lines
        self.write_lock = Lock()
        for name in ("run", "logs", "state"):
            (home / name).mkdir(mode=0o700, parents=True, exist_ok=True)
        self.lock = (home / "run" / "stack.lock").open("w")
        try:
            fcntl.flock(self.lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            self.lock.close()
            message = f"Kaitong runs already in {home}: see `kaitong status`"
            raise StartError(message) from None
        last = read(home)
        if last:
            kill_all(orphaned_processes(last))
        for log in (home / "logs").glob("*.log"):
            log_rotation.rotate_if_large(log)
        self.now = StackRecord("starting", identity_of(os.getpid()), urls=last.urls if last else {})

    def write(self, **changes: Any) -> None:  # noqa: ANN401  the types of the record's fields
        """Write the record with these changes; several threads may call it."""
        with self.write_lock:
            self.now = replace(self.now, lines=self.lines(), **changes)
            write(self.home, self.now)

    def log_event(self, text: str) -> None:
        """Write an event of a process to the supervisor's log."""
        log = self.home / "logs" / "supervisor.log"
        log_rotation.rotate_if_large(log)
        with log.open("a") as file:
            file.write(f"{time.strftime('%Y-%m-%dT%H:%M:%S%z')} {text}\n")

    def close(self) -> None:
        """Unlock the home."""
        self.lock.close()
