"""What runs here, written down: so that others can see it, stop it and clean up after it."""

import os
from dataclasses import dataclass, field
from pathlib import Path

import msgspec
import psutil


@dataclass(frozen=True, slots=True)
class Life:
    """One life of a process: its id alone may belong to a stranger tomorrow."""

    pid: int
    started: float

    @property
    def process(self) -> psutil.Process | None:
        """The process, if this very one still runs."""
        try:
            process = psutil.Process(self.pid)
            same = process.create_time() == self.started
            return process if same and process.status() != psutil.STATUS_ZOMBIE else None
        except psutil.NoSuchProcess:
            return None


@dataclass(frozen=True, slots=True)
class Line:
    """What is known of one process that is kept running."""

    name: str
    life: Life
    log: str
    url: str = ""
    restarts: int = 0
    last_end: str = ""
    """How its last life ended, in words; empty when it has had one life only."""


@dataclass(frozen=True, slots=True)
class Record:
    """What is known of a stack."""

    state: str
    """starting, ready, stopping, stopped or failed."""

    supervisor: Life
    error: str = ""
    kafka: str = ""
    databases: dict[str, str] = field(default_factory=dict, repr=False)
    """URL by service, with its password."""

    urls: dict[str, str] = field(default_factory=dict)
    """HTTP address by service, the simulator's as `elements`."""

    lines: tuple[Line, ...] = ()

    @property
    def has_started(self) -> bool:
        """Tell whether everything is there."""
        return self.state == "ready"

    @property
    def is_over(self) -> bool:
        """Tell whether the stack has stopped in order, or never got up."""
        return self.state in {"stopped", "failed"}


def life_of(pid: int) -> Life:
    """Return what tells this process from all others."""
    return Life(pid, psutil.Process(pid).create_time())


def place(home: Path) -> Path:
    """Return the file that the record of a home is in."""
    return home / "run" / "stack.json"


def write(home: Path, record: Record) -> None:
    """Replace the record at one stroke; it holds passwords, so only its owner may read it."""
    file = place(home)
    half = file.with_suffix(f".{os.getpid()}")
    half.touch(mode=0o600)
    half.write_bytes(msgspec.json.encode(record))
    half.rename(file)


def read(home: Path) -> Record | None:
    """Return the record of a home, if there is one."""
    try:
        return msgspec.json.decode(place(home).read_bytes(), type=Record)
    except FileNotFoundError:
        return None


def leftovers(record: Record) -> list[psutil.Process]:
    """Return the processes of a dead supervisor that still run."""
    return [process for line in record.lines if (process := line.life.process)]
