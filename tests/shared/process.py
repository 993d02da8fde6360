"""The small service as a whole process."""

import os
import signal
import subprocess
import sys
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager

from deploy.local.ports import free_port
from shared.settings import Settings
from tests.shared import small


class Process:
    """One process of the small service."""

    def __init__(self, settings: Settings, module: str) -> None:
        self.port = free_port()
        environment = {
            "PATH": os.environ["PATH"],
            "KAITONG_DATABASE_ORDER": settings.database_url,
            "KAITONG_KAFKA": settings.kafka,
            "KAITONG_TOPIC_PREFIX": settings.topic_prefix,
            "KAITONG_HOME": str(settings.home),
            "KAITONG_HTTP_PORT": str(self.port),
        }
        self.log = settings.home / f"{self.port}.log"
        with self.log.open("wb") as log:
            self._running = subprocess.Popen(  # noqa: S603  our own module
                [sys.executable, "-m", module], env=environment, stderr=log, stdout=log
            )

    def says(self, words: str) -> bool:
        """Tell whether its log has these words."""
        return words in self.log.read_text()

    def answers(self) -> bool:
        """Tell whether its API is ready."""
        url = f"http://127.0.0.1:{self.port}/health/ready"
        try:
            with urllib.request.urlopen(url, timeout=1) as answer:
                return bool(answer.status == 200)
        except OSError:
            assert self._running.poll() is None, self.log.read_text()
            return False

    def end(self, number: int, patience: float = 30) -> int:
        """Send it a signal; return its exit status, once it has ended."""
        self._running.send_signal(number)
        return self._running.wait(patience)


@contextmanager
def process(settings: Settings, module: str = small.__name__) -> Iterator[Process]:
    """Run a process, and leave none behind."""
    running = Process(settings, module)
    try:
        yield running
    finally:
        running.end(signal.SIGKILL)
