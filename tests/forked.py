"""Programs of ours in processes of their own, forked from one that has loaded their code.

What a test sees is a process like any other: with its own environment, output and exit status.
Only the loading is done once for the whole run: a second for each of hundreds of processes.
"""

import multiprocessing
import os
import runpy
import sys
from collections.abc import Mapping, Sequence
from multiprocessing.process import BaseProcess
from multiprocessing.reduction import DupFd
from typing import Any

from deploy.local.home import CHECKOUT

LOADED = (
    "services.console.cli",
    "services.console.catalogue",
    "services.console.orders",
    "services.console.stack",
    "services.console.status",
    "tests.shared.small",
)

_forks = multiprocessing.get_context("forkserver")
_forks.set_forkserver_preload(list(LOADED))


class Forked:
    """One process, which runs a module as `python -m MODULE WORDS...` would."""

    def __init__(
        self, module: str, words: Sequence[str], environment: Mapping[str, str], out: int, err: int
    ) -> None:
        """Start it.

        Args:
            module: what it runs.
            words: its arguments.
            environment: the whole of it.
            out: the file that becomes its standard output; may be closed afterwards.
            err: the file that becomes its standard error.
        """
        files = (DupFd(out), DupFd(err))
        self._process: BaseProcess = _forks.Process(
            target=_become, args=(module, tuple(words), dict(environment), files), daemon=True
        )
        self._process.start()

    @property
    def pid(self) -> int:
        """Its process id."""
        assert self._process.pid
        return self._process.pid

    def poll(self) -> int | None:
        """Return its exit status; None while it runs."""
        return self._process.exitcode

    def wait(self, patience: float | None = None) -> int:
        """Return its exit status, once it has ended.

        Raises:
            TimeoutError: if it has not within so many seconds.
        """
        self._process.join(patience)
        if (status := self.poll()) is None:
            msg = f"process {self.pid} has not ended in {patience} s"
            raise TimeoutError(msg)
        return status

    def send_signal(self, number: int) -> None:
        """Send it a signal, if it runs still."""
        if self.poll() is None:
            os.kill(self.pid, number)


def _become(
    module: str, words: tuple[str, ...], environment: Mapping[str, str], files: tuple[Any, Any]
) -> None:
    """Run a module in this new process."""
    for number, file in enumerate(files, 1):
        os.dup2(file.detach(), number)
    sys.stdout = open(1, "w", encoding="utf-8", closefd=False)  # noqa: SIM115
    sys.stderr = open(2, "w", encoding="utf-8", closefd=False, buffering=1)  # noqa: SIM115
    os.environ.clear()
    os.environ.update(environment)
    os.chdir(CHECKOUT)
    sys.argv = [module, *words]
    sys.modules.pop(module, None)  # what runs is another one, named __main__
    runpy.run_module(module, run_name="__main__")
