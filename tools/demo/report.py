"""The output of the demonstration: progress while it runs, then the result."""

from collections.abc import Sequence
from typing import Any

from services.console.journey import JourneyEvent
from services.console.journey import print_journey as print_events
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
    PostOutcome.FAILED: "not delivered, and nothing is held",
    PostOutcome.REJECTED: "it cannot be delivered at that address",
    PostOutcome.REFUSED: "not accepted: 400, 409 or 422 with the reason",
    PostOutcome.REPEATED: "known already: the first answer was repeated",
}


HOLDING_WIDTHS = (7, 15, 14)
"""Column widths of the list of what an order holds."""


class ProgressBars:
    """Progress bars for loading, posting and ending."""

    def __init__(self, progress: Progress, posts: int, numbers: int) -> None:
        self._progress = progress
        self._loading = progress.add_task("Jiangsu: numbers loaded", total=numbers)
        self._posting = progress.add_task("orders posted", total=posts)
        self._ending = progress.add_task("orders ended", total=posts)

    def draw(self, run_state: RunState) -> None:
        """Show the current progress."""
        self._set(self._loading, run_state.numbers)
        self._set(self._posting, len(run_state.answers))
        ended = len(run_state.answers) - len(run_state.open_order_ids)
        self._set(self._ending, ended)

    def _set(self, task: TaskId, done: int) -> None:
        self._progress.update(task, completed=done)


def print_result(result: DemoResult) -> None:
    """Print the outcomes of all posts, the figures, and whether all invariants hold."""
    print_outcomes(result)
    for what, counts in (("actions", result.by_action), ("lines", result.by_line)):
        print_line(f"{what}: " + ", ".join(f"{name} {count}" for name, count in counts.items()))
    times = result.times
    print_line(
        f"first order completed {times.first_order_s:.1f} s after the start: "
        f"{times.engines_s:.1f} s until the engines were ready, "
        f"{times.ready_s - times.engines_s:.1f} s until the services were, "
        f"{times.loaded_s - times.ready_s:.1f} s to load the first city, "
        f"{times.first_order_s - times.loaded_s:.1f} s for the order; "
        f"{times.seconds:.1f} s until the last one ended; {result.pss_mb:.0f} MB in all"
    )
    print_invariants(result)
    for violation in result.violations:
        print_line(Styled(violation, "red"))


def print_outcomes(result: DemoResult) -> None:
    """Print the table of outcomes."""
    rows: list[Row] = []
    for outcome, posts in result.posts_by_outcome.items():
        took = result.took_ms.get(outcome)
        times = [f"{percentile(took, share):.0f}" for share in (0.5, 0.99)] if took else ["", ""]
        rows.append((outcome, str(len(posts)), *times, MEANINGS[outcome]))
    print_table(("state", "count", "p50 ms", "p99 ms", "meaning"), rows, right=(1, 2, 3))


def print_invariants(result: DemoResult) -> None:
    """Print the table of invariants."""
    posts = str(sum(map(len, result.posts_by_outcome.values())))
    first = ("every post has its expected outcome", posts, format_check_result(result.unexpected))
    rows = [
        (each.invariant, str(each.things_checked), format_check_result(each.faults))
        for each in result.findings
    ]
    print_table(("invariant", "checked", ""), [first, *rows], right=(1,))


def format_check_result(faults: Sequence[str]) -> Styled:
    """Return whether a check holds, or its number of faults."""
    return Styled(f"{len(faults)} faults", "red") if faults else Styled("holds", "green")


def print_order_journey(order: Any, held: Sequence[Any], journey: Sequence[JourneyEvent]) -> None:  # noqa: ANN401  JSON
    """Print one order's journey, and what it holds."""
    print_line("")
    print_line(Styled(f"the journey of order {order['id']} ({order['externalId']})", "bold"))
    print_events(journey)
    for each in held:
        attributes = " ".join(f"{name} {value}" for name, value in each["attributes"].items())
        print_row((each["kind"], each["value"], each["element"] or "", attributes), HOLDING_WIDTHS)


KEPT_RUNNING = (
    "It keeps running. See `kaitong status`, `kaitong order list`, `kaitong order show {order}`, "
    "`kaitong numbers search '*888'`. Stop and delete it: `kaitong down`."
)
ALL_REMOVED = (
    "Nothing is left running. Next: `kaitong demo --keep` to look around, `kaitong up` for a "
    "system of your own, docs/flows/demo.md for what was shown."
)


def print_next_steps(order: str, *, keep: bool) -> None:
    """Print the next commands to try."""
    print_line("")
    print_line((KEPT_RUNNING if keep else ALL_REMOVED).format(order=order))
