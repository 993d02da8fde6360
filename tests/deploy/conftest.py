"""Fixtures of the tests that look after processes."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from deploy.local.fork_server import ForkServer
from tests.deploy.recording_supervisor import RecordingSupervisor


@pytest.fixture
def care(tmp_path: Path) -> Iterator[RecordingSupervisor]:
    """A supervisor that stops at the test's end."""
    care = RecordingSupervisor(tmp_path)
    yield care
    care.supervisor.stop()


@pytest.fixture
def own_fork_server(tmp_path: Path) -> Iterator[ForkServer]:
    """A template that a test may spoil; it has nothing to load."""
    found = ForkServer(tmp_path / "template.log", ())
    found.start()
    yield found
    found.stop()
    found.close()
