"""What the demonstration shows: progress while it runs, and then what came of it."""

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from typing import Any

from rich.progress import (
    BarColumn,
    MofNCompleteColumn,
    Progress,
    SpinnerColumn,
    TaskID,
    TextColumn,
    TimeElapsedColumn,
)
from rich.table import Table

from services.console.bench.figures import percentile
from services.console.demo.ledger import Ledger
from services.console.demo.outcome import Outcome
from services.console.demo.stories import End
from services.console.exits import stderr, stdout
from services.console.journey import Moment, timeline

MEANINGS = {
    End.COMPLETED: "the customer has what was ordered",
    End.FAILED: "nothing could be had, and nothing is held",
    End.REJECTED: "it can never be had at that address",
    End.REFUSED: "not accepted: 400, 409 or 422 with the reason",
    End.REPEATED: "known already: the first answer again",
}


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

    def _set(self, task: TaskID, done: int) -> None:
        self._progress.update(task, completed=done)


@contextmanager
def progress() -> Iterator[Progress]:
    """Show progress until the block ends."""
    columns = (
        SpinnerColumn(finished_text="[green]done[/]"),
        TextColumn("{task.description}"),
        BarColumn(bar_width=20),
        MofNCompleteColumn(),
        TimeElapsedColumn(),
    )
    with Progress(*columns, console=stderr) as shown:
        yield shown


def draw(outcome: Outcome) -> None:
    """Draw what came of all posts, and whether all invariants hold."""
    stdout.print(ends(outcome))
    times = outcome.times
    stdout.print(
        f"first order completed {times.first_order_s:.1f} s after the start: "
        f"{times.ready_s:.1f} s until engines and services were there, "
        f"{times.loaded_s - times.ready_s:.1f} s to load the first city, "
        f"{times.first_order_s - times.loaded_s:.1f} s for the order; "
        f"{times.seconds:.1f} s until the last one ended; {outcome.pss_mb:.0f} MB in all",
        soft_wrap=True,
    )
    stdout.print(invariants(outcome))
    for wrong in outcome.violations:
        stdout.print(f"[red]{wrong}[/]")


def ends(outcome: Outcome) -> Table:
    """Return the table of what became of the posts."""
    table = Table(*("state", "count", "p50 ms", "p99 ms", "meaning"), box=None, pad_edge=False)
    for column in table.columns[1:4]:
        column.justify = "right"
    for end, posts in outcome.ends.items():
        took = outcome.took_ms.get(end)
        times = [f"{percentile(took, share):.0f}" for share in (0.5, 0.99)] if took else ["", ""]
        table.add_row(end, str(len(posts)), *times, MEANINGS[end])
    return table


def invariants(outcome: Outcome) -> Table:
    """Return the table of what was checked."""
    table = Table("what must be true", "looked at", "", box=None, pad_edge=False)
    table.columns[1].justify = "right"
    table.add_row(
        "every post came to its expected end",
        str(sum(map(len, outcome.ends.values()))),
        verdict(outcome.surprises),
    )
    for each in outcome.findings:
        table.add_row(each.invariant, str(each.looked_at), verdict(each.faults))
    return table


def verdict(faults: Sequence[str]) -> str:
    """Return how something is that was looked at."""
    return f"[red]{len(faults)} faults[/]" if faults else "[green]holds[/]"


def draw_journey(order: Any, held: Sequence[Any], journey: Sequence[Moment]) -> None:  # noqa: ANN401  JSON
    """Draw one order's way, and what it was given."""
    stdout.print(f"\n[bold]the journey of order {order['id']}[/] ({order['externalId']})")
    stdout.print(timeline(journey))
    for each in held:
        attributes = " ".join(f"{name} {value}" for name, value in each["attributes"].items())
        line = f"  {each['kind']:<7}{each['value']} {each['element']} {attributes}"
        stdout.print(line.rstrip(), markup=False)


KEPT = """
It runs on. Look: `kaitong status`, `kaitong order list`, `kaitong order show {order}`,
`kaitong numbers search '*8888'`. Stop, and delete it: `kaitong down`."""
GONE = """
Nothing is left running. Next: `kaitong demo --keep` to look around, `kaitong up` for a system
of your own, docs/flows/demo.md for what was shown."""


def where_next(order: str, *, keep: bool) -> None:
    """Say where to look next."""
    text = (KEPT if keep else GONE).format(order=order)
    stdout.print(text, markup=False, soft_wrap=True)
