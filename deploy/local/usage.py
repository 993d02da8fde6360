"""CPU time and memory of the parts of a stack."""

import time
from collections.abc import Iterable, Mapping
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

import psutil

from deploy.local.process import all_processes

OTHER_CORES_TOLERATED = 0.3
"""Cores that other processes may use meanwhile; above it, measured times are not reliable."""


@dataclass(frozen=True, slots=True)
class CpuSeconds:
    """CPU seconds of the parts of a stack."""

    parts: Mapping[str, float]

    @property
    def total(self) -> float:
        """CPU seconds of all parts together."""
        return sum(self.parts.values())


@dataclass(frozen=True, slots=True)
class CpuReading(CpuSeconds):
    """CPU seconds so far, and those of the whole machine."""

    at: float
    machine: float


@dataclass(frozen=True, slots=True)
class CpuUsage(CpuSeconds):
    """CPU seconds between two readings."""

    seconds: float
    """Between the readings."""

    other_cores: float
    """Cores that other processes used meanwhile, the load generator included."""

    def ms_per(self, count: int) -> dict[str, float]:
        """Return CPU milliseconds by part for each of `count` orders."""
        return {part: round(1000 * used / count, 3) for part, used in self.parts.items()}


def read(pids: Mapping[str, int]) -> CpuReading:
    """Read the CPU seconds of each part's processes."""
    parts = {part: cpu_seconds(pids[part], each) for part, each in processes_of(pids).items()}
    return CpuReading(parts, time.monotonic(), machine_seconds())


def between(first: CpuReading, last: CpuReading) -> CpuUsage:
    """Return the CPU usage between two readings."""
    parts = {part: last.parts[part] - first.parts.get(part, 0.0) for part in last.parts}
    seconds = last.at - first.at
    others = (last.machine - first.machine - sum(parts.values())) / seconds
    return CpuUsage(parts, seconds, round(others, 2))


def processes_of(pids: Mapping[str, int]) -> dict[str, list[psutil.Process]]:
    """Return the processes of each part: its process and descendants, without other parts.

    One part may have started another, as the template has started the services.
    """
    parts = {pid: part for part, pid in pids.items()}
    found: dict[str, list[psutil.Process]] = {part: [] for part in pids}
    processes = dict(all_processes("ppid"))
    parents = {process.pid: parent for process, parent in processes.items()}
    for process in processes:
        pid = process.pid
        while pid and pid not in parts:
            pid = parents.get(pid, 0)
        if pid:
            found[parts[pid]].append(process)
    return found


def cpu_seconds(pid: int, processes: Iterable[psutil.Process]) -> float:
    """Return the CPU seconds of a part's processes, ended children of its first one included."""
    ended = 0.0
    with suppress(psutil.NoSuchProcess):
        times = psutil.Process(pid).cpu_times()
        ended = float(times.children_user + times.children_system)
    return ended + sum(map(_own_seconds, processes))


def _own_seconds(process: psutil.Process) -> float:
    try:
        times = process.cpu_times()
    except psutil.NoSuchProcess:
        return 0.0
    return float(times.user + times.system)


def machine_seconds() -> float:
    """Return the CPU seconds of all processes of this machine."""
    times = psutil.cpu_times()
    return float(sum(times) - times.idle - getattr(times, "iowait", 0.0))


def pss_mb(pids: Mapping[str, int]) -> dict[str, float]:
    """Return the memory (PSS) of each part's processes: shared pages count proportionally."""
    return {
        part: sum(_pss_kb(each.pid) for each in processes) / 1024
        for part, processes in processes_of(pids).items()
    }


def _pss_kb(pid: int) -> int:
    try:
        text = Path(f"/proc/{pid}/smaps_rollup").read_text()
    except (FileNotFoundError, ProcessLookupError):
        return 0
    return next(int(line.split()[1]) for line in text.splitlines() if line.startswith("Pss:"))
