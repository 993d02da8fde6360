"""The report of a long run of restores of databases or clusters, extended after each of them."""

import os
import platform
import subprocess
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from statistics import median
from typing import ClassVar

import psutil

from deploy.local.home import CHECKOUT
from tests.chaos.database_restore import count
from tests.chaos.long_run import LongRun, rerun_command
from tests.chaos.recovery_control import count_by_invariant
from tests.chaos.round_results import RestoreResult, RoundResult
from tests.flows.site import Site

HEADER = (
    "round | at (UTC) | service | seconds drawn | seconds lost | orders accepted in that time "
    "| a second | taken over | read once more | dead letters | killed after s | recovery s "
    "| result"
)
MAX_FAULTS_SHOWN = 5
ENOUGH = 0.95
"""The share of the requested rate that counts as reached."""

DEAD_LETTERS_OF_RESTORE = "SELECT count(*) FROM parked WHERE why = 'restored'"


@dataclass
class RestoreReport:
    """The results of restores, written to a file one by one, if one is set."""

    long_run: LongRun
    title: str
    file: str
    """The test file."""

    restored: list[tuple[RoundResult, RestoreResult]] = field(default_factory=list)
    begun: ClassVar[set[Path]] = set()
    """Files in which this run has begun a report: a second one is appended."""

    def __post_init__(self) -> None:
        columns = HEADER.count("|") + 1
        facts = run_conditions(self.long_run, self.file)
        lines = (f"# {self.title}", "", *facts, "", f"| {HEADER} |", "|---" * columns)
        self._write("\n".join(lines) + "|\n", "a" if self.long_run.report in self.begun else "w")
        if self.long_run.report:
            self.begun.add(self.long_run.report)

    def add(self, site: Site, name: str, outcome: RoundResult) -> list[str]:
        """Write one round; return its lines."""
        result = (
            "; ".join(outcome.faults[:MAX_FAULTS_SHOWN]).replace("|", "/") or "all invariants hold"
        )
        lines = []
        for each in outcome.restored:
            dead_letters = count(site, each.restore.service, DEAD_LETTERS_OF_RESTORE)
            self.restored.append((outcome, each))
            lines.append(f"| {name} | {table_cells(outcome, each, dead_letters)} | {result} |")
        self._write("\n".join(lines) + "\n")
        return lines

    def close(self, control: Sequence[str] = ()) -> list[str]:
        """Write the totals and the verdict; return them.

        Args:
            control: violations after restores without the recovery, if there were any.
        """
        lines = [*self._totals(), "", *self._verdict()]
        lines += control_lines(control) if control else ()
        self._write("\n" + "\n".join(lines) + "\n")
        return lines

    def _totals(self) -> Iterator[str]:
        outcomes = {id(outcome): outcome for outcome, _ in self.restored}.values()
        took = [each.recovery_s for _, each in self.restored if each.recovery_s is not None]
        orders = sum(len(each.traffic.posted) for each in outcomes)
        lost = sum(outcome.orders_in(each) for outcome, each in self.restored)
        taken = sum(each.recovery["taken_over"] for _, each in self.restored if each.recovery)
        yield f"- {orders} orders posted; {lost} accepted in lost times, by restore"
        yield from self._rate()
        yield f"- {taken} messages taken over"
        yield f"- {len(self.restored) - len(took)} restores after which a service detected no loss"
        if took:
            yield f"- recovery: median {median(took):.1f} s, longest {max(took):.1f} s"
        yield f"- ended {datetime.now(UTC):%Y-%m-%d %H:%M} UTC"

    def _rate(self) -> Iterator[str]:
        """Yield how many orders a second were asked for, posted and accepted."""
        requested, rates = (
            self.long_run.per_second,
            [one.rate_in(each) for one, each in self.restored],
        )
        if not rates:
            return
        late_s = max(outcome.late_s for outcome, _ in self.restored)
        yield (
            f"- {requested:g} orders/s asked for, each posted {late_s:.1f} s late at most; "
            f"accepted in lost times: median {median(rates):.1f}/s, least {min(rates):.1f}/s"
        )
        if few := sum(rate < ENOUGH * requested for rate in rates):
            busy = median(
                share for outcome, _ in self.restored for share in outcome.traffic.cpu_percent
            )
            yield (
                f"- **the rate asked for was not reached** in {few} of {len(rates)} lost times: "
                "what is posted while the order service recovers is accepted later, and the "
                f"machine was busy to {busy:.0f} % (median)"
            )

    def _verdict(self) -> Iterator[str]:
        whole = sum(not outcome.faults for outcome, _ in self.restored)
        yield f"**Verdict: all invariants hold after {whole} of {len(self.restored)} restores.**"

    def _write(self, text: str, mode: str = "a") -> None:
        if self.long_run.report:
            self.long_run.report.parent.mkdir(parents=True, exist_ok=True)
            with self.long_run.report.open(mode) as file:
                file.write(text)


def control_lines(control: Sequence[str]) -> Iterator[str]:
    """Yield the violations after restores without the recovery."""
    yield ""
    yield (
        f"Negative control, four databases restored without the recovery: {len(control)} faults, "
        "unfinished orders included, because such a system does not come to rest."
    )
    yield ""
    yield from (f"- {name}: {faults}" for name, faults in count_by_invariant(control).most_common())


def table_cells(outcome: RoundResult, each: RestoreResult, dead_letters: int) -> str:
    """Return the table cells of one restore, separated by bars."""
    recovery = each.recovery or {"taken_over": 0, "replayed": 0}
    killed = each.restore.killed_s
    values = (
        f"{datetime.fromtimestamp(each.lost_at, UTC):%H:%M:%S}",
        each.restore.service,
        f"{each.restore.lost_s:.1f}",
        f"{each.lost_s:.1f}",
        outcome.orders_in(each),
        f"{outcome.rate_in(each):.1f}",
        recovery["taken_over"],
        recovery["replayed"],
        dead_letters,
        "" if killed is None else f"{killed:.1f}",
        "none began" if each.recovery_s is None else f"{each.recovery_s:.1f}",
    )
    return " | ".join(map(str, values))


def run_conditions(long_run: LongRun, file: str) -> list[str]:
    """Return the command, version, machine and start of the run."""
    memory = psutil.virtual_memory().total / 2**30
    return [
        f"- command: `{rerun_command(file, os.environ)}`",
        f"- seed: {long_run.seed}",
        f"- version: {version()}, Python {platform.python_version()}",
        f"- machine: {os.cpu_count()} cores, {memory:.0f} GB, {platform.platform()}",
        f"- load of the machine in the 15 minutes before: {os.getloadavg()[2]:.1f}",
        f"- begun {datetime.now(UTC):%Y-%m-%d %H:%M} UTC",
    ]


def version() -> str:
    """Return which commit this is, and whether files differ from it; else why git cannot say."""
    result = subprocess.run(
        ["git", "describe", "--always", "--abbrev=12", "--dirty"],  # noqa: S607
        cwd=CHECKOUT,
        capture_output=True,
        text=True,
        check=False,
    )
    return result.stdout.strip() or f"unknown ({result.stderr.strip()})"
