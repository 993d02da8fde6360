"""The command line, as a person runs it."""

import os
import pty
from collections.abc import Iterator
from contextlib import closing, suppress
from os import environ
from subprocess import CompletedProcess
from tempfile import TemporaryFile
from typing import Any

import typer

from services.console.cli import app
from tests.forked_program import ForkedProgram

MODULE = "services.console"


def kaitong(*words: str, **settings: str) -> CompletedProcess[str]:
    """Run a command to its end, in a pipe."""
    with TemporaryFile() as out, TemporaryFile() as err:
        running = ForkedProgram(MODULE, words, environ | settings, out.fileno(), err.fileno())
        status = running.wait()
        for each in (out, err):
            each.seek(0)
        return CompletedProcess(words, status, out.read().decode(), err.read().decode())


def in_a_terminal(*words: str, columns: int = 80) -> str:
    """Run a command to its end in a terminal without colours; return its output."""
    controller, terminal = pty.openpty()
    settings = {"TERM": "dumb", "COLUMNS": str(columns), "LINES": "25"}
    with closing(os.fdopen(controller, "rb", buffering=0)) as screen:
        running = ForkedProgram(MODULE, words, environ | settings, terminal, terminal)
        os.close(terminal)
        shown = b"".join(chunks(screen))
    running.wait()
    return shown.decode().replace("\r\n", "\n")


def chunks(screen: Any) -> Iterator[bytes]:
    """Yield what a terminal shows, until its program has ended."""
    with suppress(OSError):  # Linux raises it when all writers have closed
        while chunk := screen.read(65536):
            yield chunk


def commands() -> Iterator[tuple[str, ...]]:
    """Yield the words of every command there is."""
    yield from commands_in(typer.main.get_command(app))


def commands_in(group: Any, *above: str) -> Iterator[tuple[str, ...]]:
    """Yield the words of every command of a group, after those of the groups above."""
    for name, command in group.commands.items():
        if hasattr(command, "commands"):
            yield from commands_in(command, *above, name)
        else:
            yield (*above, name)
