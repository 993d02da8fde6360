"""Supervise processes: restart those that end or hang, until the supervisor is stopped.

A process that exits with EX_CONFIG is not restarted.
"""

import contextlib
import itertools
import signal
import threading
from collections.abc import Callable, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from pathlib import Path

import psutil

from deploy.local import hang_detection, log_rotation, process
from deploy.local.fork_server_client import ForkServerClient
from deploy.local.supervised_process import ManagedProcess, SupervisedProcess

WATCH_INTERVAL_S = 0.1
"""Seconds between two checks of the processes."""

ROTATE_EVERY = 50
"""Checks of the processes between two checks of the sizes of the logs."""

STOP_TIMEOUT_S = 20.0
"""Seconds for a process to stop before it is killed."""

MAX_CONCURRENT_CHECKS = 32
"""Processes that can be checked at the same time; more than there are."""


@dataclass
class Program:
    """A process that runs a command."""

    command: Sequence[str | Path]
    environment: Mapping[str, str]
    log: Path
    folder: Path
    url: str = ""
    """Base URL of its `/health/live`; empty if it does not serve HTTP."""

    server: psutil.Process = field(init=False)

    def start(self) -> None:
        """Start it; do not wait until it is ready."""
        self.server = process.spawn(
            self.command, self.log, environment=self.environment, folder=self.folder
        )

    def stop(self) -> None:
        """Send SIGTERM; kill it after STOP_TIMEOUT_S."""
        process.end(self.server, signal.SIGTERM, STOP_TIMEOUT_S)

    def answers(self) -> bool:
        """Tell whether it answers; always true if it does not serve HTTP."""
        return not self.url or hang_detection.answers_http(self.url)


@dataclass
class ForkedModule(Program):
    """A process that runs a module of Kaitong: the command is the module and its arguments."""

    fork_server: ForkServerClient = field(kw_only=True)

    def start(self) -> None:
        """Fork it; do not wait until it is ready."""
        words = list(map(str, self.command))
        self.server = self.fork_server.spawn(words, self.log, self.environment, self.folder)


class Supervisor:
    """Restarts processes that end, and stops all in order."""

    def __init__(self, on_change: Callable[[], None], log_event: Callable[[str], None]) -> None:
        """Set the callbacks for replaced processes and for log events."""
        self.processes: list[SupervisedProcess] = []
        self.on_change = on_change
        self.log_event = log_event
        self.has_unwritten_changes = False
        self.stopping = threading.Event()
        self.start_lock = threading.Lock()
        self.restart_threads: list[threading.Thread] = []
        self.watch_thread = threading.Thread(
            target=self.restart_ended_processes, name="supervisor", daemon=True
        )
        self.hang_thread = threading.Thread(
            target=self.end_hung_processes, name="hang_detection", daemon=True
        )

    def supervise(self, name: str, engine: ManagedProcess, *, stage: int, url: str = "") -> None:
        """Supervise a running process; a higher stage depends on the lower ones."""
        with self.start_lock:
            self.processes.append(SupervisedProcess(name, engine, stage, url))
            if not self.watch_thread.is_alive():
                self.watch_thread.start()
                self.hang_thread.start()
        self.on_change()

    def restart_ended_processes(self) -> None:
        """Restart processes that have ended, until the supervisor is stopped."""
        for checks in itertools.count(1):
            if self.stopping.wait(WATCH_INTERVAL_S):
                return
            for supervised in list(self.processes):
                self.restart_if_ended(supervised)
            if checks % ROTATE_EVERY == 0:
                self.rotate_logs()

    def restart_if_ended(self, supervised: SupervisedProcess) -> None:
        """Restart a process that has ended; report an error that prevents it, once.

        The next check tries it again; the other processes are supervised meanwhile.
        """
        try:
            if supervised.has_ended:
                supervised.note_end()
                self.start_restart(supervised)
                supervised.restart_error = ""
        except Exception as error:  # noqa: BLE001  any error: the others must stay supervised
            text = f"{supervised.name} ended, and cannot be started again yet: {error}"
            if text != supervised.restart_error:
                self.report(text)
            supervised.restart_error = text

    def start_restart(self, supervised: SupervisedProcess) -> None:
        """Restart a process in a thread of its own, unless it has exited with EX_CONFIG.

        A pool without a free thread would keep the task, and execute it twice.

        Raises:
            RuntimeError: The machine has no thread left.
        """
        if supervised.refuses:
            self.report(supervised.end_message)
            return
        name = f"starter {supervised.name}"
        starter = threading.Thread(target=self.restart, args=(supervised,), name=name)
        supervised.is_starting = True
        try:
            starter.start()
        except RuntimeError:
            supervised.is_starting = False
            raise
        self.restart_threads = [*(it for it in self.restart_threads if it.is_alive()), starter]

    def rotate_logs(self) -> None:
        """Rotate logs that have grown too large, and retry a failed write of the record."""
        for supervised in list(self.processes):
            log_rotation.rotate_if_large(supervised.engine.log)
        if self.has_unwritten_changes:
            self.write_record()

    def restart(self, supervised: SupervisedProcess) -> None:
        """Report how a process has ended, and try to restart it until it runs."""
        self.report(supervised.end_message)
        supervised.restarts, supervised.was_hung = supervised.restarts + 1, False
        while not self.stopping.wait(supervised.next_backoff_s()):
            try:
                supervised.engine.start()
            except Exception as error:  # noqa: BLE001  any error is reported and retried
                self.report(
                    f"{supervised.name} does not start, "
                    f"next try in {supervised.backoff_s:.1f} s: {error}"
                )
            else:
                self.report(f"{supervised.name} runs again")
                break
        supervised.is_starting = False

    def end_hung_processes(self) -> None:
        """End processes that hang, until the supervisor is stopped.

        `restart_ended_processes` restarts them.
        """
        with ThreadPoolExecutor(MAX_CONCURRENT_CHECKS, thread_name_prefix="hang_detection") as pool:
            while not self.stopping.wait(hang_detection.CHECK_INTERVAL_S):
                try:
                    list(pool.map(self.end_if_hung, list(self.processes)))
                except RuntimeError as error:  # no thread is left for one of them
                    self.report(f"not all processes were checked: {error}")

    def end_if_hung(self, supervised: SupervisedProcess) -> None:
        """End a process if it hangs."""
        try:
            if not self.stopping.is_set() and supervised.hangs():
                self.end_hung(supervised)
        except (OSError, psutil.Error) as error:
            self.report(f"{supervised.name} cannot be checked: {error}")

    def end_hung(self, supervised: SupervisedProcess) -> None:
        """End a process that hangs, by force if necessary."""
        supervised.is_ending = supervised.was_hung = True
        try:
            log = supervised.engine.log
            self.report(f"{supervised.name} does not answer, and is ended; see {log}")
            supervised.engine.stop()
        finally:
            supervised.is_ending = False

    def report(self, text: str) -> None:
        """Log an event and write the record; errors of a full disk are ignored."""
        with contextlib.suppress(OSError):
            self.log_event(text)
        self.write_record()

    def write_record(self) -> None:
        """Write the record; a write that fails on a full disk is retried later."""
        self.has_unwritten_changes = True
        with contextlib.suppress(OSError):
            self.on_change()
            self.has_unwritten_changes = False

    def stop(self) -> None:
        """Stop everything, higher stages first."""
        self.end_supervision(self.stop_stages)

    def kill(self) -> None:
        """Kill everything at once, for a stack whose state is deleted."""
        self.end_supervision(lambda: process.kill_all([it.engine.server for it in self.processes]))

    def end_supervision(self, end: Callable[[], None]) -> None:
        """End the restarts, then all processes."""
        self.stopping.set()
        if self.watch_thread.is_alive():
            self.watch_thread.join()
        end()
        for starter in self.restart_threads:
            starter.join()
        end()  # processes that were started meanwhile

    def stop_stages(self) -> None:
        """Stop stage after stage, all processes of one stage at once."""
        with ThreadPoolExecutor(thread_name_prefix="stopper") as pool:
            for stage in sorted({it.stage for it in self.processes}, reverse=True):
                for _ in pool.map(lambda it: it.engine.stop(), self.processes_of_stage(stage)):
                    pass

    def processes_of_stage(self, stage: int) -> list[SupervisedProcess]:
        """Return the processes of a stage."""
        return [it for it in self.processes if it.stage == stage]
