"""Exit statuses and messages of a process that must not continue."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

from shared.exit import EX_CONFIG, EX_SOFTWARE, EX_TEMPFAIL


def ended_by(code: str) -> "subprocess.CompletedProcess[str]":
    """Run code in a process of its own."""
    command = [sys.executable, "-c", code]
    return subprocess.run(command, capture_output=True, text=True, check=False)  # noqa: S603


def test_a_process_with_a_bug_ends_at_once_and_logs_the_reason() -> None:
    ended = ended_by(
        "import atexit; from shared.exit import abort_process;"
        "atexit.register(print, 'cleaned up');"
        "abort_process('a loop ended', ValueError('an unexpected value'))"
    )

    assert ended.returncode == EX_SOFTWARE
    assert "a loop ended" in ended.stdout + ended.stderr
    assert "an unexpected value" in ended.stdout + ended.stderr
    assert "cleaned up" not in ended.stdout


def test_a_process_that_cannot_start_says_so_without_a_traceback() -> None:
    ended = ended_by("from shared.exit import refuse_to_start; refuse_to_start('port: taken')")

    assert (ended.returncode, ended.stdout, ended.stderr) == (EX_CONFIG, "", "port: taken\n")


@pytest.mark.parametrize(
    ("code", "status"),
    [
        ("shared.exit.abort_process('a loop ended', ValueError('unexpected'))", EX_SOFTWARE),
        ("shared.exit.refuse_to_start('port: taken')", EX_CONFIG),
        ("shared.exit.end_process()", 0),
        ("shared.exit.abort_process('unspeakable', Unspeakable())", EX_SOFTWARE),
        ("shared.exit.exit_for_restart('restored')", EX_TEMPFAIL),
        ("refuse_to_log(); shared.exit.exit_for_restart('restored')", EX_TEMPFAIL),
        ("refuse_to_log(); shared.exit.abort_process('a loop ended', None)", EX_SOFTWARE),
    ],
)
def test_a_process_ends_with_its_status_although_its_log_is_on_a_full_disk(
    code: str, status: int
) -> None:
    """Also if an object in the reason has no representation, and if logging fails."""
    unspeakable = (
        "import structlog\n"
        "class Unspeakable:\n    def __repr__(self): raise RuntimeError\n"
        "def refuse(*_): raise RuntimeError\n"
        "def refuse_to_log(): structlog.configure(processors=[refuse])\n"
    )

    with Path("/dev/full").open("w") as full:
        ended = subprocess.run(  # noqa: S603
            [sys.executable, "-c", f"import shared.exit\n{unspeakable}{code}"],
            stdout=full,
            stderr=full,
            check=False,
            timeout=30,
        )

    assert ended.returncode == status


def test_a_process_whose_log_cannot_be_written_continues_and_counts_the_lost_lines() -> None:
    code = (
        "import logging, sys, structlog; from pathlib import Path;"
        "from shared.observability import metrics, standard_streams as streams;"
        "from shared.observability.logs import configure_logs;"
        "from shared.config.settings import Settings; streams.protect_streams();"
        "configure_logs(Settings.from_environment('order',"
        " {'KAITONG_DATABASE_ORDER': 'postgresql://o:x@127.0.0.1/x'}));"
        "structlog.get_logger().error('one'); logging.getLogger('faust').error('two');"
        "print('three', file=sys.stderr);"
        "assert streams.failing_since();"
        "lost = metrics.REGISTRY.get_sample_value('kaitong_log_writes_lost_total');"
        "assert lost >= 3, lost;"  # a print is one write or two, depending on the buffering
        "sys.stderr = streams.FailsafeStream(open(sys.argv[1], 'w'));"
        "structlog.get_logger().error('four');"
        "assert streams.failing_since() is None;"
    )

    with Path("/dev/full").open("w") as full:
        ended = subprocess.run(  # noqa: S603
            [sys.executable, "-c", code, os.devnull], stderr=full, check=False, timeout=30
        )

    assert ended.returncode == 0
