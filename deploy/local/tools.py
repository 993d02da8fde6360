"""Run tools, modules of ours, to their end, unless what they make is not wanted any more."""

from collections.abc import Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from pathlib import Path
from threading import Event, Lock

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


@contextmanager
def started_threads(count: int) -> Iterator[ThreadPoolExecutor]:
    """Give a pool whose threads run already; at the end wait for what they do.

    A pool that is interrupted while it starts a thread does not know that thread, and does not
    wait for it: here such a thread has nothing to do yet.
    """
    may_work = Event()
    with ThreadPoolExecutor(count) as pool:
        try:
            for _ in range(count):
                pool.submit(may_work.wait)
        finally:
            may_work.set()
        yield pool
