"""Run Kaitong's tools as processes to their end; cancel them when a start is cancelled."""

from collections.abc import Mapping, Sequence
from pathlib import Path
from threading import Lock

import psutil

from deploy.local import process
from deploy.local.fork_server_client import ForkServerClient


class OneOffJobs:
    """Runs tools, from several threads, and can end all of them."""

    def __init__(self, fork_server: ForkServerClient) -> None:
        """Use a fork server to start them."""
        self.fork_server = fork_server
        self.running: list[psutil.Process] = []
        self.lock = Lock()

    def run(
        self, words: Sequence[str], log: Path, environment: Mapping[str, str], folder: Path
    ) -> bool:
        """Run a tool, started as by `ForkServerClient.spawn`; return whether it exited with 0.

        Raises:
            StartError: It cannot be started, or was cancelled before its start.
        """
        tool = self.fork_server.spawn(words, log, environment, folder)
        with self.lock:
            self.running.append(tool)
            if self.fork_server.refuses_new:
                process.kill_all([tool])
        return tool.wait() == 0

    def cancel_and_refuse_new(self) -> None:
        """Kill the tools that run or are being started, and refuse new ones."""
        self.fork_server.cancel_and_refuse_new()
        with self.lock:
            process.kill_all(self.running)
