"""Programs in their own processes, forked from one that has preloaded their code.

Each is a process like any other, with its own environment, output and exit status. Only the
loading is done once for the whole run: it takes a second for each of hundreds of processes.
"""

from collections.abc import Mapping, Sequence
from contextlib import suppress
from pathlib import Path
from tempfile import TemporaryDirectory

import psutil

from deploy.local.fork_server_client import ForkServerClient
from deploy.local.home import CHECKOUT
from shared.runtime.preload import LATE_MODULES

PRELOADED_MODULES = (
    "services.console.cli",
    "services.console.catalogue",
    "services.console.orders",
    "services.console.lifecycle",
    "services.console.status",
    "tests.shared.small_service",
    *LATE_MODULES,
)

_folder = TemporaryDirectory(prefix="template-")
_fork_server = ForkServerClient(Path(_folder.name) / "template.log", PRELOADED_MODULES)


class ForkedProgram:
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
        self._process = _fork_server.fork([module, *words], (out, err), environment, CHECKOUT)

    @property
    def pid(self) -> int:
        """Its process id."""
        return self._process.pid

    def poll(self) -> int | None:
        """Return its exit status; None while it runs."""
        with suppress(TimeoutError):
            return self.wait(0)
        return None

    def wait(self, timeout_s: float | None = None) -> int:
        """Return its exit status, once it has ended.

        Raises:
            TimeoutError: if it has not within so many seconds.
        """
        try:
            status = self._process.wait(timeout_s)
        except psutil.TimeoutExpired as error:
            msg = f"process {self.pid} has not ended in {timeout_s} s"
            raise TimeoutError(msg) from error
        assert status is not None, "the template has ended, and all of its forks with it"
        return status

    def send_signal(self, number: int) -> None:
        """Send it a signal, if it runs still."""
        with suppress(psutil.NoSuchProcess):
            self._process.send_signal(number)
