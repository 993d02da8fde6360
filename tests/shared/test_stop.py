"""How a process ends that must not go on."""

import subprocess
import sys

from shared.stop import CANNOT_START, UNEXPECTED


def ended_by(code: str) -> "subprocess.CompletedProcess[str]":
    """Run code in a process of its own."""
    command = [sys.executable, "-c", code]
    return subprocess.run(command, capture_output=True, text=True, check=False)  # noqa: S603


def test_a_process_that_does_not_understand_ends_at_once_and_says_why() -> None:
    ended = ended_by(
        "import atexit; from shared.stop import stop_process;"
        "atexit.register(print, 'cleaned up');"
        "stop_process('a loop ended', ValueError('nobody expected this'))"
    )

    assert ended.returncode == UNEXPECTED
    assert "a loop ended" in ended.stdout + ended.stderr
    assert "nobody expected this" in ended.stdout + ended.stderr
    assert "cleaned up" not in ended.stdout


def test_a_process_that_cannot_start_says_so_without_a_traceback() -> None:
    ended = ended_by("from shared.stop import refuse_to_start; refuse_to_start('port: taken')")

    assert (ended.returncode, ended.stdout, ended.stderr) == (CANNOT_START, "", "port: taken\n")
