"""The stack of the demonstration, in a separate home, so that the user's own is not touched."""

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
from services.console.client import demo_home, ensure_keys_folder
from services.console.errors import UNAVAILABLE, CommandError
from services.console.output import print_command_message
from tools.demo.stop_signals import stop_signals_ignored


@contextmanager
def fresh_home() -> Iterator[Path]:
    """Yield an empty home for the demonstration; lock it until the block ends.

    Raises:
        CommandError: another demonstration uses it.
    """
    folder, locks = demo_home(), home() / "run"
    locks.mkdir(mode=0o700, parents=True, exist_ok=True)
    with (locks / "demo.lock").open("w") as lock:
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            msg = "a demonstration is under way in this checkout"
            raise CommandError(msg, UNAVAILABLE, remedy="wait until it has ended") from None
        if (kept := stack_record.current_record(folder)) and kept.supervisor.process:
            msg = "a demonstration that was kept still runs"
            raise CommandError(msg, UNAVAILABLE, remedy="stop it with `kaitong down`")
        remove_home(folder)
        shutil.copytree(
            ensure_keys_folder(home()), folder / "keys"
        )  # this checkout's tokens are valid
        yield folder


@contextmanager
def run_stack(folder: Path, *, keep: bool) -> Iterator[StackRecord]:
    """Run a stack until the block ends; then delete it, unless `keep` is set.

    It is always deleted if the block ends with an exception.

    Raises:
        CommandError: the stack cannot start; the text gives the remedy.
    """
    run_stack = kept_stack if keep else temporary_stack
    try:
        with run_stack(folder) as found:
            yield found
    except StartError as error:
        raise CommandError(str(error), UNAVAILABLE) from error


@contextmanager
def temporary_stack(folder: Path) -> Iterator[StackRecord]:
    """Run a stack that ends with the block, or with this process, even if it is killed."""
    stack = None
    try:
        stack = Stack.start(folder)
        yield stack.latest_record()
    except Exception:
        keep_logs(folder)
        raise
    finally:
        with stop_signals_ignored():
            if stack:
                stack.purge()
            remove_home(folder)


@contextmanager
def kept_stack(folder: Path) -> Iterator[StackRecord]:
    """Run a stack that continues to run if the block ends without an exception."""
    try:
        yield detached.up(folder)
    except BaseException as error:
        with stop_signals_ignored():
            if isinstance(error, Exception):
                keep_logs(folder)
            detached.down(folder, delete_state=True)
            remove_home(folder)
        raise


def remove_home(folder: Path) -> None:
    """Delete a home in which nothing runs."""
    purge(folder)
    shutil.rmtree(folder, ignore_errors=True)


def keep_logs(folder: Path) -> None:
    """Copy the logs of a failed demonstration to this checkout's `logs/demo`."""
    logs = home() / "logs" / "demo"
    shutil.rmtree(logs, ignore_errors=True)
    shutil.copytree(folder / "logs", logs)
    print_command_message(f"the demonstration's logs are kept in {logs}")
