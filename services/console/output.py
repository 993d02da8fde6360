r"""All output of the command line; nothing that is printed is interpreted as markup.

Texts from users and services are printed as they are. Characters that a terminal interprets or
hides (escapes, bells, C1 codes, line breaks, bidirectional overrides) are escaped: `\x1b`.
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
"""Unicode categories of characters that a terminal interprets or hides, or cannot be sent."""

GAP = "  "
"""Between two columns on a terminal."""

TAB = "\t"
"""Between two columns anywhere else."""

_out = Console(highlight=False, soft_wrap=True)
_err = Console(stderr=True, highlight=False, soft_wrap=True)


class Styled(NamedTuple):
    """A text with a style of rich; plain if the output is no terminal."""

    text: str
    style: str


Cell: TypeAlias = str | Styled
Row: TypeAlias = Sequence[Cell]


def printable(text: str) -> str:
    """Return a text as one line, its control and invisible characters escaped."""
    if text.isprintable():
        return text
    return "".join(
        each if category(each) not in CONTROL_CATEGORIES else escaped(each) for each in text
    )


def escaped(character: str) -> str:
    r"""Return a character as Python escapes it: `\x1b`, `\u202e`."""
    return ascii(character)[1:-1]


def print_line(text: Cell) -> None:
    """Print one line on standard output."""
    _print(_out, [text])


def print_to_stderr(text: str) -> None:
    """Print one line on standard error."""
    _print(_err, [text])


def print_command_message(text: str) -> None:
    """Print a message of the command on standard error, after the program's name."""
    print_to_stderr(f"kaitong: {text}")


def print_table(head: Sequence[str], rows: Iterable[Row], *, right: Collection[int] = ()) -> None:
    """Print a table on standard output.

    Args:
        head: the names of the columns.
        rows: each with as many cells as `head`.
        right: the indexes of right-aligned columns.
    """
    drawn = [[Styled(name, "bold") for name in head], *rows]
    widths = [max(cell_len(_plain(each)) for each in cells) for cells in zip(*drawn, strict=True)]
    for each in drawn:
        print_row(each, widths, right=right)


def print_row(cells: Row, widths: Sequence[int] = (), *, right: Collection[int] = ()) -> None:
    """Print one row; on a terminal each column has at least its width in `widths`."""
    _print(_out, cells, widths, right)


def print_json(value: Any) -> None:  # noqa: ANN401  any JSON document
    """Print a document on standard output; control characters are escaped as JSON does."""
    written = dumps(value, ensure_ascii=False, indent=2)
    if not written.isprintable():
        written = "".join(_escape_if_control(each) for each in written)
    _write(_out, written)


@contextmanager
def spinner(text: str) -> Iterator[None]:
    """Show a spinner on a terminal until the block ends."""
    if not _err.is_terminal:
        yield
        return
    with _err.status(Text(printable(text))):
        yield


def progress_bars() -> AbstractContextManager[Progress]:
    """Return progress bars with counts; they are shown on a terminal only."""
    return _progress(
        SpinnerColumn(finished_text=Text("done", "green")),
        TextColumn("{task.description}", markup=False),
        BarColumn(bar_width=20),
        MofNCompleteColumn(),
        TimeElapsedColumn(),
    )


def progress_line() -> AbstractContextManager[Progress]:
    """Return a line with the current task and its duration; it is shown on a terminal only."""
    description = TextColumn("{task.description}", markup=False)
    return _progress(SpinnerColumn(), description, TimeElapsedColumn(), transient=True)


def _progress(*columns: ProgressColumn, transient: bool = False) -> Progress:
    return rich.progress.Progress(
        *columns, console=_err, transient=transient, disable=not _err.is_terminal
    )


def _print(
    console: Console, cells: Row, widths: Sequence[int] = (), right: Collection[int] = ()
) -> None:
    if not console.is_terminal:
        _write(console, TAB.join(map(_plain, cells)))
        return
    line = Text()
    for column, cell in enumerate(cells):
        text = _plain(cell)
        width = widths[column] if column < len(widths) else 0
        padding = " " * (width - cell_len(text))
        line.append(GAP if column else "")
        line.append(padding if column in right else "")
        line.append(text, cell.style if isinstance(cell, Styled) else "")
        line.append("" if column in right else padding)
    line.rstrip()
    console.print(line)


def _write(console: Console, line: str) -> None:
    """Write a line without rich, which would expand its tabs."""
    console.file.write(f"{line}\n")


def _plain(cell: Cell) -> str:
    return printable(cell.text if isinstance(cell, Styled) else cell)


def _escape_if_control(character: str) -> str:
    if character == "\n" or category(character) not in CONTROL_CATEGORIES:
        return character
    return dumps(character)[1:-1]


def set_up_streams() -> None:
    """Flush each line at once, also to a pipe or a file; never fail because of the encoding.

    Characters that the terminal's encoding lacks are printed as Python escapes.
    """
    for stream in (sys.stdout, sys.stderr):
        if reconfigure := getattr(stream, "reconfigure", None):
            reconfigure(errors="backslashreplace", line_buffering=True)


def flush() -> None:
    """Flush standard output; a closed pipe (`| head`) is no failure."""
    try:
        sys.stdout.flush()
    except BrokenPipeError:
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
