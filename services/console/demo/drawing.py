"""What the demonstration shows: progress while it runs, and then what came of it."""

from collections.abc import Sequence
from typing import Any

from services.console.bench.figures import percentile
from services.console.demo.ledger import Ledger
from services.console.demo.outcome import Outcome
from services.console.demo.stories import End
from services.console.journey import Moment
from services.console.journey import draw as draw_moments
from services.console.output import Progress, Row, Styled, TaskId, row, say, table

MEANINGS = {
    End.COMPLETED: "the customer has what was ordered",
    End.FAILED: "nothing could be had, and nothing is held",
    End.REJECTED: "it can never be had at that address",
    End.REFUSED: "not accepted: 400, 409 or 422 with the reason",
    End.REPEATED: "known already: the first answer again",
}


HELD = (7, 15, 14)
"""Widths of the columns that say what an order was given."""


class Board:
    """Bars for what is under way."""

    def __init__(self, progress: Progress, posts: int, numbers: int) -> None:
        self._progress = progress
        self._loading = progress.add_task("Jiangsu: numbers loaded", total=numbers)
        self._posting = progress.add_task("orders posted", total=posts)
        self._ending = progress.add_task("orders ended", total=posts)

    def draw(self, ledger: Ledger) -> None:
        """Show what has happened so far."""
        self._set(self._loading, ledger.numbers)
        self._set(self._posting, len(ledger.answers))
        settled = len(ledger.answers) - len(ledger.open)
        self._set(self._ending, settled)

    def _set(self, task: TaskId, done: int) -> None:
        self._progress.update(task, completed=done)


def draw(outcome: Outcome) -> None:
    """Print what came of all posts, and whether all invariants hold."""
    draw_ends(outcome)
    times = outcome.times
    say(
        f"first order completed {times.first_order_s:.1f} s after the start: "
        f"{times.ready_s:.1f} s until engines and services were there, "
        f"{times.loaded_s - times.ready_s:.1f} s to load the first city, "
        f"{times.first_order_s - times.loaded_s:.1f} s for the order; "
        f"{times.seconds:.1f} s until the last one ended; {outcome.pss_mb:.0f} MB in all"
    )
    draw_invariants(outcome)
    for wrong in outcome.violations:
        say(Styled(wrong, "red"))


def draw_ends(outcome: Outcome) -> None:
    """Print the table of what became of the posts."""
    rows: list[Row] = []
    for end, posts in outcome.ends.items():
        took = outcome.took_ms.get(end)
        times = [f"{percentile(took, share):.0f}" for share in (0.5, 0.99)] if took else ["", ""]
        rows.append((end, str(len(posts)), *times, MEANINGS[end]))
    table(("state", "count", "p50 ms", "p99 ms", "meaning"), rows, right=(1, 2, 3))


def draw_invariants(outcome: Outcome) -> None:
    """Print the table of what was checked."""
    posts = str(sum(map(len, outcome.ends.values())))
    first = ("every post came to its expected end", posts, verdict(outcome.surprises))
    rows = [
        (each.invariant, str(each.looked_at), verdict(each.faults)) for each in outcome.findings
    ]
    table(("what must be true", "looked at", ""), [first, *rows], right=(1,))


def verdict(faults: Sequence[str]) -> Styled:
    """Return how something is that was looked at."""
    return Styled(f"{len(faults)} faults", "red") if faults else Styled("holds", "green")


def draw_journey(order: Any, held: Sequence[Any], journey: Sequence[Moment]) -> None:  # noqa: ANN401  JSON
    """Print one order's way, and what it was given."""
    say("")
    say(Styled(f"the journey of order {order['id']} ({order['externalId']})", "bold"))
    draw_moments(journey)
    for each in held:
        attributes = " ".join(f"{name} {value}" for name, value in each["attributes"].items())
        row((each["kind"], each["value"], each["element"] or "", attributes), HELD)


KEPT = (
    "It runs on. Look: `kaitong status`, `kaitong order list`, `kaitong order show {order}`, "
    "`kaitong numbers search '*888'`. Stop, and delete it: `kaitong down`."
)
GONE = (
    "Nothing is left running. Next: `kaitong demo --keep` to look around, `kaitong up` for a "
    "system of your own, docs/flows/demo.md for what was shown."
)


def where_next(order: str, *, keep: bool) -> None:
    """Say where to look next."""
    say("")
    say((KEPT if keep else GONE).format(order=order))
