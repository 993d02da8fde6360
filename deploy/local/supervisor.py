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

from deploy.local import logs, process, pulse
from deploy.local.forks import Forks
from deploy.local.kept import Engine, Kept

PAUSE_S = 0.1
"""Seconds between two looks at the processes."""

TIDY_EVERY = 50
"""Looks at the processes from one look at the size of the logs to the next."""

STOP_TIMEOUT_S = 20.0
"""Seconds that a process has to stop before it is killed."""

MOST_AT_ONCE = 32
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
        return not self.url or pulse.answers_http(self.url)


@dataclass
class Module(Program):
    """A process that runs a module of ours: the command is the module and its arguments."""

    forks: Forks = field(kw_only=True)

    def start(self) -> None:
        """Fork it; it says by itself when it is ready."""
        words = list(map(str, self.command))
        self.server = self.forks.spawn(words, self.log, self.environment, self.folder)


class Supervisor:
    """Starts again what ends, and stops everything in order."""

    def __init__(self, changed: Callable[[], None], say: Callable[[str], None]) -> None:
        """Take what to call when a process was replaced, and where to tell of it."""
        self.kept: list[Kept] = []
        self.changed = changed
        self.say = say
        self.is_unwritten = False
        self.stopping = threading.Event()
        self.beginning = threading.Lock()
        self.starters: list[threading.Thread] = []
        self.watcher = threading.Thread(target=self.watch, name="supervisor", daemon=True)
        self.looker = threading.Thread(target=self.look, name="looker", daemon=True)

    def keep(self, name: str, engine: Engine, *, stage: int, url: str = "") -> None:
        """Take a running engine into care; a higher stage needs the lower ones."""
        with self.beginning:
            self.kept.append(Kept(name, engine, stage, url))
            if not self.watcher.is_alive():
                self.watcher.start()
                self.looker.start()
        self.changed()

    def watch(self) -> None:
        """Start again what has ended, until told to stop."""
        for looks in itertools.count(1):
            if self.stopping.wait(PAUSE_S):
                return
            for kept in list(self.kept):
                self.attend(kept)
            if looks % TIDY_EVERY == 0:
                self.tidy()

    def attend(self, kept: Kept) -> None:
        """Have a process that has ended started again; what prevents it is told, once.

        It is tried again at the next look, and the other processes are not kept from it.
        """
        try:
            if kept.has_ended:
                kept.note_end()
                self.go_on(kept)
                kept.obstacle = ""
        except Exception as error:  # noqa: BLE001  whatever it is, the others are watched on
            obstacle = f"{kept.name} ended, and cannot be started again yet: {error}"
            if obstacle != kept.obstacle:
                self.tell(obstacle)
            kept.obstacle = obstacle

    def go_on(self, kept: Kept) -> None:
        """Have one started again in a thread of its own; leave alone what cannot run like this.

        A pool would keep what it has no thread for, and do it twice.

        Raises:
            RuntimeError: The machine has no thread left.
        """
        if kept.refuses:
            self.tell(kept.end)
            return
        starter = threading.Thread(target=self.revive, args=(kept,), name=f"starter {kept.name}")
        kept.busy = True
        try:
            starter.start()
        except RuntimeError:
            kept.busy = False
            raise
        self.starters = [*(it for it in self.starters if it.is_alive()), starter]

    def tidy(self) -> None:
        """Cut logs that have grown too large, and write down what a full disk has refused."""
        for kept in list(self.kept):
            logs.cut(kept.engine.log)
        if self.is_unwritten:
            self.note()

    def revive(self, kept: Kept) -> None:
        """Tell how one has ended, and try to start it again until it runs."""
        self.tell(kept.end)
        kept.restarts, kept.was_hung = kept.restarts + 1, False
        while not self.stopping.wait(kept.next_pause()):
            try:
                kept.engine.start()
            except Exception as error:  # noqa: BLE001  whatever it is, it is told and tried again
                self.tell(f"{kept.name} does not start, next try in {kept.pause:.1f} s: {error}")
            else:
                self.tell(f"{kept.name} runs again")
                break
        kept.busy = False

    def look(self) -> None:
        """End what hangs, until told to stop; the watcher finds it ended."""
        with ThreadPoolExecutor(MOST_AT_ONCE, thread_name_prefix="looker") as pool:
            while not self.stopping.wait(pulse.LOOK_EVERY):
                try:
                    list(pool.map(self.look_at, list(self.kept)))
                except RuntimeError as error:  # no thread is left for one of them
                    self.tell(f"not all processes were looked at: {error}")

    def look_at(self, kept: Kept) -> None:
        """End a process if it hangs."""
        try:
            if not self.stopping.is_set() and kept.hangs():
                self.end(kept)
        except (OSError, psutil.Error) as error:
            self.tell(f"{kept.name} cannot be looked at: {error}")

    def end(self, kept: Kept) -> None:
        """End a process that hangs, by force if need be."""
        kept.is_ending = kept.was_hung = True
        try:
            self.tell(f"{kept.name} does not answer, and is ended; see {kept.engine.log}")
            kept.engine.stop()
        finally:
            kept.is_ending = False

    def tell(self, text: str) -> None:
        """Tell of a change, and have it written down; a full disk does not end our care."""
        with contextlib.suppress(OSError):
            self.say(text)
        self.note()

    def note(self) -> None:
        """Have it written down what runs; what a full disk refuses is tried again later."""
        self.is_unwritten = True
        with contextlib.suppress(OSError):
            self.changed()
            self.is_unwritten = False

    def stop(self) -> None:
        """Stop everything, what needs others before what they need."""
        self.let_go(self.stop_stages)

    def kill(self) -> None:
        """End everything at once, for when nothing of it is wanted any more."""
        self.let_go(lambda: process.kill_all([it.engine.server for it in self.kept]))

    def let_go(self, end: Callable[[], None]) -> None:
        """Start nothing again, and end what runs."""
        self.stopping.set()
        if self.watcher.is_alive():
            self.watcher.join()
        end()
        for starter in self.starters:
            starter.join()
        end()  # what was being started meanwhile

    def stop_stages(self) -> None:
        """Stop stage after stage, all of one stage at once."""
        with ThreadPoolExecutor(thread_name_prefix="stopper") as pool:
            for stage in sorted({it.stage for it in self.kept}, reverse=True):
                for _ in pool.map(lambda it: it.engine.stop(), self.at(stage)):
                    pass

    def at(self, stage: int) -> list[Kept]:
        """Return what is kept at a stage."""
        return [it for it in self.kept if it.stage == stage]
