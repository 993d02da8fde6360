"""One supervised process: whether it runs, how it ended, and when it is restarted."""

import time
from dataclasses import dataclass
from pathlib import Path
from typing import Protocol

import psutil

from deploy.local import process
from deploy.local.hang_detection import Liveness
from deploy.local.stack_record import ProcessIdentity, ProcessRecord

EXIT_TIMEOUT_S = 20.0
"""Seconds for the other threads of a process to end after its first one."""

FIRST_BACKOFF_S, MAX_BACKOFF_S = 0.2, 30.0
"""Seconds before a process is restarted; doubled each time that it ends early."""

STABLE_AFTER_S = 30.0
"""Seconds of running after which an end does not count as early."""

EX_CONFIG = 78
"""Exit code (EX_CONFIG) of a process with a wrong setting or port: a restart would not help."""


class ManagedProcess(Protocol):
    """A process that a supervisor can start, stop and check."""

    server: psutil.Process
    log: Path

    def start(self) -> None:
        """Start (again); return when it is ready, or at once if its readiness is read by HTTP.

        Raises:
            StartError: It ended, or is not ready yet; the next call waits for a running one.
        """

    def stop(self) -> None:
        """Stop in order; kill it if it does not stop."""

    def answers(self) -> bool:
        """Tell whether it answers, within seconds."""


@dataclass
class SupervisedProcess:
    """One supervised engine or program."""

    name: str
    engine: ManagedProcess
    stage: int
    url: str
    restarts: int = 0
    last_end: str = ""
    backoff_s: float = FIRST_BACKOFF_S
    is_starting: bool = False
    """It is being started now."""

    refuses: bool = False
    """It has exited with EX_CONFIG."""

    liveness: Liveness | None = None
    is_ending: bool = False
    """It hangs, and is being ended now."""

    was_hung: bool = False
    restart_error: str = ""
    """Reported error of the last attempt to restart it."""

    @property
    def has_ended(self) -> bool:
        """Tell whether it has ended, and is neither being handled nor known to refuse."""
        is_excluded = self.is_starting or self.is_ending or self.refuses
        return not (is_excluded or process.is_alive(self.engine.server))

    def hangs(self) -> bool:
        """Check whether it answers; return whether it has missed too many checks."""
        server = self.engine.server
        if self.liveness is None or self.liveness.server != server:
            self.liveness = Liveness(server)
        self.liveness.note(answers=not process.is_alive(server) or self.engine.answers())
        return self.liveness.is_hung

    @property
    def last_log_line(self) -> str:
        """The last line of its log, for an error's text."""
        return process.last_line(self.engine.log).removeprefix(f"{self.name}: ")

    @property
    def record(self) -> ProcessRecord:
        """Its entry in the stack's record."""
        server, log = self.engine.server, str(self.engine.log)
        life = ProcessIdentity(server.pid, server.create_time())
        return ProcessRecord(
            self.name, life, log, self.url, self.restarts, self.last_end, self.refuses
        )

    @property
    def end_message(self) -> str:
        """How its previous run ended, for the log."""
        return f"{self.name} ended ({self.last_end}); see {self.engine.log}"

    def note_end(self) -> None:
        """Record how it ended, and how long to wait before its restart."""
        server = self.engine.server
        lived = time.time() - server.create_time()
        # Its first thread has ended; the others may take a moment longer.
        code = process.exit_code(server, EXIT_TIMEOUT_S)
        refuses = code == EX_CONFIG
        last_end = f"cannot start: {self.last_log_line}" if refuses else process.describe_exit(code)
        last_end = f"it did not answer; {last_end}" if self.was_hung else last_end
        # Set only after everything succeeded: after an error this method is called again.
        self.refuses, self.last_end = refuses, last_end
        self.backoff_s = FIRST_BACKOFF_S if lived > STABLE_AFTER_S else self.backoff_s

    def next_backoff_s(self) -> float:
        """Return the seconds to wait before a start; double them for the next time."""
        pause, self.backoff_s = self.backoff_s, min(2 * self.backoff_s, MAX_BACKOFF_S)
        return pause
