"""Where the demonstration lives, so that a system of one's own is left alone."""

import fcntl
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from deploy.local import detached, stack_record
from deploy.local.errors import StartError
from deploy.local.home import home
from deploy.local.process_environment import purge
from deploy.local.stack import Stack
from deploy.local.stack_record import StackRecord
from services.console.client import demo_home, make_keys
from services.console.errors import UNAVAILABLE, CommandError
from services.console.output import print_notice
from tools.demo.stop_signals import stop_signals_ignored


@contextmanager
def fresh_home() -> Iterator[Path]:
    """Give the demonstration a fresh home until the block ends.

    Raises:
        CommandError: if another demonstration has it.
    """
    place, locks = demo_home(), home() / "run"
    locks.mkdir(mode=0o700, parents=True, exist_ok=True)
    with (locks / "demo.lock").open("w") as lock:
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            msg = "a demonstration is under way in this checkout"
            raise CommandError(msg, UNAVAILABLE, remedy="wait until it has ended") from None
        if (kept := stack_record.current_record(place)) and kept.supervisor.process:
            msg = "a demonstration that was kept still runs"
            raise CommandError(msg, UNAVAILABLE, remedy="stop it with `kaitong down`")
        remove_home(place)
        shutil.copytree(make_keys(home()), place / "keys")  # this checkout's tokens count
        yield place


@contextmanager
def running_stack(place: Path, *, keep: bool) -> Iterator[StackRecord]:
    """Run a stack until the block ends; then delete all of it, unless it is to be kept.

    It is deleted whenever the block ends before its time.

    Raises:
        CommandError: if it cannot start; the text says what to do.
    """
    way = kept_stack if keep else temporary_stack
    try:
        with way(place) as found:
            yield found
    except StartError as error:
        raise CommandError(str(error), UNAVAILABLE) from error


@contextmanager
def temporary_stack(place: Path) -> Iterator[StackRecord]:
    """Run a stack that ends with the block, or with this process, however that ends."""
    stack = None
    try:
        stack = Stack.start(place)
        yield stack.describe()
    except Exception:
        keep_logs(place)
        raise
    finally:
        with stop_signals_ignored():
            if stack:
                stack.purge()
            remove_home(place)


@contextmanager
def kept_stack(place: Path) -> Iterator[StackRecord]:
    """Run a stack that lives on when the block ends well."""
    try:
        yield detached.up(place)
    except BaseException as error:
        with stop_signals_ignored():
            if isinstance(error, Exception):
                keep_logs(place)
            detached.down(place, delete_state=True)
            remove_home(place)
        raise


def remove_home(place: Path) -> None:
    """Delete a home in which nothing runs."""
    purge(place)
    shutil.rmtree(place, ignore_errors=True)


def keep_logs(place: Path) -> None:
    """Put the logs of a demonstration that went wrong beside those of this checkout."""
    logs = home() / "logs" / "demo"
    shutil.rmtree(logs, ignore_errors=True)
    shutil.copytree(place / "logs", logs)
    print_notice(f"the demonstration's logs are kept in {logs}")
