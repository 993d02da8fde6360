"""Start services as forks of a process that has loaded their code."""

import json
import socket
import sys
from collections.abc import Mapping, Sequence
from contextlib import suppress
from pathlib import Path
from threading import Lock

import psutil

from deploy.local import process, template
from deploy.local.errors import StartError

LOADED = ("shared.run",)
"""What all services load; the rest each loads by itself, so that none has another's in it."""

START_S = 180.0
"""Seconds for the code to be loaded, on a machine that is busy with something else."""

STATUS_S = 5.0
"""Seconds for the template to tell how a process that is gone has ended."""


class Forked(psutil.Process):
    """A process that the template has forked, and tells of."""

    def __init__(self, pid: int, told: socket.socket) -> None:
        self._init(pid, _ignore_nsp=True)  # type: ignore[attr-defined]  # as psutil's own Popen does
        self._told = told
        self._ends = Lock()
        self._status: int | None = None

    def wait(self, timeout: float | None = None) -> int | None:  # type: ignore[override]
        """Return its exit status once it has ended, negative for a signal; None if nobody saw it.

        Raises:
            psutil.TimeoutExpired: it has not ended in this many seconds.
        """
        super().wait(timeout)
        with self._ends:
            if self._told.fileno() >= 0:
                self._status = read_number(self._told)
                self._told.close()
            return self._status


class Forks:
    """The template of one system, which is kept running as an engine is."""

    server: psutil.Process

    def __init__(self, log: Path) -> None:
        """Take where the template logs what cannot be loaded."""
        self.log = log
        self._turn = Lock()
        self._door: socket.socket | None = None

    def start(self) -> None:
        """Have a template load the code, unless one runs; nothing waits for it yet."""
        with self._turn:
            self._open()

    def stop(self) -> None:
        """End the template, and with it all that it has forked and runs still."""
        process.kill_all([self.server])

    def close(self) -> None:
        """Ask for nothing any more."""
        with self._turn:
            if self._door:
                self._door.close()

    def answers(self) -> bool:
        """Tell that it answers: what it cannot do, a start that needs it tells."""
        return True

    def spawn(
        self, words: Sequence[str], log: Path, environment: Mapping[str, str], folder: Path
    ) -> Forked:
        """Start a module in a session of its own, its output appended to a log.

        Args:
            words: The module and its arguments.
            log: Made when it is not there.
            environment: The whole of it.
            folder: Where it runs.

        Raises:
            StartError: The code cannot be loaded.
        """
        asked = {"words": list(words), "environment": dict(environment), "folder": str(folder)}
        log.parent.mkdir(parents=True, exist_ok=True)
        told, asker = socket.socketpair()
        told.settimeout(START_S)
        with asker, log.open("ab") as output, self._turn:
            files = [output.fileno(), asker.fileno()]
            socket.send_fds(self._open(), [json.dumps(asked).encode()], files)
        pid = read_number(told)
        if pid is None:
            told.close()
            message = f"template: {process.last_line(self.log)} (see {self.log})"
            raise StartError(message)
        told.settimeout(STATUS_S)
        return Forked(pid, told)

    def _open(self) -> socket.socket:
        """Return the socket by which the template is asked, whether it has loaded yet or not."""
        if self._door is None or not process.runs(self):
            if self._door:
                self._door.close()
            self._door, its = socket.socketpair(socket.AF_UNIX, socket.SOCK_DGRAM)
            command = [sys.executable, "-P", "-m", template.__name__, *LOADED]
            with its:
                self.server = process.spawn(command, self.log, asked_by=its)
        return self._door


def read_number(told: socket.socket) -> int | None:
    """Return the number that the template tells; None if it does not."""
    with suppress(OSError, ValueError):
        return int(told.recv(32).decode().split("\n")[0])
    return None
