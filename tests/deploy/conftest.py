"""Fixtures of the tests that look after processes."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from deploy.local.forks import Forks
from tests.deploy.care import Care


@pytest.fixture
def care(tmp_path: Path) -> Iterator[Care]:
    """A supervisor that stops at the test's end."""
    care = Care(tmp_path)
    yield care
    care.supervisor.stop()


@pytest.fixture
def own_template(tmp_path: Path) -> Iterator[Forks]:
    """A template that a test may spoil; it has nothing to load."""
    found = Forks(tmp_path / "template.log", ())
    found.start()
    yield found
    found.stop()
    found.close()
