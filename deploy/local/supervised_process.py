"""One process under care: whether it runs, how it ended, and when it is started again."""

import time
from dataclasses import dataclass
from pathlib import Path
from typing import Protocol

import psutil

from deploy.local import process
from deploy.local.liveness import Liveness
from deploy.local.stack_record import ProcessIdentity, ProcessRecord

EXIT_TIMEOUT_S = 20.0
"""Seconds that the other threads of a process have to end after its first one."""

FIRST_BACKOFF_S, MAX_BACKOFF_S = 0.2, 30.0
"""Seconds before what ended is started again; doubled each time that it ends young."""

STABLE_AFTER_S = 30.0
"""Seconds after which a process that ends is not called young any more."""

EX_CONFIG = 78
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
class SupervisedProcess:
    """One engine or program under care."""

    name: str
    engine: Engine
    stage: int
    url: str
    restarts: int = 0
    last_end: str = ""
    backoff_s: float = FIRST_BACKOFF_S
    is_starting: bool = False
    """It is being started right now."""

    refuses: bool = False
    """It has said that it cannot run like this."""

    liveness: Liveness | None = None
    is_ending: bool = False
    """It hangs, and is being ended right now."""

    was_hung: bool = False
    obstacle: str = ""
    """Why it could not be started again when that was tried last, as it was told."""

    @property
    def has_ended(self) -> bool:
        """Tell whether it has ended, and its end is not noted yet."""
        is_left_alone = self.is_starting or self.is_ending or self.refuses
        return not (is_left_alone or process.is_alive(self.engine.server))

    def hangs(self) -> bool:
        """Look whether it answers; tell whether it has not for too long."""
        server = self.engine.server
        if self.liveness is None or self.liveness.server != server:
            self.liveness = Liveness(server)
        self.liveness.note(answers=not process.is_alive(server) or self.engine.answers())
        return self.liveness.is_hung

    @property
    def last_log_line(self) -> str:
        """What its log says last, for an error's text."""
        return process.last_line(self.engine.log).removeprefix(f"{self.name}: ")

    @property
    def line(self) -> ProcessRecord:
        """What others may know of it."""
        server, log = self.engine.server, str(self.engine.log)
        life = ProcessIdentity(server.pid, server.create_time())
        return ProcessRecord(
            self.name, life, log, self.url, self.restarts, self.last_end, self.refuses
        )

    @property
    def end_message(self) -> str:
        """How its last life ended, for people."""
        return f"{self.name} ended ({self.last_end}); see {self.engine.log}"

    def note_end(self) -> None:
        """Note how it ended, and how long to wait before it is started again."""
        server = self.engine.server
        lived = time.time() - server.create_time()
        # Its first thread has ended; the others may take a moment longer.
        code = process.exit_code(server, EXIT_TIMEOUT_S)
        refuses = code == EX_CONFIG
        last_end = f"cannot start: {self.last_log_line}" if refuses else process.describe_exit(code)
        last_end = f"it did not answer; {last_end}" if self.was_hung else last_end
        # Nothing is noted before all is known: after an error this is done again.
        self.refuses, self.last_end = refuses, last_end
        self.backoff_s = FIRST_BACKOFF_S if lived > STABLE_AFTER_S else self.backoff_s

    def next_backoff_s(self) -> float:
        """Return how long to wait before a start, and wait longer the next time."""
        pause, self.backoff_s = self.backoff_s, min(2 * self.backoff_s, MAX_BACKOFF_S)
        return pause
