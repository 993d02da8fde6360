"""One process under care: whether it runs, how it ended, and when it is started again."""

import time
from dataclasses import dataclass
from pathlib import Path
from typing import Protocol

import psutil

from deploy.local import process
from deploy.local.pulse import Pulse
from deploy.local.record import Life, Line

EXIT_TIMEOUT_S = 20.0
"""Seconds that the other threads of a process have to end after its first one."""

FIRST_PAUSE, LAST_PAUSE = 0.2, 30.0
"""Seconds before what ended is started again; doubled each time that it ends young."""

GROWN_UP = 30.0
"""Seconds after which a process that ends is not called young any more."""

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
    obstacle: str = ""
    """Why it could not be started again when that was tried last, as it was told."""

    @property
    def has_ended(self) -> bool:
        """Tell whether it has ended, and its end is not noted yet."""
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

    @property
    def end(self) -> str:
        """How its last life ended, for people."""
        return f"{self.name} ended ({self.last_end}); see {self.engine.log}"

    def note_end(self) -> None:
        """Note how it ended, and how long to wait before it is started again."""
        server = self.engine.server
        lived = time.time() - server.create_time()
        # Its first thread has ended; the others may take a moment longer.
        code = process.exit_code(server, EXIT_TIMEOUT_S)
        refuses = code == REFUSES
        last_end = f"cannot start: {self.last_words}" if refuses else process.in_words(code)
        last_end = f"it did not answer; {last_end}" if self.was_hung else last_end
        # Nothing is noted before all is known: after an error this is done again.
        self.refuses, self.last_end = refuses, last_end
        self.pause = FIRST_PAUSE if lived > GROWN_UP else self.pause

    def next_pause(self) -> float:
        """Return how long to wait before a start, and wait longer the next time."""
        pause, self.pause = self.pause, min(2 * self.pause, LAST_PAUSE)
        return pause
