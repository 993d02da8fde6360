"""What the environment asks of the long modes: how many restores, and which (docs/local.md)."""

import os
import time
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Self

import pytest

PREFIX = "KAITONG_TEST_"


@dataclass(frozen=True, slots=True)
class LongRun:
    """A long run of restores."""

    restores: int
    """How often each service is restored; 0: there is no long run."""

    seed: str
    """What the moments are drawn from: another one in every run where none is asked for."""

    together: int
    """Restores in one round, at most one of each service."""

    round: int
    """Only the round of this number; 0: all."""

    lost_s: tuple[float, float]
    """The shortest and the longest time that is lost."""

    per_second: float
    """Orders."""

    report: Path | None
    """The file that the report is written to."""

    @classmethod
    def of(cls, environment: Mapping[str, str]) -> Self:
        """Return what an environment asks for."""
        said = {
            name.removeprefix(PREFIX): value
            for name, value in environment.items()
            if name.startswith(PREFIX)
        }
        shortest, _, longest = said.get("LOST", "1-60").partition("-")
        return cls(
            restores=int(said.get("RESTORES", "0")),
            seed=said.get("SEED") or str(time.time_ns()),
            together=int(said.get("TOGETHER", "2")),
            round=int(said.get("ROUND", "0")),
            lost_s=(float(shortest), float(longest or shortest)),
            per_second=float(said.get("PER_SECOND", "20")),
            report=Path(said["REPORT"]) if "REPORT" in said else None,
        )


LONG_RUN = LongRun.of(os.environ)

long_run_only = pytest.mark.skipif(
    not LONG_RUN.restores, reason=f"takes minutes to hours: {PREFIX}RESTORES=1 (docs/local.md)"
)
"""Marks what runs only where a long run is asked for."""


def rerun_command(file: str, environment: Mapping[str, str]) -> str:
    """Return the command that runs this again."""
    said = [f"{name}={value}" for name, value in environment.items() if name.startswith(PREFIX)]
    return " ".join([*sorted(said), "./kaitong", "test", "--only", file])
