"""The control of the restores: without the recovery, what they are checked by finds the damage."""

from pathlib import Path

from tests.chaos.control import BROKEN, tally, what_breaks

PER_SECOND = 5.0
"""The control needs ten orders in each lost time, and checks faster with fewer orders in all."""


def test_without_the_recovery_a_restore_breaks_what_it_must_not(folder: Path) -> None:
    faults = what_breaks(folder / "unrecovered", PER_SECOND)

    assert tally(faults).keys() >= set(BROKEN)
