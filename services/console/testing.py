"""`kaitong test`: the checks and the tests, in the order in which they fail fastest."""

import os
import subprocess
import sys
import time
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import msgspec
import typer

from deploy.local.home import CHECKOUT
from services.console.exits import NO, USAGE, CommandError
from services.console.output import Styled, say

BIN = Path(sys.executable).parent


@dataclass(frozen=True, slots=True)
class Stage:
    """One check."""

    name: str
    command: tuple[str, ...]


STAGES = (
    Stage("format", (str(BIN / "ruff"), "format", "--check", "--quiet", ".")),
    Stage("ruff", (str(BIN / "ruff"), "check", "--quiet", ".")),
    Stage("mypy", (str(BIN / "mypy"), "--no-error-summary")),
    Stage("imports", (str(BIN / "lint-imports"),)),
)


IN_ALL = ("-n", "2", "--no-loadscope-reorder", "--durations=40")
"""How all tests are run: in two processes, each with engines of its own (some 1.5 GB), the folders
that share a running system first. Many tests wait, so that this pays on two cores."""


def tests(paths: Sequence[str]) -> Stage:
    """Return the stage that runs these tests in one process, or all tests."""
    how = () if paths else IN_ALL
    return Stage("tests", (sys.executable, "-m", "pytest", *how, *paths))


def run_tests(only: Sequence[str], json: Path | None) -> None:
    """Run every stage until one fails; end with 1 if one does.

    Raises:
        CommandError: if there are no such tests.
    """
    for each in only:
        check_path(each)
    stages = (tests(only),) if only else (*STAGES, tests(()))
    seconds: dict[str, float] = {}
    failed = ""
    for stage in stages:
        failed = "" if run(stage, seconds) else stage.name
        if failed:
            break
    summary = ", ".join(f"{name} {took:.0f} s" for name, took in seconds.items())
    say(f"{summary}: {f'{failed} failed' if failed else 'all is well'}")
    if json:
        result = {"ok": not failed, "failed": failed, "seconds": seconds}
        json.write_bytes(msgspec.json.format(msgspec.json.encode(result)))
    if failed:
        raise typer.Exit(NO)


def check_path(test: str) -> None:
    """See that a test's file or folder is there.

    Raises:
        CommandError: if it is not.
    """
    if not CHECKOUT.joinpath(test.partition("::")[0]).exists():
        msg = f"there are no tests at {test}"
        raise CommandError(msg, USAGE, remedy="name a file or folder below tests/")


def run(stage: Stage, seconds: dict[str, float]) -> bool:
    """Run one stage, its output shown as it comes; note how long it took."""
    say(Styled(stage.name, "bold"))
    start = time.monotonic()
    environment = os.environ | {"PYTHONPATH": str(CHECKOUT)}
    done = subprocess.run(stage.command, cwd=CHECKOUT, env=environment, check=False)  # noqa: S603
    seconds[stage.name] = round(time.monotonic() - start, 1)
    say(f"{stage.name}: {seconds[stage.name]} s")
    return done.returncode == 0
