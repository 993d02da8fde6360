"""What runs here, written down: so that others can see it, stop it and clean up after it."""

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

SUPERVISOR_MODULE = "deploy.local.detached"
"""The module that keeps a stack in the background; its only argument is the home."""

LOST = "lost"
"""The state of a stack whose files were deleted while it ran."""


@dataclass(frozen=True, slots=True)
class ProcessIdentity:
    """One life of a process: its id alone may belong to a stranger tomorrow."""

    pid: int
    started: float

    @property
    def process(self) -> psutil.Process | None:
        """The process, if this very one still runs."""
        try:
            process = psutil.Process(self.pid)
            return process if process.create_time() == self.started and is_alive(process) else None
        except psutil.NoSuchProcess:
            return None


@dataclass(frozen=True, slots=True)
class ProcessRecord:
    """What is known of one process that is kept running."""

    name: str
    life: ProcessIdentity
    log: str
    url: str = ""
    restarts: int = 0
    last_end: str = ""
    """How its last life ended, in words; empty when it has had one life only."""

    refuses: bool = False
    """It cannot run like this, and is not started again."""


@dataclass(frozen=True, slots=True)
class StackRecord:
    """What is known of a stack."""

    state: str
    """starting, ready, stopping, stopped or failed."""

    supervisor: ProcessIdentity
    error: str = ""
    kafka: str = ""
    databases: dict[str, str] = field(default_factory=dict, repr=False)
    """URL by service, with its password."""

    existing: dict[str, str] = field(default_factory=dict)
    """Where engines are that were there before, by the setting that names them."""

    urls: dict[str, str] = field(default_factory=dict)
    """HTTP address by service, the simulator's as `elements`."""

    lines: tuple[ProcessRecord, ...] = ()

    @property
    def has_started(self) -> bool:
        """Tell whether everything is there."""
        return self.state == "ready"

    @property
    def is_over(self) -> bool:
        """Tell whether the stack has stopped in order, or never got up."""
        return self.state in {"stopped", "failed"}


def identity_of(pid: int) -> ProcessIdentity:
    """Return what tells this process from all others."""
    return ProcessIdentity(pid, psutil.Process(pid).create_time())


def record_path(home: Path) -> Path:
    """Return the file that the record of a home is in."""
    return home / "run" / "stack.json"


def write(home: Path, record: StackRecord) -> None:
    """Replace the record at one stroke; it holds passwords, so only its owner may read it."""
    file = record_path(home)
    half = file.with_suffix(f".{os.getpid()}")
    half.touch(mode=0o600)
    half.write_bytes(msgspec.json.encode(record))
    half.rename(file)


def read(home: Path) -> StackRecord | None:
    """Return the record of a home, if there is one; a power cut may have left half of it."""
    try:
        return msgspec.json.decode(record_path(home).read_bytes(), type=StackRecord)
    except (FileNotFoundError, msgspec.DecodeError):
        return None


def orphaned_processes(record: StackRecord) -> list[psutil.Process]:
    """Return the processes of a dead supervisor that still run."""
    return [process for line in record.lines if (process := line.life.process)]


def current_record(home: Path) -> StackRecord | None:
    """Return what runs in a home.

    The state of a stack that could not say goodbye is `killed`, and that of one whose
    files were deleted while it ran is `lost`.
    """
    last = read(home)
    if last and not last.is_over and not last.supervisor.process:
        return replace(last, state="killed")
    if not last and (stray := supervisor_of(home)):
        return StackRecord(LOST, identity_of(stray.pid))
    return last


def supervisor_of(home: Path) -> psutil.Process | None:
    """Return who keeps the stack of a home; also when its record is gone."""
    last = read(home)
    if last and not last.is_over and (known := last.supervisor.process):
        return known
    words = [SUPERVISOR_MODULE, str(home.resolve())]
    everybody = all_processes("cmdline")
    return next((process for process, line in everybody if (line or [])[-2:] == words), None)


class StackRecordFile:
    """The record of a home while a stack runs there, kept by whoever started it."""

    def __init__(self, home: Path, lines: Callable[[], tuple[ProcessRecord, ...]]) -> None:
        """Make this home ours, and end what a supervisor that was killed left behind.

        Args:
            home: Keeps all state.
            lines: Tells what is kept running.

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
            log_rotation.rotate(log)
        self.now = StackRecord("starting", identity_of(os.getpid()), urls=last.urls if last else {})

    def write(self, **changes: Any) -> None:  # noqa: ANN401  whatever the record's fields are
        """Write down what runs now; several threads have something to say."""
        with self.write_lock:
            self.now = replace(self.now, lines=self.lines(), **changes)
            write(self.home, self.now)

    def log_event(self, text: str) -> None:
        """Note what happened to a process."""
        log = self.home / "logs" / "supervisor.log"
        log_rotation.rotate(log)
        with log.open("a") as book:
            book.write(f"{time.strftime('%Y-%m-%dT%H:%M:%S%z')} {text}\n")

    def close(self) -> None:
        """Let others have the home."""
        self.lock.close()
