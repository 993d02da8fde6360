"""Fixtures for consumers of a real broker."""

import pytest

from shared.kafka import faust_transport


@pytest.fixture
def commit_soon(monkeypatch: pytest.MonkeyPatch) -> None:
    """Commit acknowledged offsets at once."""
    monkeypatch.setattr(faust_transport, "COMMIT_INTERVAL_S", 0.1)
