"""Fixtures of the tests that look after processes."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.deploy.care import Care


@pytest.fixture
def care(tmp_path: Path) -> Iterator[Care]:
    """A supervisor that stops at the test's end."""
    care = Care(tmp_path)
    yield care
    care.supervisor.stop()
