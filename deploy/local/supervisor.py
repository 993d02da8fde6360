"""Keep processes running: what ends or hangs is started again, until told to stop.

Only what says itself that it cannot run like this is left alone.
"""

import contextlib
import itertools
import signal
import threading
import time
from collections.abc import Callable, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from pathlib import Path
from typing import Protocol

import psutil

from deploy.local import logs, process, pulse
from deploy.local.pulse import Pulse
from deploy.local.record import Life, Line

BEAT = 0.1
"""Seconds between two looks at the processes."""

LOOK = 50
"""Beats between two looks at the size of the logs."""

STOP_PATIENCE = 20.0
"""Seconds that a process has to stop before it is killed."""

FIRST_PAUSE, LAST_PAUSE = 0.2, 30.0
"""Seconds before what ended is started again; doubled each time that it ends young."""

GROWN_UP = 30.0
"""Seconds after which a process that ends is not called young any more."""

MOST_AT_ONCE = 32
"""So many processes can be started, or looked at, beside each other; more than there are."""

REFUSES = 78
"""Exit code (EX_CONFIG) of what cannot run like this: a setting or a port is wrong, and
starting it again would not help."""


class Engine(Protocol):
    """What can be kept running."""

    server: psutil.Process
    log: Path

    def start(self) -> None:
        """Start (again); return when it is of use, or at once if it tells by HTTP.

        Raises:
            StartError: it ended, or is not of use yet; called again, it waits for what runs.
        """

    def stop(self) -> None:
        """Stop in order; what does not stop is killed."""

    def answers(self) -> bool:
        """Tell whether it answers, within seconds."""


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
        process.end(self.server, signal.SIGTERM, STOP_PATIENCE)

    def answers(self) -> bool:
        """Tell whether it answers; what speaks no HTTP is trusted."""
        return not self.url or pulse.answers_http(self.url)


@dataclass
class Kept:
    """One engine or program under care."""

    name: str
    engine: Engine
    stage: int
    url: str
    restarts: int = 0
    last_end: str = ""
    pause: float = FIRST_PAUSE
    busy: bool = False
    """It is being started right now."""

    refuses: bool = False
    """It has said that it cannot run like this."""

    pulse: Pulse | None = None
    is_ending: bool = False
    """It hangs, and is being ended right now."""

    was_hung: bool = False

    @property
    def has_ended(self) -> bool:
        """Tell whether it has ended, and nobody has seen it yet."""
        is_left_alone = self.busy or self.is_ending or self.refuses
        return not (is_left_alone or process.is_alive(self.engine.server))

    def hangs(self) -> bool:
        """Look whether it answers; tell whether it has not for too long."""
        server = self.engine.server
        if self.pulse is None or self.pulse.server != server:
            self.pulse = Pulse(server)
        self.pulse.note(answers=not process.is_alive(server) or self.engine.answers())
        return self.pulse.is_hung

    @property
    def last_words(self) -> str:
        """What its log says last, for an error's text."""
        return process.last_line(self.engine.log).removeprefix(f"{self.name}: ")

    @property
    def line(self) -> Line:
        """What others may know of it."""
        server, log = self.engine.server, str(self.engine.log)
        life = Life(server.pid, server.create_time())
        return Line(self.name, life, log, self.url, self.restarts, self.last_end, self.refuses)

    def bury(self) -> None:
        """Note how its life ended, and how long to wait before the next one."""
        server = self.engine.server
        lived = time.time() - server.create_time()
        # Its first thread has ended; the others may take a moment longer.
        code = process.exit_code(server, STOP_PATIENCE)
        self.refuses = code == REFUSES
        self.last_end = f"cannot start: {self.last_words}" if self.refuses else in_words(code)
        if self.was_hung:
            self.last_end, self.was_hung = f"it did not answer; {self.last_end}", False
        self.pause = FIRST_PAUSE if lived > GROWN_UP else self.pause

    def next_pause(self) -> float:
        """Return how long to wait before a start, and wait longer the next time."""
        pause, self.pause = self.pause, min(2 * self.pause, LAST_PAUSE)
        return pause


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
        self.starters = ThreadPoolExecutor(MOST_AT_ONCE, thread_name_prefix="starter")
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
        for beat in itertools.count(1):
            if self.stopping.wait(BEAT):
                return
            for kept in [it for it in self.kept if it.has_ended]:
                kept.bury()
                self.tell(f"{kept.name} ended ({kept.last_end}); see {kept.engine.log}")
                if not kept.refuses:
                    kept.busy = True
                    self.starters.submit(self.revive, kept)
            if beat % LOOK == 0:
                self.tidy()

    def tidy(self) -> None:
        """Cut logs that have grown too large, and write down what a full disk has refused."""
        for kept in list(self.kept):
            logs.cut(kept.engine.log)
        if self.is_unwritten:
            self.note()

    def revive(self, kept: Kept) -> None:
        """Start one again, as often as it takes."""
        kept.restarts += 1
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
                for _ in pool.map(self.look_at, list(self.kept)):
                    pass

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
        self.starters.shutdown()
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


def in_words(code: int | None) -> str:
    """Return how a process ended, for a person."""
    if code is None:
        return "nobody saw how"
    if code >= 0:
        return f"exit code {code}"
    known = {each.value: each.name for each in signal.Signals}
    return f"killed by {known.get(-code, f'signal {-code}')}"
