"""`kaitong test`: the checks and the tests, the fastest first."""

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
from services.console.errors import FAILURE, USAGE, CommandError
from services.console.output import Styled, print_line

BIN = Path(sys.executable).parent


@dataclass(frozen=True, slots=True)
class Stage:
    """One check."""

    name: str
    command: tuple[str, ...]


STAGES = (
    Stage("format", (str(BIN / "ruff"), "format", "--check", "--quiet", ".")),
    Stage("ruff", (str(BIN / "ruff"), "check", "--quiet", ".")),
    Stage("imports", (str(BIN / "lint-imports"),)),
)

TYPES = Stage("mypy", (str(BIN / "mypy"), "--no-error-summary"))
"""Runs in parallel with the tests, which often wait."""

POLL_INTERVAL_S = 0.2
"""Between two polls of stages that run in parallel."""


PARALLEL_OPTIONS = ("-n", "4", "--no-loadscope-reorder", "--durations=40")
"""Run all tests in four processes, each with its own PostgreSQL; folders that share a running
system come first. Many tests wait, so four processes are faster than two on two cores, too."""


def tests_stage(paths: Sequence[str]) -> Stage:
    """Return the stage that runs these tests in one process, or all tests in parallel."""
    options = () if paths else PARALLEL_OPTIONS
    return Stage("tests", (sys.executable, "-m", "pytest", *options, *paths))


def run_tests(only: Sequence[str], json_file: Path | None) -> None:
    """Run every stage until one fails; exit with 1 if one does.

    Raises:
        CommandError: a path of `only` does not exist.
    """
    for each in only:
        check_path(each)
    steps = (
        [(tests_stage(only),)]
        if only
        else [*((each,) for each in STAGES), (TYPES, tests_stage(()))]
    )
    seconds: dict[str, float] = {}
    failed = ""
    for step in steps:
        failed = run_in_parallel(step, seconds)
        if failed:
            break
    summary = ", ".join(f"{name} {took:.0f} s" for name, took in seconds.items())
    print_line(f"{summary}: {f'{failed} failed' if failed else 'all is well'}")
    if json_file:
        result = {"ok": not failed, "failed": failed, "seconds": seconds}
        json_file.write_bytes(msgspec.json.format(msgspec.json.encode(result)))
    if failed:
        raise typer.Exit(FAILURE)


def check_path(test: str) -> None:
    """Check that a test's file or folder exists.

    Raises:
        CommandError: it does not.
    """
    if not CHECKOUT.joinpath(test.partition("::")[0]).exists():
        msg = f"there are no tests at {test}"
        raise CommandError(msg, USAGE, remedy="name a file or folder below tests/")


def run_in_parallel(stages: Sequence[Stage], seconds: dict[str, float]) -> str:
    """Run stages in parallel, with their output; store each duration in `seconds`.

    Returns:
        The name of the first stage that failed, or an empty string.
    """
    begin, failed = time.monotonic(), ""
    running = {each: start_stage(each) for each in stages}
    try:
        while running:
            time.sleep(POLL_INTERVAL_S)
            for stage in [each for each in running if running[each].poll() is not None]:
                process = running.pop(stage)
                seconds[stage.name] = round(time.monotonic() - begin, 1)
                print_line(f"{stage.name}: {seconds[stage.name]} s")
                failed = failed or (stage.name if process.returncode else "")
    finally:  # interrupted: end all that still run
        for process in running.values():
            process.kill()
            process.wait()
    return failed


def start_stage(stage: Stage) -> subprocess.Popen[bytes]:
    """Start one stage."""
    print_line(Styled(stage.name, "bold"))
    environment = os.environ | {"PYTHONPATH": str(CHECKOUT)}
    environment.pop("PYTHONDONTWRITEBYTECODE", None)  # the tests start hundreds of processes
    return subprocess.Popen(stage.command, cwd=CHECKOUT, env=environment)  # noqa: S603
