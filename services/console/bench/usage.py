"""What processes use: CPU by part of the stack, and memory."""

import time
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

import psutil

TOLERANCE = 0.3
"""Cores that others may use meanwhile; above it, figures of time are not to be trusted."""


@dataclass(frozen=True, slots=True)
class Reading:
    """CPU seconds so far, by part, and of the whole machine."""

    at: float
    parts: Mapping[str, float]
    machine: float

    @property
    def total(self) -> float:
        """CPU seconds of all parts together."""
        return sum(self.parts.values())


@dataclass(frozen=True, slots=True)
class Used:
    """CPU used between two readings."""

    seconds: float
    parts: Mapping[str, float]
    """CPU seconds by part."""

    others: float
    """Cores that something else on the machine used meanwhile, the load's own driver included."""

    @property
    def total(self) -> float:
        """CPU seconds of all parts together."""
        return sum(self.parts.values())

    def ms_per(self, count: int) -> dict[str, float]:
        """Return CPU milliseconds by part for each of `count` orders."""
        return {part: round(1000 * used / count, 3) for part, used in self.parts.items()}


def read(pids: Mapping[str, int]) -> Reading:
    """Read what each part's process and all below it have used."""
    parts = {part: cpu_seconds(pid) for part, pid in pids.items()}
    return Reading(time.monotonic(), parts, machine_seconds())


def between(first: Reading, last: Reading) -> Used:
    """Return what was used from one reading to the next."""
    parts = {part: last.parts[part] - first.parts.get(part, 0.0) for part in last.parts}
    seconds = last.at - first.at
    others = (last.machine - first.machine - sum(parts.values())) / seconds
    return Used(seconds, parts, round(others, 2))


def cpu_seconds(pid: int) -> float:
    """Return what a process has used, with its children, living and dead."""
    process = psutil.Process(pid)
    own = process.cpu_times()
    living = sum(_own_seconds(child) for child in process.children(recursive=True))
    return float(own.user + own.system + own.children_user + own.children_system + living)


def _own_seconds(process: psutil.Process) -> float:
    try:
        times = process.cpu_times()
    except psutil.NoSuchProcess:
        return 0.0
    return float(times.user + times.system)


def machine_seconds() -> float:
    """Return the CPU seconds of everything on this machine."""
    times = psutil.cpu_times()
    return float(sum(times) - times.idle - getattr(times, "iowait", 0.0))


def pss_mb(pid: int) -> float:
    """Return the memory of a process and all below it, shared pages counted in part."""
    family = [pid, *(child.pid for child in psutil.Process(pid).children(recursive=True))]
    return sum(_pss_kb(member) for member in family) / 1024


def _pss_kb(pid: int) -> int:
    try:
        text = Path(f"/proc/{pid}/smaps_rollup").read_text()
    except (FileNotFoundError, ProcessLookupError):
        return 0
    return next(int(line.split()[1]) for line in text.splitlines() if line.startswith("Pss:"))
