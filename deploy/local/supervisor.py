"""Keep processes running: what ends or hangs is started again, until told to stop.

Only what says itself that it cannot run like this is left alone.
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

from deploy.local import liveness, log_rotation, process
from deploy.local.fork_server import ForkServer
from deploy.local.supervised_process import Engine, SupervisedProcess

WATCH_INTERVAL_S = 0.1
"""Seconds between two looks at the processes."""

ROTATE_EVERY = 50
"""Looks at the processes from one look at the size of the logs to the next."""

STOP_TIMEOUT_S = 20.0
"""Seconds that a process has to stop before it is killed."""

MAX_CONCURRENT_CHECKS = 32
"""So many processes can be looked at beside each other; more than there are."""


@dataclass
class Program:
    """A process that is nothing but a command."""

    command: Sequence[str | Path]
    environment: Mapping[str, str]
    log: Path
    folder: Path
    url: str = ""
    """Where it answers `/health/live`; empty where it speaks no HTTP."""

    server: psutil.Process = field(init=False)

    def start(self) -> None:
        """Start it; it says by itself when it is ready."""
        self.server = process.spawn(
            self.command, self.log, environment=self.environment, folder=self.folder
        )

    def stop(self) -> None:
        """Ask it to stop; after a while kill it."""
        process.end(self.server, signal.SIGTERM, STOP_TIMEOUT_S)

    def answers(self) -> bool:
        """Tell whether it answers; what speaks no HTTP is trusted."""
        return not self.url or liveness.answers_http(self.url)


@dataclass
class ForkedModule(Program):
    """A process that runs a module of ours: the command is the module and its arguments."""

    fork_server: ForkServer = field(kw_only=True)

    def start(self) -> None:
        """Fork it; it says by itself when it is ready."""
        words = list(map(str, self.command))
        self.server = self.fork_server.spawn(words, self.log, self.environment, self.folder)


class Supervisor:
    """Starts again what ends, and stops everything in order."""

    def __init__(self, on_change: Callable[[], None], log_event: Callable[[str], None]) -> None:
        """Take what to call when a process was replaced, and where to tell of it."""
        self.processes: list[SupervisedProcess] = []
        self.on_change = on_change
        self.log_event = log_event
        self.has_unwritten_changes = False
        self.stopping = threading.Event()
        self.start_lock = threading.Lock()
        self.restart_threads: list[threading.Thread] = []
        self.watch_thread = threading.Thread(target=self.watch, name="supervisor", daemon=True)
        self.liveness_thread = threading.Thread(
            target=self.check_liveness, name="looker", daemon=True
        )

    def supervise(self, name: str, engine: Engine, *, stage: int, url: str = "") -> None:
        """Take a running engine into care; a higher stage needs the lower ones."""
        with self.start_lock:
            self.processes.append(SupervisedProcess(name, engine, stage, url))
            if not self.watch_thread.is_alive():
                self.watch_thread.start()
                self.liveness_thread.start()
        self.on_change()

    def watch(self) -> None:
        """Start again what has ended, until told to stop."""
        for looks in itertools.count(1):
            if self.stopping.wait(WATCH_INTERVAL_S):
                return
            for kept in list(self.processes):
                self.restart_if_ended(kept)
            if looks % ROTATE_EVERY == 0:
                self.rotate_logs()

    def restart_if_ended(self, kept: SupervisedProcess) -> None:
        """Have a process that has ended started again; what prevents it is told, once.

        It is tried again at the next look, and the other processes are not kept from it.
        """
        try:
            if kept.has_ended:
                kept.note_end()
                self.start_restart(kept)
                kept.obstacle = ""
        except Exception as error:  # noqa: BLE001  whatever it is, the others are watched on
            obstacle = f"{kept.name} ended, and cannot be started again yet: {error}"
            if obstacle != kept.obstacle:
                self.report(obstacle)
            kept.obstacle = obstacle

    def start_restart(self, kept: SupervisedProcess) -> None:
        """Have one started again in a thread of its own; leave alone what cannot run like this.

        A pool would keep what it has no thread for, and do it twice.

        Raises:
            RuntimeError: The machine has no thread left.
        """
        if kept.refuses:
            self.report(kept.end_message)
            return
        starter = threading.Thread(target=self.restart, args=(kept,), name=f"starter {kept.name}")
        kept.is_starting = True
        try:
            starter.start()
        except RuntimeError:
            kept.is_starting = False
            raise
        self.restart_threads = [*(it for it in self.restart_threads if it.is_alive()), starter]

    def rotate_logs(self) -> None:
        """Cut logs that have grown too large, and write down what a full disk has refused."""
        for kept in list(self.processes):
            log_rotation.rotate(kept.engine.log)
        if self.has_unwritten_changes:
            self.write_record()

    def restart(self, kept: SupervisedProcess) -> None:
        """Tell how one has ended, and try to start it again until it runs."""
        self.report(kept.end_message)
        kept.restarts, kept.was_hung = kept.restarts + 1, False
        while not self.stopping.wait(kept.next_backoff_s()):
            try:
                kept.engine.start()
            except Exception as error:  # noqa: BLE001  whatever it is, it is told and tried again
                self.report(
                    f"{kept.name} does not start, next try in {kept.backoff_s:.1f} s: {error}"
                )
            else:
                self.report(f"{kept.name} runs again")
                break
        kept.is_starting = False

    def check_liveness(self) -> None:
        """End what hangs, until told to stop; the watcher finds it ended."""
        with ThreadPoolExecutor(MAX_CONCURRENT_CHECKS, thread_name_prefix="looker") as pool:
            while not self.stopping.wait(liveness.CHECK_INTERVAL_S):
                try:
                    list(pool.map(self.check_one, list(self.processes)))
                except RuntimeError as error:  # no thread is left for one of them
                    self.report(f"not all processes were looked at: {error}")

    def check_one(self, kept: SupervisedProcess) -> None:
        """End a process if it hangs."""
        try:
            if not self.stopping.is_set() and kept.hangs():
                self.end_hung(kept)
        except (OSError, psutil.Error) as error:
            self.report(f"{kept.name} cannot be looked at: {error}")

    def end_hung(self, kept: SupervisedProcess) -> None:
        """End a process that hangs, by force if need be."""
        kept.is_ending = kept.was_hung = True
        try:
            self.report(f"{kept.name} does not answer, and is ended; see {kept.engine.log}")
            kept.engine.stop()
        finally:
            kept.is_ending = False

    def report(self, text: str) -> None:
        """Tell of a change, and have it written down; a full disk does not end our care."""
        with contextlib.suppress(OSError):
            self.log_event(text)
        self.write_record()

    def write_record(self) -> None:
        """Have it written down what runs; what a full disk refuses is tried again later."""
        self.has_unwritten_changes = True
        with contextlib.suppress(OSError):
            self.on_change()
            self.has_unwritten_changes = False

    def stop(self) -> None:
        """Stop everything, what needs others before what they need."""
        self.end_supervision(self.stop_stages)

    def kill(self) -> None:
        """End everything at once, for when nothing of it is wanted any more."""
        self.end_supervision(lambda: process.kill_all([it.engine.server for it in self.processes]))

    def end_supervision(self, end: Callable[[], None]) -> None:
        """Start nothing again, and end what runs."""
        self.stopping.set()
        if self.watch_thread.is_alive():
            self.watch_thread.join()
        end()
        for starter in self.restart_threads:
            starter.join()
        end()  # what was being started meanwhile

    def stop_stages(self) -> None:
        """Stop stage after stage, all of one stage at once."""
        with ThreadPoolExecutor(thread_name_prefix="stopper") as pool:
            for stage in sorted({it.stage for it in self.processes}, reverse=True):
                for _ in pool.map(lambda it: it.engine.stop(), self.at(stage)):
                    pass

    def at(self, stage: int) -> list[SupervisedProcess]:
        """Return what is kept at a stage."""
        return [it for it in self.processes if it.stage == stage]
