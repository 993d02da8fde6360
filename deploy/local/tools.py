"""Run tools, modules of ours, to their end, unless what they make is not wanted any more."""

from collections.abc import Mapping, Sequence
from pathlib import Path
from threading import Lock

import psutil

from deploy.local import process
from deploy.local.forks import Forks


class Tools:
    """The tools that run now, in several threads."""

    def __init__(self, forks: Forks) -> None:
        """Take what starts them."""
        self.forks = forks
        self.running: list[psutil.Process] = []
        self.abandoned = False
        self.lock = Lock()

    def finish(
        self, words: Sequence[str], log: Path, environment: Mapping[str, str], folder: Path
    ) -> bool:
        """Run a tool to its end and tell whether it did what it should.

        Args:
            words: The module and its arguments.
            log: Its output is appended to it.
            environment: The whole of it.
            folder: Where it runs.

        Raises:
            StartError: It cannot be started, or was given up before it was.
        """
        if self.abandoned:
            return False
        tool = self.forks.spawn(words, log, environment, folder)
        with self.lock:
            self.running.append(tool)
            if self.abandoned:
                process.kill_all([tool])
        return tool.wait() == 0

    def abandon(self) -> None:
        """End the tools that run or are being started, and start no more."""
        with self.lock:
            self.abandoned = True
            process.kill_all(self.running)
        self.forks.abandon()
