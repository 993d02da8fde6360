"""Fixtures of the tests that supervise processes."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from deploy.local.fork_server_client import ForkServerClient
from tests.deploy.recording_supervisor import RecordingSupervisor


@pytest.fixture
def supervision(tmp_path: Path) -> Iterator[RecordingSupervisor]:
    """A supervisor that stops at the test's end."""
    supervision = RecordingSupervisor(tmp_path)
    yield supervision
    supervision.supervisor.stop()


@pytest.fixture
def own_fork_server(tmp_path: Path) -> Iterator[ForkServerClient]:
    """A fork server that a test may break; it preloads nothing."""
    found = ForkServerClient(tmp_path / "template.log", ())
    found.start()
    yield found
    found.stop()
    found.close()
