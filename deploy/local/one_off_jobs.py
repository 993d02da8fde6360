"""Run tools, modules of ours, to their end, unless what they make is not wanted any more."""

from collections.abc import Mapping, Sequence
from pathlib import Path
from threading import Lock

import psutil

from deploy.local import process
from deploy.local.fork_server import ForkServer


class OneOffJobs:
    """The tools that run now, in several threads."""

    def __init__(self, fork_server: ForkServer) -> None:
        """Take what starts them."""
        self.fork_server = fork_server
        self.running: list[psutil.Process] = []
        self.lock = Lock()

    def run(
        self, words: Sequence[str], log: Path, environment: Mapping[str, str], folder: Path
    ) -> bool:
        """Run a tool, started as by `Forks.spawn`, and return whether it did what it should.

        Raises:
            StartError: It cannot be started, or was given up before it was.
        """
        tool = self.fork_server.spawn(words, log, environment, folder)
        with self.lock:
            self.running.append(tool)
            if self.fork_server.is_abandoned:
                process.kill_all([tool])
        return tool.wait() == 0

    def abandon(self) -> None:
        """End the tools that run or are being started, and start nothing more."""
        self.fork_server.abandon()
        with self.lock:
            process.kill_all(self.running)
