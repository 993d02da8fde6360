"""What the demonstration shows: progress while it runs, and then what came of it."""

from collections.abc import Sequence
from typing import Any

from services.console.journey import JourneyEvent
from services.console.journey import print_journey as draw_moments
from services.console.output import (
    Progress,
    Row,
    Styled,
    TaskId,
    print_line,
    print_row,
    print_table,
)
from tools.bench.figures import percentile
from tools.demo.demo_result import DemoResult
from tools.demo.run_state import RunState
from tools.demo.scenarios import PostOutcome

MEANINGS = {
    PostOutcome.COMPLETED: "the customer has what was ordered",
    PostOutcome.FAILED: "nothing could be had, and nothing is held",
    PostOutcome.REJECTED: "it can never be had at that address",
    PostOutcome.REFUSED: "not accepted: 400, 409 or 422 with the reason",
    PostOutcome.REPEATED: "known already: the first answer again",
}


HOLDING_WIDTHS = (7, 15, 14)
"""Widths of the columns that say what an order was given."""


class ProgressBars:
    """Bars for what is under way."""

    def __init__(self, progress: Progress, posts: int, numbers: int) -> None:
        self._progress = progress
        self._loading = progress.add_task("Jiangsu: numbers loaded", total=numbers)
        self._posting = progress.add_task("orders posted", total=posts)
        self._ending = progress.add_task("orders ended", total=posts)

    def draw(self, run_state: RunState) -> None:
        """Show what has happened so far."""
        self._set(self._loading, run_state.numbers)
        self._set(self._posting, len(run_state.answers))
        settled = len(run_state.answers) - len(run_state.open)
        self._set(self._ending, settled)

    def _set(self, task: TaskId, done: int) -> None:
        self._progress.update(task, completed=done)


def print_result(outcome: DemoResult) -> None:
    """Print what came of all posts, and whether all invariants hold."""
    print_outcomes(outcome)
    times = outcome.times
    print_line(
        f"first order completed {times.first_order_s:.1f} s after the start: "
        f"{times.ready_s:.1f} s until engines and services were there, "
        f"{times.loaded_s - times.ready_s:.1f} s to load the first city, "
        f"{times.first_order_s - times.loaded_s:.1f} s for the order; "
        f"{times.seconds:.1f} s until the last one ended; {outcome.pss_mb:.0f} MB in all"
    )
    print_invariants(outcome)
    for wrong in outcome.violations:
        print_line(Styled(wrong, "red"))


def print_outcomes(outcome: DemoResult) -> None:
    """Print the table of what became of the posts."""
    rows: list[Row] = []
    for end, posts in outcome.posts_by_outcome.items():
        took = outcome.took_ms.get(end)
        times = [f"{percentile(took, share):.0f}" for share in (0.5, 0.99)] if took else ["", ""]
        rows.append((end, str(len(posts)), *times, MEANINGS[end]))
    print_table(("state", "count", "p50 ms", "p99 ms", "meaning"), rows, right=(1, 2, 3))


def print_invariants(outcome: DemoResult) -> None:
    """Print the table of what was checked."""
    posts = str(sum(map(len, outcome.posts_by_outcome.values())))
    first = ("every post came to its expected end", posts, verdict(outcome.unexpected))
    rows = [
        (each.invariant, str(each.things_checked), verdict(each.faults))
        for each in outcome.findings
    ]
    print_table(("what must be true", "looked at", ""), [first, *rows], right=(1,))


def verdict(faults: Sequence[str]) -> Styled:
    """Return how something is that was looked at."""
    return Styled(f"{len(faults)} faults", "red") if faults else Styled("holds", "green")


def print_order_journey(order: Any, held: Sequence[Any], journey: Sequence[JourneyEvent]) -> None:  # noqa: ANN401  JSON
    """Print one order's way, and what it was given."""
    print_line("")
    print_line(Styled(f"the journey of order {order['id']} ({order['externalId']})", "bold"))
    draw_moments(journey)
    for each in held:
        attributes = " ".join(f"{name} {value}" for name, value in each["attributes"].items())
        print_row((each["kind"], each["value"], each["element"] or "", attributes), HOLDING_WIDTHS)


KEPT_RUNNING = (
    "It runs on. Look: `kaitong status`, `kaitong order list`, `kaitong order show {order}`, "
    "`kaitong numbers search '*888'`. Stop, and delete it: `kaitong down`."
)
ALL_REMOVED = (
    "Nothing is left running. Next: `kaitong demo --keep` to look around, `kaitong up` for a "
    "system of your own, docs/flows/demo.md for what was shown."
)


def print_next_steps(order: str, *, keep: bool) -> None:
    """Say where to look next."""
    print_line("")
    print_line((KEPT_RUNNING if keep else ALL_REMOVED).format(order=order))
