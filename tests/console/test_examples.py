"""Every printed command exists and accepts its arguments."""

import shlex
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import typer

from services.console.cli import app
from services.resources.domain.number.numbering_plan import read_pattern
from shared.security.roles import ROLES
from tests.console.command import commands
from tests.console.printed_commands import (
    FILLED_IN,
    NAMES,
    PRINTED,
    in_documents,
    in_help,
    in_messages,
    in_sentences,
)
from tools.province.build import build_province
from tools.province.model import Segment


def read(words: list[str]) -> dict[str, Any]:
    """Return the parameters that a command reads from these words.

    Raises:
        TyperException: if it does not accept them.
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


def test_remedies_of_the_kernel_and_commands_in_sentences_are_read() -> None:
    assert {
        ("shared/security/tokens.py", "up"),
        ("shared/security/development_keys.py", "up"),
    } <= set(in_messages())
    assert list(in_sentences("run ./kaitong down --purge first, or ./kaitong order list")) == [
        "down --purge",
        "order list",
    ]
    assert list(in_sentences("run ./kaitong reset now")) == ["reset"]


@pytest.mark.parametrize(("place", "line"), PRINTED)
def test_a_printed_command_is_one_that_there_is(place: str, line: str) -> None:
    for name, value in FILLED_IN.items():
        line = line.replace(name, value)

    words = shlex.split(line)
    if tuple(words) in NAMES:
        return  # a mention of the command itself, not an example of it
    parameters = read(words)

    assert parameters.get("role", "crm") in ROLES, place
    for name in ("files", "only"):
        assert all(Path(each).exists() for each in parameters.get(name) or ()), (place, line)
    assert parameters.get("order_id", "DEMO-00001") in {
        *("DEMO-00001", "EXAMPLE-FTTH-NEW", "EXAMPLE-CAMERA-NEW")
    }, (
        place,
        line,
    )


@pytest.mark.parametrize("line", sorted({line for _, line in PRINTED if "numbers search " in line}))
def test_a_printed_search_finds_numbers_of_the_demonstration(line: str) -> None:
    parameters = read(shlex.split(line))
    pattern, exchange = read_pattern(parameters["pattern"]), parameters["exchange"]

    found = [
        number
        for segment in build_province().segments
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
