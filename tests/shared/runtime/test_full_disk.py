"""A full disk: a process continues, or ends and can be started again; nothing hangs."""

import signal
from collections.abc import Iterator
from pathlib import Path
from uuid import uuid4

import pytest
from sqlalchemy import text

from shared.config.settings import Settings
from shared.contracts import OrderAccepted
from shared.exit import EX_SOFTWARE
from shared.persistence.database import Sessions
from tests.disks import disk
from tests.kernel import until
from tests.shared.consuming import produce, seal_records
from tests.shared.order_log import accepted, logged_types
from tests.shared.service_process import running_process

FULL = Path("/dev/full")
TIMEOUT_S = 60.0
"""Seconds."""


pytestmark = pytest.mark.usefixtures("keys", "topics")


async def test_a_process_whose_log_is_on_a_full_disk_handles_messages_and_ends_on_sigterm(
    sessions: Sessions, settings: Settings
) -> None:
    with running_process(settings, log=FULL) as running:
        await until(running.is_ready, TIMEOUT_S)
        await produce(settings, seal_records([accepted()]))
        await until(lambda: bool(logged_types(sessions)), TIMEOUT_S)

        assert running.end(signal.SIGTERM) == 0


async def test_a_process_that_meets_a_bug_ends_although_its_log_is_on_a_full_disk(
    sessions: Sessions, settings: Settings
) -> None:
    """A supervisor does not restart a process that runs without consuming."""
    with running_process(settings, log=FULL) as running:
        await until(running.is_ready, TIMEOUT_S)
        with sessions.begin() as session:
            session.execute(text("ALTER TABLE inbox RENAME TO elsewhere"))
        try:
            await produce(settings, seal_records([accepted()]))
            assert running.wait(TIMEOUT_S) == EX_SOFTWARE
        finally:
            with sessions.begin() as session:
                session.execute(text("ALTER TABLE elsewhere RENAME TO inbox"))


@pytest.fixture
def small_disk(tmp_path: Path) -> Iterator[Path]:
    """A file system of one megabyte."""
    with disk(tmp_path / "disk", 1) as found:
        yield found.place


async def test_a_process_whose_folders_are_on_a_full_disk_starts_and_handles_messages(
    sessions: Sessions, settings: Settings, small_disk: Path
) -> None:
    """Its log, its state and its temporary folder are on the disk; keys are only read."""
    orders = [uuid4() for _ in range(500)]
    small_disk.joinpath("filler").write_bytes(b"0" * ((1 << 20) - 4096))
    fill(small_disk / "more")
    on_disk = settings.model_copy(update={"state_folder": small_disk / "state"})

    with running_process(on_disk, log=small_disk / "log", temporary=small_disk) as running:
        await until(running.is_ready, TIMEOUT_S)
        await produce(settings, seal_records([accepted(each) for each in orders]))
        await until(lambda: all(logged_types(sessions, each) for each in orders), TIMEOUT_S)

        assert running.end(signal.SIGTERM) == 0

    assert logged_types(sessions, orders[0]) == [OrderAccepted.name]


def fill(file: Path) -> None:
    """Write until there is no room left."""
    with file.open("wb", 0) as output:
        try:
            while True:
                output.write(b"0" * 512)
        except OSError:
            return
