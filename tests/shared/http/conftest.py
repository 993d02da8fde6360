"""Fixtures for tests of the HTTP layer."""

import logging
import sys
import threading
from collections.abc import AsyncIterator, Iterator

import pytest
import structlog
from httpx import AsyncClient

from shared.config.settings import Settings
from shared.http import protocol
from shared.observability.logs import configure_logs
from tests.shared.http.small_api import an_api, api_client, bearer, settings_for
from tests.shared.http.sockets import TIMEOUT_S, Server, listening


@pytest.fixture(scope="session")
def settings(tmp_path_factory: pytest.TempPathFactory) -> Settings:
    """Settings with keys, and a database that cannot be reached."""
    return settings_for(tmp_path_factory.mktemp("home"))


@pytest.fixture
async def client(settings: Settings) -> AsyncIterator[AsyncClient]:
    """A client of the small API, with a CRM's token."""
    async with api_client(an_api(settings), bearer(settings)) as client:
        yield client


@pytest.fixture(autouse=True)
def logged(settings: Settings) -> Iterator[None]:
    """Configure logs as in production; restore the former configuration afterwards."""
    root = logging.getLogger()
    handlers, level, hooks = root.handlers[:], root.level, (sys.excepthook, threading.excepthook)
    configure_logs(settings)
    yield
    structlog.reset_defaults()
    root.handlers, root.level = handlers, level
    sys.excepthook, threading.excepthook = hooks
    logging.captureWarnings(capture=False)


@pytest.fixture
async def server(settings: Settings, monkeypatch: pytest.MonkeyPatch) -> AsyncIterator[Server]:
    """The small API on a port, with short time-outs."""
    monkeypatch.setattr(protocol, "SOCKET_TIMEOUT_S", TIMEOUT_S)
    monkeypatch.setattr(protocol, "LINGER_S", TIMEOUT_S)
    async with listening(an_api(settings), settings) as server:
        yield server


@pytest.fixture(scope="session")
def authorization(settings: Settings) -> bytes:
    """The header with a CRM's token."""
    return b"Authorization: %b\r\n" % bearer(settings)["Authorization"].encode()
