"""The small service in a process of its own."""

import json
import os
import signal
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from deploy.local.ports import free_port
from shared.config.settings import Settings
from tests.forked_program import ForkedProgram
from tests.shared import small_service


class ServiceProcess:
    """One process of the small service."""

    def __init__(
        self,
        settings: Settings,
        module: str,
        process_type: str,
        log: Path | None,
        temporary: Path | None,
    ) -> None:
        self.port = free_port()
        environment = {
            "PATH": os.environ["PATH"],
            "KAITONG_DATABASE_SMALL": settings.database_url,
            "KAITONG_KAFKA": settings.kafka,
            "KAITONG_TOPIC_PREFIX": settings.topic_prefix,
            "KAITONG_HOME": str(settings.home),
            "KAITONG_HTTP_PORT": str(self.port),
            "KAITONG_STATE": str(settings.state_folder),
            "KAITONG_INSTALLATION": settings.installation,
        }
        environment |= {"TMPDIR": str(temporary)} if temporary else {}
        self.log = log or settings.home / f"{self.port}.log"
        with self.log.open("wb") as output:
            out = output.fileno()
            self._running = ForkedProgram(module, [process_type], environment, out, out)

    def has_logged(self, words: str) -> bool:
        """Return whether its log has these words."""
        return words in self.log.read_text()

    def is_ready(self) -> bool:
        """Return whether its API is ready."""
        url = f"http://127.0.0.1:{self.port}/health/ready"
        try:
            with urllib.request.urlopen(url, timeout=5) as answer:
                return bool(answer.status == 200)
        except OSError:
            assert self._running.poll() is None, f"it ended; see {self.log}"
            return False

    def wait(self, timeout_s: float) -> int:
        """Return its exit status, once it has ended by itself."""
        return self._running.wait(timeout_s)

    def end(self, number: int, timeout_s: float = 30) -> int:
        """Send it a signal; return its exit status, once it has ended."""
        self._running.send_signal(number)
        return self._running.wait(timeout_s)


def errors_in(log: Path) -> list[dict[str, Any]]:
    """Return the lines of a log with level error or critical."""
    lines = [json.loads(line) for line in log.read_text().splitlines()]
    return [line for line in lines if line["level"] in {"error", "critical"}]


@contextmanager
def running_process(
    settings: Settings,
    module: str = small_service.__name__,
    *,
    process_type: str = "all",
    log: Path | None = None,
    temporary: Path | None = None,
) -> Iterator[ServiceProcess]:
    """Run a process, and kill it when the block ends.

    Args:
        settings: Its settings, except for its port and its archive.
        module: The module that it runs.
        process_type: The part of the service that it runs: `api`, `worker` or `all`.
        log: Its log file; by default one in its home.
        temporary: Its temporary folder; by default the machine's.
    """
    running = ServiceProcess(settings, module, process_type, log, temporary)
    try:
        yield running
    finally:
        running.end(signal.SIGKILL)
