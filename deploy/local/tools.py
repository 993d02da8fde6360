"""Run tools to their end, unless what they make is not wanted any more."""

from collections.abc import Mapping, Sequence
from pathlib import Path
from threading import Lock

import psutil

from deploy.local import process


class Tools:
    """The tools that run now, in several threads."""

    def __init__(self) -> None:
        self.running: list[psutil.Process] = []
        self.abandoned = False
        self.lock = Lock()

    def finish(self, command: Sequence[str], log: Path, environment: Mapping[str, str]) -> bool:
        """Run a tool to its end and tell whether it did what it should."""
        with self.lock:
            if self.abandoned:
                return False
            tool = process.spawn(command, log, environment=environment)
            self.running.append(tool)
        return tool.wait() == 0

    def abandon(self) -> None:
        """End the tools that run, and start no more."""
        with self.lock:
            self.abandoned = True
            process.kill_all(self.running)
