"""Fixtures for tests of the edge."""

import logging
from collections.abc import AsyncIterator, Iterator

import pytest
import structlog
from httpx import AsyncClient

from shared.settings import Settings
from tests.shared.http.api import an_api, bearer, calling, settings_for


@pytest.fixture(scope="session")
def settings(tmp_path_factory: pytest.TempPathFactory) -> Settings:
    """Settings with keys, and a database that cannot be reached."""
    return settings_for(tmp_path_factory.mktemp("home"))


@pytest.fixture
async def client(settings: Settings) -> AsyncIterator[AsyncClient]:
    """A CRM that calls the small API."""
    async with calling(an_api(settings), bearer(settings)) as client:
        yield client


@pytest.fixture
def logging_as_it_was() -> Iterator[None]:
    """Undo what a test does to logging."""
    root = logging.getLogger()
    handlers, level = root.handlers[:], root.level
    yield
    structlog.reset_defaults()
    root.handlers, root.level = handlers, level
    logging.captureWarnings(capture=False)
