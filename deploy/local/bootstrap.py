"""Make the Python environment that Kaitong runs in, or update it to its lock.

Run as `python -m deploy.local.bootstrap LOCK` by the script `kaitong`, with a Python of
the machine: only the standard library is available.
"""

import os
import shutil
import sys
from pathlib import Path

from deploy.local.errors import StartError
from deploy.local.home import CHECKOUT, hold_lock, home
from deploy.local.progress import ReportLine, show_progress
from deploy.local.wheels import PYTHON, install, make_environment

UNAVAILABLE = os.EX_UNAVAILABLE
RUNTIME = "requirements.txt"


def main() -> None:
    """Make or update the environment to the lock that the command line names."""
    try:
        prepare_environment(sys.argv[1])
    except StartError as error:
        sys.exit(print_failure(str(error)))
    except OSError as error:
        sys.exit(
            print_failure(f"cannot write to {home()}: {error.strerror}; set KAITONG_HOME elsewhere")
        )
    except KeyboardInterrupt:
        sys.exit(print_failure("interrupted; start again to continue"))


def print_failure(reason: str) -> int:
    """Print the reason in one line and return the exit code."""
    sys.stderr.write(
        f"\r\x1b[Kkaitong: {reason}\n" if sys.stderr.isatty() else f"kaitong: {reason}\n"
    )
    return UNAVAILABLE


def prepare_environment(lock: str) -> None:
    """Make or complete the environment, unless another process has just done it."""
    folder = home() / "env"
    with hold_lock("environment"):
        if not is_current(folder, RUNTIME):
            remake_environment(folder)
        if not is_current(folder, lock):
            with show_progress("adding the development tools (once)") as report:
                install_lock(folder, lock, report)


def is_current(folder: Path, lock: str) -> bool:
    """Tell whether the environment has the lock's packages, on the Python of KAITONG_PYTHON."""
    stamp, base = folder / lock, folder / "base"
    python = os.environ.get("KAITONG_PYTHON")
    return (
        (folder / "bin" / "python").exists()
        and stamp.exists()
        and stamp.read_bytes() == (CHECKOUT / lock).read_bytes()
        and (not python or base.read_text().strip() == python)
    )


def remake_environment(folder: Path) -> None:
    """Make the environment in a temporary folder, then replace the old one atomically."""
    half = folder.with_suffix(".half")
    old = folder.with_suffix(".old")
    for leftover in (half, old):
        shutil.rmtree(leftover, ignore_errors=True)
    with show_progress("making the environment (once)") as report:
        make_environment(half, report)
        (half / "base").write_text(os.environ.get("KAITONG_PYTHON", PYTHON))
        install_lock(half, RUNTIME, report)
        if folder.exists():
            folder.rename(old)
        half.rename(folder)
        shutil.rmtree(old, ignore_errors=True)


def install_lock(folder: Path, lock: str, report: ReportLine) -> None:
    """Install the packages of a lock, and copy the lock as a sign that they are installed."""
    options = ("--python", str(folder / "bin" / "python"), "--compile-bytecode")
    install(CHECKOUT / lock, *options, report=report)
    shutil.copyfile(CHECKOUT / lock, folder / lock)


if __name__ == "__main__":
    main()
