"""The control of the restores: without the recovery, what they are checked by finds the damage.

It takes a system of its own and a minute of CPU, and is run with the long restores.
"""

from pathlib import Path

from tests.chaos.asked import long
from tests.chaos.control import BROKEN, tally, what_breaks

PER_SECOND = 5.0
"""The control needs ten orders in each lost time, and checks faster with fewer orders in all."""


@long
def test_without_the_recovery_a_restore_breaks_what_it_must_not(folder: Path) -> None:
    faults = what_breaks(folder / "unrecovered", PER_SECOND)

    assert tally(faults).keys() >= set(BROKEN)
