"""The command line, as a person runs it."""

import os
import pty
import subprocess
import sys
from collections.abc import Iterator
from contextlib import closing, suppress
from os import environ
from typing import Any

import typer

from deploy.local.home import CHECKOUT
from services.console.cli import app

COMMAND = (sys.executable, "-m", "services.console")


def kaitong(*words: str, **settings: str) -> subprocess.CompletedProcess[str]:
    """Run a command to its end, in a pipe."""
    return subprocess.run(  # noqa: S603  our own
        [*COMMAND, *words],
        cwd=CHECKOUT,
        env=environ | settings,
        capture_output=True,
        text=True,
        check=False,
    )


def in_a_terminal(*words: str, columns: int = 80) -> str:
    """Run a command to its end in a terminal that knows no colours; return all that it shows."""
    ours, its = pty.openpty()
    settings = {"TERM": "dumb", "COLUMNS": str(columns), "LINES": "25"}
    with closing(os.fdopen(ours, "rb", buffering=0)) as screen:
        running = subprocess.Popen(  # noqa: S603  our own
            [*COMMAND, *words], cwd=CHECKOUT, env=environ | settings, stdout=its, stderr=its
        )
        os.close(its)
        shown = b"".join(chunks(screen))
    running.wait()
    return shown.decode().replace("\r\n", "\n")


def chunks(screen: Any) -> Iterator[bytes]:
    """Yield what a terminal shows, until its program has ended."""
    with suppress(OSError):  # so Linux says that nobody writes any more
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
