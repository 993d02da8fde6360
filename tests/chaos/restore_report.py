"""The report of a long run of restores: it grows by a line with each of them."""

import os
import platform
import subprocess
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from statistics import median

import psutil

from deploy.local.home import CHECKOUT
from tests.chaos.asked import Asked, command
from tests.chaos.control import tally
from tests.chaos.restoring import count
from tests.chaos.rounds import Outcome, Restored
from tests.flows.site import Site

FILE = "tests/chaos/test_restores.py"
HEADER = (
    "round | at (UTC) | service | seconds lost | orders in that time | taken over | read once more "
    "| left to people | killed after s | recovery s | result"
)
SHOWN_FAULTS = 5
LEFT_TO_PEOPLE = "SELECT count(*) FROM parked WHERE why = 'restored'"


@dataclass
class Report:
    """What came of restores, written to a file as it comes, if one is asked for."""

    asked: Asked
    restored: list[tuple[Outcome, Restored]] = field(default_factory=list)

    def __post_init__(self) -> None:
        columns = HEADER.count("|") + 1
        title = f"# Restores under {self.asked.per_second:g} orders/s"
        lines = (title, "", *circumstances(self.asked), "", f"| {HEADER} |", "|---" * columns)
        self._write("\n".join(lines) + "|\n", "w")

    def add(self, site: Site, number: int, outcome: Outcome) -> list[str]:
        """Write one round down; return its lines."""
        result = "; ".join(outcome.faults[:SHOWN_FAULTS]).replace("|", "/") or "all invariants hold"
        lines = []
        for each in outcome.restored:
            people = count(site, each.restore.service, LEFT_TO_PEOPLE)
            self.restored.append((outcome, each))
            lines.append(f"| {number} | {cells(outcome, each, people)} | {result} |")
        self._write("\n".join(lines) + "\n")
        return lines

    def close(self, control: Sequence[str]) -> list[str]:
        """Write the totals and the verdict; return them.

        Args:
            control: what was wrong after restores without the recovery.
        """
        lines = [*self._totals(), "", *self._verdict(control)]
        self._write("\n" + "\n".join(lines) + "\n")
        return lines

    def _totals(self) -> Iterator[str]:
        outcomes = {id(outcome): outcome for outcome, _ in self.restored}.values()
        took = [each.recovery_s for _, each in self.restored if each.recovery_s is not None]
        orders = sum(len(each.traffic.posted) for each in outcomes)
        lost = sum(outcome.orders_in(each) for outcome, each in self.restored)
        taken = sum(each.recovery["taken_over"] for _, each in self.restored if each.recovery)
        yield f"- {orders} orders posted; {lost} accepted in lost times, by restore"
        yield f"- {taken} messages taken over"
        yield f"- {len(self.restored) - len(took)} restores after which a service saw nothing lost"
        if took:
            yield f"- recovery: median {median(took):.1f} s, longest {max(took):.1f} s"
        yield f"- ended {datetime.now(UTC):%Y-%m-%d %H:%M} UTC"

    def _verdict(self, control: Sequence[str]) -> Iterator[str]:
        whole = sum(not outcome.faults for outcome, _ in self.restored)
        yield f"**Verdict: all invariants hold after {whole} of {len(self.restored)} restores.**"
        yield ""
        yield (
            f"The control, two restores without the recovery: {len(control)} faults. What is under "
            "way is among them, because such a system does not come to rest."
        )
        yield ""
        yield from (f"- {name}: {faults}" for name, faults in tally(control).most_common())

    def _write(self, text: str, mode: str = "a") -> None:
        if self.asked.report:
            self.asked.report.parent.mkdir(parents=True, exist_ok=True)
            with self.asked.report.open(mode) as file:
                file.write(text)


def cells(outcome: Outcome, each: Restored, people: int) -> str:
    """Return what is told of one restore, between bars."""
    recovery = each.recovery or {"taken_over": 0, "replayed": 0}
    killed = each.restore.killed_s
    values = (
        f"{datetime.fromtimestamp(each.lost_at, UTC):%H:%M:%S}",
        each.restore.service,
        f"{each.lost_s:.1f}",
        outcome.orders_in(each),
        recovery["taken_over"],
        recovery["replayed"],
        people,
        "" if killed is None else f"{killed:.1f}",
        "none began" if each.recovery_s is None else f"{each.recovery_s:.1f}",
    )
    return " | ".join(map(str, values))


def circumstances(asked: Asked) -> list[str]:
    """Return by what command, of which version and where the run is made."""
    memory = psutil.virtual_memory().total / 2**30
    return [
        f"- command: `{command(FILE, os.environ)}`",
        f"- seed: {asked.seed}",
        f"- version: {version()}, Python {platform.python_version()}",
        f"- machine: {os.cpu_count()} cores, {memory:.0f} GB, {platform.platform()}",
        f"- load of the machine in the 15 minutes before: {os.getloadavg()[2]:.1f}",
        f"- begun {datetime.now(UTC):%Y-%m-%d %H:%M} UTC",
    ]


def version() -> str:
    """Return which commit this is, and whether files differ from it; else why git cannot say."""
    said = subprocess.run(
        ["git", "describe", "--always", "--abbrev=12", "--dirty"],  # noqa: S607
        cwd=CHECKOUT,
        capture_output=True,
        text=True,
        check=False,
    )
    return said.stdout.strip() or f"unknown ({said.stderr.strip()})"
