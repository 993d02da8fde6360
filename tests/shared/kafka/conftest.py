"""Fixtures for consumers of a real broker."""

import pytest

from shared.kafka import faust_consumer


@pytest.fixture
def commit_soon(monkeypatch: pytest.MonkeyPatch) -> None:
    """Commit acknowledged offsets at once."""
    monkeypatch.setattr(faust_consumer, "COMMIT_INTERVAL_S", 0.1)
