r"""The one place that the command line prints at: nothing that it shows is read as markup.

Texts from users and services are printed as they are. Characters that a terminal obeys or
hides (escapes, bells, C1 codes, line breaks, bidirectional overrides) are written out: `\x1b`.
On a terminal tables have aligned columns; in a pipe or a file they have a tab between columns.
No line is wrapped or cut at any width.
"""

import os
import sys
from collections.abc import Collection, Iterable, Iterator, Sequence
from contextlib import AbstractContextManager, contextmanager
from json import dumps
from typing import Any, NamedTuple, TypeAlias
from unicodedata import category

import rich.progress
from rich.cells import cell_len
from rich.console import Console
from rich.progress import (
    BarColumn,
    MofNCompleteColumn,
    ProgressColumn,
    SpinnerColumn,
    TextColumn,
    TimeElapsedColumn,
)
from rich.text import Text

Progress: TypeAlias = rich.progress.Progress
TaskId: TypeAlias = rich.progress.TaskID

CONTROL_CATEGORIES = frozenset({"Cc", "Cf", "Cs", "Zl", "Zp"})
"""Unicode's categories of characters that a terminal obeys, hides, or cannot be sent."""

GAP = "  "
"""Between two columns on a terminal."""

TAB = "\t"
"""Between two columns anywhere else."""

_out = Console(highlight=False, soft_wrap=True)
_err = Console(stderr=True, highlight=False, soft_wrap=True)


class Styled(NamedTuple):
    """A text with a style of rich's; plain where there is no terminal."""

    text: str
    style: str


Cell: TypeAlias = str | Styled
Row: TypeAlias = Sequence[Cell]


def printable(text: str) -> str:
    """Return a text of one line in which nothing is obeyed by a terminal, or hidden by it."""
    if text.isprintable():
        return text
    return "".join(
        each if category(each) not in CONTROL_CATEGORIES else escaped(each) for each in text
    )


def escaped(character: str) -> str:
    r"""Return how a character is written in Python: `\x1b`, `\u202e`."""
    return ascii(character)[1:-1]


def print_line(text: Cell) -> None:
    """Print one line on standard output."""
    _print(_out, [text])


def print_error(text: str) -> None:
    """Print one line on standard error."""
    _print(_err, [text])


def print_notice(text: str) -> None:
    """Print one line of the command's own on standard error, after the program's name."""
    print_error(f"kaitong: {text}")


def print_table(head: Sequence[str], rows: Iterable[Row], *, right: Collection[int] = ()) -> None:
    """Print a table on standard output.

    Args:
        head: the names of its columns.
        rows: each with as many cells.
        right: which columns are aligned at their right, by their place.
    """
    drawn = [[Styled(name, "bold") for name in head], *rows]
    widths = [max(cell_len(_plain(each)) for each in cells) for cells in zip(*drawn, strict=True)]
    for each in drawn:
        print_row(each, widths, right=right)


def print_row(cells: Row, widths: Sequence[int] = (), *, right: Collection[int] = ()) -> None:
    """Print one row of a table, on a terminal in columns of these widths, or wider."""
    _print(_out, cells, widths, right)


def print_json(value: Any) -> None:  # noqa: ANN401  any JSON document
    """Print a document on standard output; what `visible` writes out is escaped as JSON does."""
    written = dumps(value, ensure_ascii=False, indent=2)
    if not written.isprintable():
        written = "".join(_json_escaped(each) for each in written)
    _write(_out, written)


@contextmanager
def spinner(text: str) -> Iterator[None]:
    """Show on a terminal that something is under way, until the block ends."""
    if not _err.is_terminal:
        yield
        return
    with _err.status(Text(printable(text))):
        yield


def progress_bars() -> AbstractContextManager[Progress]:
    """Return bars that count on a terminal; elsewhere nothing is shown."""
    return _progress(
        SpinnerColumn(finished_text=Text("done", "green")),
        TextColumn("{task.description}", markup=False),
        BarColumn(bar_width=20),
        MofNCompleteColumn(),
        TimeElapsedColumn(),
    )


def progress_line() -> AbstractContextManager[Progress]:
    """Return a line that says on a terminal what is under way, and for how long."""
    words = TextColumn("{task.description}", markup=False)
    return _progress(SpinnerColumn(), words, TimeElapsedColumn(), transient=True)


def _progress(*columns: ProgressColumn, transient: bool = False) -> Progress:
    return rich.progress.Progress(
        *columns, console=_err, transient=transient, disable=not _err.is_terminal
    )


def _print(
    to: Console, cells: Row, widths: Sequence[int] = (), right: Collection[int] = ()
) -> None:
    if not to.is_terminal:
        _write(to, TAB.join(map(_plain, cells)))
        return
    line = Text()
    for place, cell in enumerate(cells):
        text = _plain(cell)
        width = widths[place] if place < len(widths) else 0
        missing = " " * (width - cell_len(text))
        line.append(GAP if place else "")
        line.append(missing if place in right else "")
        line.append(text, cell.style if isinstance(cell, Styled) else "")
        line.append("" if place in right else missing)
    line.rstrip()
    to.print(line)


def _write(to: Console, line: str) -> None:
    """Write a line as it is: rich would expand its tabs."""
    to.file.write(f"{line}\n")


def _plain(cell: Cell) -> str:
    return printable(cell.text if isinstance(cell, Styled) else cell)


def _json_escaped(character: str) -> str:
    if character == "\n" or category(character) not in CONTROL_CATEGORIES:
        return character
    return dumps(character)[1:-1]


def set_up_streams() -> None:
    """Print each line at once, also to a pipe or a file, and never fail for an encoding.

    What the terminal's encoding lacks is printed in Python's spelling.
    """
    for stream in (sys.stdout, sys.stderr):
        if reconfigure := getattr(stream, "reconfigure", None):
            reconfigure(errors="backslashreplace", line_buffering=True)


def flush() -> None:
    """See that everything is printed; a reader that has gone (`| head`) is no failure."""
    try:
        sys.stdout.flush()
    except BrokenPipeError:
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
