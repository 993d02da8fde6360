"""Every command that is printed anywhere is one that there is, with words that it takes."""

import ast
import re
import shlex
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import typer
from typer.testing import CliRunner

from deploy.jiangsu.model import Segment
from deploy.jiangsu.province import province
from services.console.cli import app
from services.resources.domain.numbering import read_pattern
from shared.roles import ROLES
from tests.console.command import commands

BACKTICKED = re.compile(r"`(?:\./)?kaitong ([a-z][^`]*)`")
SUBSTITUTED = re.compile(r"\$\((?:\./)?kaitong ([a-z][^)]*)\)")
IN_A_BLOCK = re.compile(r"^ *(?:\./)?kaitong ([a-z][^#\n]*)", re.MULTILINE)
EXAMPLE = re.compile(r"Example: kaitong ([^\n]+(?:\n  --[^\n]+)*)")
DOCUMENTS = [Path("README.md"), Path("examples/README.md"), *Path("docs").rglob("*.md")]
SOURCES = [*Path("services/console").rglob("*.py"), *Path("deploy/local").rglob("*.py")]
FILLED_IN = {"{order}": "DEMO-00001", "{job}": "DEMO-00001"}
"""What a text has in the place of a value."""


def in_documents() -> Iterator[tuple[str, str]]:
    """Yield the commands in documents, each after its place."""
    for path in DOCUMENTS:
        text = path.read_text(encoding="utf-8")
        for pattern in (BACKTICKED, SUBSTITUTED, IN_A_BLOCK):
            yield from ((str(path), found) for found in pattern.findall(text))


def in_messages() -> Iterator[tuple[str, str]]:
    """Yield the commands in texts of the command line and of what starts the engines."""
    for path in SOURCES:
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            if isinstance(node, ast.Constant) and isinstance(node.value, str):
                for pattern in (BACKTICKED, SUBSTITUTED):
                    yield from ((str(path), found) for found in pattern.findall(node.value))


def in_help() -> Iterator[tuple[str, str]]:
    """Yield the examples in the help of every command and group."""
    for each in sorted(NAMES):
        shown = CliRunner().invoke(app, [*each, "--help"], env={"COLUMNS": "80"}).output
        yield from ((" ".join(each), found) for found in EXAMPLE.findall(shown))


NAMES = {part for command in commands() for part in (command, command[:-1])}
PRINTED = sorted({*in_documents(), *in_messages(), *in_help()})


def read(words: list[str]) -> dict[str, Any]:
    """Return what a command is asked for by these words.

    Raises:
        TyperException: if it does not take them.
    """
    command: Any = typer.main.get_command(app)
    while hasattr(command, "commands"):
        name, *words = words
        assert name in command.commands, f"there is no command {name}"
        command = command.commands[name]
    found: dict[str, Any] = command.make_context("kaitong", words).params
    return found


def test_commands_are_printed_in_documents_messages_and_help() -> None:
    assert len(list(in_documents())) > 30
    assert len(list(in_messages())) > 5
    assert len(list(in_help())) >= len(list(commands()))


@pytest.mark.parametrize(("place", "line"), PRINTED)
def test_a_printed_command_is_one_that_there_is(place: str, line: str) -> None:
    for name, value in FILLED_IN.items():
        line = line.replace(name, value)

    words = shlex.split(line)
    if tuple(words) in NAMES:
        return  # a mention of the command itself, not an example of it
    asked = read(words)

    assert asked.get("role", "crm") in ROLES, place
    for name in ("files", "only"):
        assert all(Path(each).exists() for each in asked.get(name) or ()), (place, line)
    assert asked.get("order_id", "DEMO-00001") in {"DEMO-00001", "EXAMPLE-FTTH-NEW"}, (place, line)


@pytest.mark.parametrize("line", sorted({line for _, line in PRINTED if "numbers search " in line}))
def test_a_printed_search_finds_numbers_of_the_demonstration(line: str) -> None:
    asked = read(shlex.split(line))
    pattern, exchange = read_pattern(asked["pattern"]), asked["exchange"]

    found = [
        number
        for segment in province().segments
        if exchange in {"", segment.exchange_id}
        for number in numbers_of(segment)
        if number.startswith(pattern.head)
        and number.endswith(pattern.tail)
        and pattern.middle in number
    ]

    assert found


def numbers_of(segment: Segment) -> Iterator[str]:
    """Yield the numbers of a segment, E.164."""
    first = int(segment.first)
    return (f"+{number}" for number in range(first, first + segment.count))


@pytest.mark.parametrize("line", ["order show", "bench --lap 3", "status --json", "reset"])
def test_a_command_that_there_is_not_is_found(line: str) -> None:
    with pytest.raises((typer.TyperException, AssertionError)):
        read(shlex.split(line))
