"""A simulator in its own process, which a test may kill."""

import os
import signal
import socket
import subprocess
import sys
import time
from pathlib import Path

import httpx

from services.console.client import ssl_context

ROOT = Path(__file__).parents[2]
TIMEOUT_S = 60


class Simulator:
    """One simulator on one port with one folder, through any number of restarts."""

    def __init__(self, folder: Path) -> None:
        self.port = free_port()
        self.url = f"http://127.0.0.1:{self.port}"
        self.folder = folder
        self._process = self._start()

    def _start(self) -> subprocess.Popen[bytes]:
        process = subprocess.Popen(
            [sys.executable, "-m", "services.elements"],
            cwd=ROOT,
            env=os.environ
            | {"KAITONG_HTTP_PORT": str(self.port), "KAITONG_STATE": str(self.folder)},
        )
        deadline = time.monotonic() + TIMEOUT_S
        while not self._is_ready():
            assert process.poll() is None, "the simulator ended at once"
            assert time.monotonic() < deadline, "the simulator is not ready in time"
            time.sleep(0.02)
        return process

    def _is_ready(self) -> bool:
        try:
            return httpx.get(f"{self.url}/health/ready", verify=ssl_context()).is_success
        except httpx.TransportError:
            return False

    def kill(self) -> None:
        self._process.kill()
        self._process.wait()

    def stop(self) -> int:
        """Stop it with SIGTERM. Returns the exit code."""
        self._process.send_signal(signal.SIGTERM)
        return self._process.wait(TIMEOUT_S)

    def restart(self) -> None:
        self._process = self._start()

    def log_of_a_second_start(self, **settings: str) -> tuple[int, str]:
        """Start a second one; return its exit code and its log."""
        environment = os.environ | {
            "KAITONG_HTTP_PORT": str(self.port),
            "KAITONG_STATE": str(self.folder),
        }
        done = subprocess.run(
            [sys.executable, "-m", "services.elements"],
            cwd=ROOT,
            env=environment | settings,
            capture_output=True,
            text=True,
            timeout=TIMEOUT_S,
            check=False,
        )
        return done.returncode, done.stderr


def free_port() -> int:
    with socket.create_server(("127.0.0.1", 0)) as listener:
        port: int = listener.getsockname()[1]
    return port
