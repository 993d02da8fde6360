"""The command line, as a person runs it."""

import subprocess
import sys

from deploy.local.home import CHECKOUT


def kaitong(*words: str) -> subprocess.CompletedProcess[str]:
    """Run a command to its end."""
    command = [sys.executable, "-m", "services.console", *words]
    return subprocess.run(  # noqa: S603  our own
        command, cwd=CHECKOUT, capture_output=True, text=True, check=False
    )
