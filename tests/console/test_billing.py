"""`kaitong billing reconcile` prints or writes the file of a day."""

from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from services.console.errors import FAILURE
from tests.console.command import kaitong
from tests.flows.site import Site

RECONCILE = ("billing", "reconcile", "--network", "025", "--day")
NOW = datetime.now(UTC)
OVER = (NOW - timedelta(days=2)).date().isoformat()
"""A day that is over in every time zone."""


def test_the_file_is_printed_or_written_with_the_same_bytes(
    site: Site, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("KAITONG_HOME", str(site.home))
    file = tmp_path / "folder/billing.csv"

    printed = kaitong(*RECONCILE, OVER)
    written = kaitong(*RECONCILE, OVER, "--from-archive", "--output", str(file))

    assert (printed.returncode, written.returncode) == (0, 0)
    assert written.stdout == f"2 lines: {file}\n"
    assert file.read_bytes() == printed.stdout.encode()
    assert printed.stdout.splitlines()[-1] == f"sum,025,{OVER},,,,0,0,0,0"


def test_a_day_that_is_not_over_is_refused_with_its_remedy(
    site: Site, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("KAITONG_HOME", str(site.home))
    tomorrow, file = (NOW + timedelta(days=1)).date().isoformat(), tmp_path / "billing.csv"

    refused = kaitong(*RECONCILE, tomorrow, "--output", str(file))

    assert (refused.returncode, file.exists()) == (FAILURE, False)
    assert "the day is not over" in refused.stderr
    assert "midnight" in refused.stderr
