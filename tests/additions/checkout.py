"""A copy of the checkout's tracked files, and the project's tests and checks in it."""

import os
import shutil
import subprocess
import sys
from collections.abc import Iterable, Mapping
from pathlib import Path

from deploy.local.home import CHECKOUT, home


def tracked_files() -> list[str]:
    """Return the tracked files of the checkout that exist; none where it is no checkout of Git."""
    git = shutil.which("git")
    if not git or not (CHECKOUT / ".git").exists():
        return []
    command = [git, "ls-files", "-z"]
    found = subprocess.run(  # noqa: S603  by absolute path
        command, cwd=CHECKOUT, capture_output=True, text=True, check=True
    )
    return [each for each in found.stdout.split("\0") if (CHECKOUT / each).is_file()]


def copy_checkout(files: Iterable[str], to: Path) -> None:
    """Copy files of the checkout with their times, so that compiled modules stay valid."""
    for each in files:
        (to / each).parent.mkdir(parents=True, exist_ok=True)
        shutil.copy2(CHECKOUT / each, to / each)
    for folder in {(CHECKOUT / each).parent for each in files if each.endswith(".py")}:
        if (compiled := folder / "__pycache__").is_dir():
            shutil.copytree(compiled, to / compiled.relative_to(CHECKOUT))


def restore(path: str, copy: Path) -> None:
    """Make a file of the copy as it is in the checkout, where it may not exist."""
    (copy / path).unlink()
    if (CHECKOUT / path).exists():
        shutil.copy2(CHECKOUT / path, copy / path)


def run(copy: Path, *arguments: str) -> subprocess.CompletedProcess[str]:
    """Run a Python module in the copy, which knows nothing of this run of tests."""
    return subprocess.run(  # noqa: S603  our own programs
        [sys.executable, "-m", *arguments],
        cwd=copy,
        env=environment(copy),
        capture_output=True,
        text=True,
        check=False,
    )


def run_tests(copy: Path, tests: Iterable[str], *options: str) -> subprocess.CompletedProcess[str]:
    """Run tests of the copy."""
    return run(copy, "pytest", "-q", "-n0", "-p", "no:cacheprovider", *options, *tests)


def generate(copy: Path, modules: Mapping[str, str]) -> None:
    """Write the generated files of the copy, each with what its module prints."""
    for path, module in modules.items():
        printed = run(copy, module)
        assert printed.returncode == 0, printed.stderr
        (copy / path).write_text(printed.stdout)


def environment(copy: Path) -> dict[str, str]:
    """Return the environment of a program in the copy; it uses the engines of this home."""
    ours = {name: value for name, value in os.environ.items() if not name.startswith("PYTEST_")}
    return ours | {
        "PYTHONPATH": str(copy),
        "PYTHONDONTWRITEBYTECODE": "",
        "KAITONG_HOME": str(home()),
    }
