"""Negative control of the restores: without the recovery, the invariants find the damage.

It takes a system of its own and a minute of CPU, and is run with the long restores.
"""

from pathlib import Path

from tests.chaos.long_run import long_run_only
from tests.chaos.recovery_control import (
    EXPECTED_VIOLATIONS,
    count_by_invariant,
    violations_without_recovery,
)

PER_SECOND = 5.0
"""The control needs ten orders in each lost time, and checks faster with fewer orders in all."""


@long_run_only
def test_without_the_recovery_a_restore_breaks_what_it_must_not(folder: Path) -> None:
    faults = violations_without_recovery(folder / "unrecovered", PER_SECOND)

    assert count_by_invariant(faults).keys() >= set(EXPECTED_VIOLATIONS)
