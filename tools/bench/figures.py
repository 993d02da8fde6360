"""Figures of several rounds, with medians and spread."""

import math
import platform
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from statistics import median
from typing import TypeAlias

import psutil

Figures: TypeAlias = Mapping[str, float]
"""The figures of one round, by names with units (`p50_ms`)."""


@dataclass(frozen=True, slots=True)
class CaseResult:
    """The figures of all rounds of one case."""

    name: str
    title: str
    rounds: Sequence[Figures]
    goals: Mapping[str, float]
    """The goal of a figure: a maximum, or for rates (`..._per_s`) a minimum."""

    def median(self, figure: str) -> float:
        """Return the median of a figure."""
        return median(each[figure] for each in self.rounds)

    def spread(self, figure: str) -> tuple[float, float]:
        """Return the least and the greatest value of a figure."""
        values = [each[figure] for each in self.rounds]
        return min(values), max(values)

    def reaches_goal(self, figure: str) -> bool | None:
        """Return whether the median reaches its goal; None if there is no goal."""
        goal = self.goals.get(figure)
        if goal is None:
            return None
        median = self.median(figure)
        return median >= goal if figure.endswith("_per_s") else median <= goal

    def as_dict(self) -> dict[str, float]:
        """Return the median, minimum and maximum of each figure, by name."""
        found: dict[str, float] = {}
        for figure in self.rounds[0]:
            least, greatest = self.spread(figure)
            found[figure] = round(self.median(figure), 3)
            found[f"{figure}_min"], found[f"{figure}_max"] = round(least, 3), round(greatest, 3)
        return found


def percentile(values: Sequence[float], share: float) -> float:
    """Return the value that a `share` (0 to 1) of all values are at or below."""
    ordered = sorted(values)
    return ordered[max(0, math.ceil(share * len(ordered)) - 1)]


def describe_machine() -> dict[str, str | int | float]:
    """Return the machine's CPU, memory, kernel and Python version."""
    model = next(
        (
            line.partition(":")[2].strip()
            for line in Path("/proc/cpuinfo").read_text().splitlines()
            if line.startswith("model name")
        ),
        platform.processor(),
    )
    return {
        "cpu": model,
        "cores": psutil.cpu_count() or 0,
        "memory_gb": round(psutil.virtual_memory().total / 2**30, 1),
        "kernel": platform.release(),
        "python": platform.python_version(),
    }
