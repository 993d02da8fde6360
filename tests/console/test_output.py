r"""All output goes through one module: text is escaped, never cut, and controls no terminal."""

import ast
import json
from itertools import product
from pathlib import Path
from unicodedata import category

import pytest
from rich.console import Console

from services.console import output
from services.console.output import print_json, print_line, print_table, printable

CONSOLE = Path("services/console")
PRINTING = {"print", "breakpoint", "input"}
STREAMS = {"stdout", "stderr", "__stdout__", "__stderr__"}
TYPER_PRINTS = {"echo", "secho", "echo_via_pager", "launch"}

HOSTILE = [
    pytest.param("\x1b[31mred", r"\x1b[31mred", id="escape"),
    pytest.param("ring\a", r"ring\x07", id="bell"),
    pytest.param("\x9b2J", r"\x9b2J", id="C1"),
    pytest.param("\x7f", r"\x7f", id="delete"),
    pytest.param("a\nb\tc\rd", r"a\nb\tc\rd", id="breaks"),
    pytest.param("\u202egnp.exe\u2066", r"\u202egnp.exe\u2066", id="bidi"),
    pytest.param("\u2028\u2029", r"\u2028\u2029", id="separators"),
    pytest.param("\U000e0041", r"\U000e0041", id="tags"),
    pytest.param("\udcff", r"\udcff", id="half-of-a-character"),
    pytest.param("[/][bold]x", "[/][bold]x", id="markup"),
    pytest.param("江苏\u3000南京 é :smile:", "江苏\u3000南京 é :smile:", id="usual"),
]


@pytest.mark.parametrize(("text", "shown"), HOSTILE)
def test_a_text_is_shown_as_it_is_and_no_terminal_obeys_it(
    text: str, shown: str, capsys: pytest.CaptureFixture[str]
) -> None:
    print_line(text)
    print_table(("head",), [(text,)])

    assert printable(text) == shown
    assert capsys.readouterr().out.splitlines() == [shown, "head", shown]


@pytest.mark.parametrize(("text", "shown"), HOSTILE)
def test_a_document_says_the_same_and_no_terminal_obeys_it(
    text: str, shown: str, capsys: pytest.CaptureFixture[str]
) -> None:
    print_json({"text": text})

    printed = capsys.readouterr().out
    assert json.loads(printed) == {"text": text}
    assert {each for each in printed if category(each)[0] == "C"} <= {"\n"}
    assert (shown == text) == (text in printed)


def test_a_table_in_a_pipe_has_tabs_between_its_columns_and_cuts_nothing(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("COLUMNS", "20")

    print_table(("id", "state"), [("x" * 50, "held"), ("y", "")])

    assert capsys.readouterr().out == f"id\tstate\n{'x' * 50}\theld\ny\t\n"


def test_a_table_on_a_terminal_is_aligned_and_cuts_nothing(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(
        output,
        "_out",
        Console(force_terminal=True, width=20, soft_wrap=True, color_system=None),
    )

    print_table(("id", "n", "state"), [("x" * 50, "1", "held"), ("南京", "10", "y")], right=(1,))

    assert capsys.readouterr().out.splitlines() == [
        f"id{' ' * 51}n  state",
        f"{'x' * 50}   1  held",
        f"南京{' ' * 46}  10  y",
    ]


def prints(path: Path) -> list[str]:
    """Return where a module prints without the output module."""
    return [
        f"{path}:{node.lineno}"
        for node in ast.walk(ast.parse(path.read_text()))
        if (isinstance(node, ast.Name) and node.id in PRINTING)
        or (isinstance(node, ast.Attribute) and is_printing(node))
        or (isinstance(node, ast.ImportFrom) and node.module in {"sys", "typer"} and names(node))
    ]


def is_printing(node: ast.Attribute) -> bool:
    """Tell whether something is a stream of `sys`, or one of typer's ways to print."""
    of = node.value.id if isinstance(node.value, ast.Name) else ""
    return (of, node.attr) in {*product(["sys"], STREAMS), *product(["typer"], TYPER_PRINTS)}


def names(node: ast.ImportFrom) -> set[str]:
    """Return what is imported that prints."""
    return {each.name for each in node.names} & (STREAMS | TYPER_PRINTS)


def test_nothing_is_printed_around_the_one_module_that_may() -> None:
    folders = (CONSOLE, *(Path("tools", each) for each in ("bench", "demo", "verify")))
    modules = {path for each in folders for path in each.rglob("*.py")} - {CONSOLE / "output.py"}

    assert [each for path in sorted(modules) for each in prints(path)] == []


@pytest.mark.parametrize(
    "line", ["print(1)", "sys.stderr.write('')", "from sys import stdout", "typer.echo('')"]
)
def test_whatever_prints_is_found(line: str, tmp_path: Path) -> None:
    module = tmp_path / "module.py"
    module.write_text(f"import sys, typer\n{line}\n")

    assert prints(module) == [f"{module}:2"]
