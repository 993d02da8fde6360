"""The client of the fork server: it starts services as forks of a process with their code."""

import json
import math
import socket
import sys
from collections.abc import Iterable, Mapping, Sequence
from contextlib import suppress
from pathlib import Path
from threading import Lock
from typing import Any

import psutil

from deploy.local import fork_server, hang_detection, process
from deploy.local.errors import StartError
from deploy.local.process_environment import environment_without_settings

PRELOADED_MODULES = ("shared.runtime.preload",)
"""Modules that all services use."""

START_TIMEOUT_S = 180.0
"""Seconds to load the code, on a busy machine."""

STATUS_TIMEOUT_S = 5.0
"""Seconds for the template to report the exit status of a process that has ended."""

EXIT_TIMEOUT_S = 1.0
"""Seconds for a template that did not answer a request to end, or to log the reason."""


def modules_of(services: Iterable[str]) -> tuple[str, ...]:
    """Return the modules that the fork server of these services loads."""
    return (*PRELOADED_MODULES, *(f"services.{each}.app" for each in services))


class ForkConnection:
    """The requester's end of one request to the template."""

    def __init__(self) -> None:
        """Open both ends; the template's end is closed here after it was sent."""
        self.socket, self.server_end = socket.socketpair()
        self._lines = self.socket.makefile(encoding="utf-8")

    def report(self, timeout_s: float) -> dict[str, Any]:
        """Return the next report; an empty one when the connection is closed.

        Raises:
            TimeoutError: None came in this many seconds; do not call it again.
        """
        self.socket.settimeout(timeout_s)
        try:
            line = self._lines.readline()
        except ConnectionError:
            line = ""
        return dict(json.loads(line)) if line.endswith("\n") else {}

    def cancel(self) -> None:
        """End the wait for a report in another thread; the request is not executed."""
        with suppress(OSError):
            self.socket.shutdown(socket.SHUT_RDWR)

    def close(self) -> None:
        """Close both ends."""
        for each in (self.server_end, self._lines, self.socket):
            each.close()


class ForkedProcess(psutil.Process):
    """A process that the template has forked, and whose exit status it reports."""

    def __init__(self, pid: int, connection: ForkConnection) -> None:
        """Represent a running process.

        Raises:
            psutil.NoSuchProcess: It does not run any more.
        """
        super().__init__(pid)
        self.create_time()  # psutil caches it, and cannot read it after the process has ended
        self._connection: ForkConnection | None = connection
        self._status_lock = Lock()
        self._status: int | None = None

    def wait(self, timeout: float | None = None) -> int | None:  # type: ignore[override]
        """Wait for its end and return its exit status, negative for a signal.

        None if the template has ended too, or hangs: then nothing reaps the process or
        reports its status.

        Raises:
            psutil.TimeoutExpired: It has not ended in this many seconds.
        """
        timeout_s = math.inf if timeout is None else timeout
        if not process.ends_within(self, timeout_s):
            raise psutil.TimeoutExpired(timeout_s, self.pid)
        with self._status_lock:
            if self._connection:
                with suppress(TimeoutError):
                    self._status = self._connection.report(STATUS_TIMEOUT_S).get("status")
                self._connection.close()
                self._connection = None
            return self._status


class ForkServerClient:
    """Runs the template process of one stack; supervised like an engine."""

    server: psutil.Process

    def __init__(self, log: Path, modules: Sequence[str] = PRELOADED_MODULES) -> None:
        """Set the template's log, and the modules that it loads."""
        self.log = log
        self.modules = modules
        self.refuses_new = False
        """Whether new processes are refused."""
        self._lock = Lock()
        """Guards all fields."""
        self._requests: socket.socket | None = None
        self._waiting: set[ForkConnection] = set()
        self._ping: ForkConnection | None = None

    def start(self) -> None:
        """Start a template unless one runs; do not wait until it has loaded the code."""
        with self._lock:
            self._ensure_request_socket()

    def stop(self) -> None:
        """Kill the template; the processes that it has forked end with it."""
        process.kill_all([self.server])

    def cancel_and_refuse_new(self) -> None:
        """Cancel the pending requests of other threads, and refuse new ones."""
        with self._lock:
            self.refuses_new = True
            for connection in self._waiting:
                connection.cancel()

    def close(self) -> None:
        """Close the sockets. A running template ends then."""
        with self._lock:
            for each in (self._requests, self._ping):
                if each:
                    each.close()

    def answers(self) -> bool:
        """Return whether the template answers; it does not while it loads its code.

        The next call waits for an unanswered ping again: a hanging template gets no second one.
        """
        try:
            if self._ping is None:
                self._ping = self._send_ping()
            self._ping.socket.settimeout(hang_detection.ANSWER_TIMEOUT_S)
            answer = self._ping.socket.recv(1)
        except TimeoutError:
            return False
        except OSError:
            answer = b""
        if self._ping:
            self._ping.close()
        self._ping = None
        return bool(answer)

    def spawn(
        self, words: Sequence[str], log: Path, environment: Mapping[str, str], folder: Path
    ) -> ForkedProcess:
        """Start a module in a session of its own, its output appended to a log.

        Args:
            words: The module and its arguments.
            log: Made if it does not exist.
            environment: The complete environment.
            folder: The working folder.

        Raises:
            StartError: The code cannot be loaded, or the machine cannot start a process.
        """
        log.parent.mkdir(parents=True, exist_ok=True)
        with log.open("ab") as output:
            outputs = (output.fileno(), output.fileno())
            return self.fork(words, outputs, environment, folder)

    def fork(
        self,
        words: Sequence[str],
        outputs: tuple[int, int],
        environment: Mapping[str, str],
        folder: Path,
    ) -> ForkedProcess:
        """Start a module as `spawn` does, with files for standard output and standard error.

        Raises:
            StartError: The code cannot be loaded, or the machine cannot start a process.
        """
        command = {"words": list(words), "environment": dict(environment), "folder": str(folder)}
        connection = ForkConnection()
        try:
            self._send_fork(connection, outputs)
            child = self._receive_forked_process(connection)
            connection.socket.sendall(f"{json.dumps(command)}\n".encode())
        except (OSError, psutil.NoSuchProcess) as error:
            connection.close()
            message = f"template: {error} — try again, or see {self.log}"
            raise StartError(message) from error
        except BaseException:
            connection.close()
            raise
        finally:
            with self._lock:
                self._waiting.discard(connection)
        return child

    def _receive_forked_process(self, connection: ForkConnection) -> ForkedProcess:
        """Return the forked process, which waits for its command.

        Raises:
            StartError: No process was forked.
            OSError: No report came in time.
            psutil.NoSuchProcess: It was killed at once.
        """
        report = connection.report(START_TIMEOUT_S)
        if pid := report.get("pid"):
            return ForkedProcess(pid, connection)
        if why := report.get("refused"):
            message = f"template: cannot start a process: {why} — end others, then try again"
        elif self.refuses_new:
            message = "template: the start was cancelled — start again"
        else:
            process.ends_within(self.server, EXIT_TIMEOUT_S)
            message = f"template: {process.last_line(self.log)} (see {self.log})"
        raise StartError(message)

    def _send_fork(self, connection: ForkConnection, outputs: tuple[int, int]) -> None:
        """Request a process; start a new template if none runs.

        Raises:
            StartError: New processes are refused.
            OSError: The template does not accept the request.
        """
        with self._lock, connection.server_end:
            if self.refuses_new:
                message = "template: the start was cancelled — start again"
                raise StartError(message)
            self._waiting.add(connection)
            files = [connection.server_end.fileno(), *outputs]
            socket.send_fds(self._ensure_request_socket(), [fork_server.FORK], files)

    def _send_ping(self) -> ForkConnection:
        """Send a ping.

        Raises:
            OSError: The template does not accept the request, or there is none.
        """
        connection = ForkConnection()
        try:
            with self._lock, connection.server_end:
                if self._requests is None:
                    raise BrokenPipeError
                socket.send_fds(
                    self._requests, [fork_server.PING], [connection.server_end.fileno()]
                )
        except OSError:
            connection.close()
            raise
        return connection

    def _ensure_request_socket(self) -> socket.socket:
        """Return the request socket of the running template; start one if none runs."""
        if self._requests is None or not process.is_running(self):
            if self._requests:
                self._requests.close()
            self._requests, template_end = socket.socketpair()
            self._requests.settimeout(hang_detection.ANSWER_TIMEOUT_S)
            command = [sys.executable, "-P", "-m", fork_server.__name__, *self.modules]
            environment = environment_without_settings()
            with template_end:
                self.server = process.spawn(
                    command, self.log, environment=environment, stdin=template_end
                )
        return self._requests
