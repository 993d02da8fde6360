"""Settings of the long modes from the environment: how many restores, and which (docs/local.md)."""

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
    """The seed of the random restore times; a new one in every run if none is set."""

    together: int
    """Restores in one round, at most one of each service."""

    round: int
    """Only the round of this number; 0: all."""

    lost_s: tuple[float, float]
    """The shortest and the longest time that is lost."""

    per_second: float
    """Orders posted per second."""

    report: Path | None
    """The file that the report is written to."""

    @classmethod
    def of(cls, environment: Mapping[str, str]) -> Self:
        """Read the settings of an environment."""
        values = {
            name.removeprefix(PREFIX): value
            for name, value in environment.items()
            if name.startswith(PREFIX)
        }
        shortest, _, longest = values.get("LOST", "1-60").partition("-")
        return cls(
            restores=int(values.get("RESTORES", "0")),
            seed=values.get("SEED") or str(time.time_ns()),
            together=int(values.get("TOGETHER", "2")),
            round=int(values.get("ROUND", "0")),
            lost_s=(float(shortest), float(longest or shortest)),
            per_second=float(values.get("PER_SECOND", "20")),
            report=Path(values["REPORT"]) if "REPORT" in values else None,
        )


LONG_RUN = LongRun.of(os.environ)

long_run_only = pytest.mark.skipif(
    not LONG_RUN.restores, reason=f"takes minutes to hours: {PREFIX}RESTORES=1 (docs/local.md)"
)
"""Marks tests that run only in a long run."""


def rerun_command(file: str, environment: Mapping[str, str]) -> str:
    """Return the command that runs this again."""
    values = [f"{name}={value}" for name, value in environment.items() if name.startswith(PREFIX)]
    return " ".join([*sorted(values), "./kaitong", "test", "--only", file])
