"""The order service's API, called without a network in between."""

import asyncio
from collections.abc import AsyncIterator, Callable
from contextlib import AsyncExitStack, asynccontextmanager
from datetime import UTC, datetime
from pathlib import Path
from typing import TypeAlias

import pytest
from httpx import ASGITransport, AsyncClient

from deploy.local.postgres import Postgres
from services.order.app import SERVICE
from services.order.store.catalogue import load_shipped
from shared.db import Sessions
from shared.desk import Desk
from shared.http import make_api
from shared.keys import make_development_keys, make_token
from shared.relay import Relay
from shared.settings import Settings
from tests.kernel import TENANT, Broker
from tests.order.build import CLIENT

PERSON_KEY = "a key for persons in tests"

AsRole: TypeAlias = Callable[..., dict[str, str]]
"""Makes the headers of a caller."""


@pytest.fixture(scope="session")
def keys(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with keys for development."""
    folder = tmp_path_factory.mktemp("order") / "keys"
    make_development_keys(folder, datetime.now(UTC))
    return folder


@pytest.fixture
def as_role(keys: Path) -> AsRole:
    """Makes the headers of a caller, by role; of another client or tenant when told so."""

    def headers(role: str, client: str = CLIENT, tenant: str = TENANT) -> dict[str, str]:
        token = make_token(keys, role, now=datetime.now(UTC), client=client, tenant=tenant)
        return {"Authorization": f"Bearer {token}"}

    return headers


@pytest.fixture
def stocked(sessions: Sessions) -> Sessions:
    """A database with nothing in it but the shipped catalogue."""
    with sessions.begin() as session:
        load_shipped(session)
    return sessions


@asynccontextmanager
async def calling(sessions: Sessions, settings: Settings) -> AsyncIterator[AsyncClient]:
    """Serve as one process would, and return who calls."""
    relay = Relay(sessions, Broker())
    desk = Desk(sessions, relay)
    api = make_api("order", SERVICE.routers, desk, sessions, settings)
    transport = ASGITransport(api, raise_app_exceptions=False)
    async with AsyncExitStack() as stack:
        serving = asyncio.create_task(desk.run())
        stack.callback(serving.cancel)
        stack.push_async_callback(relay.close)
        yield await stack.enter_async_context(
            AsyncClient(transport=transport, base_url="http://order")
        )


@pytest.fixture
def own_settings(postgres: Postgres, keys: Path, tmp_path: Path) -> Settings:
    """Settings of the service, without a broker."""
    environment = {
        "KAITONG_DATABASE_ORDER": f"{postgres.url}/test_order",
        "KAITONG_AUTH_KEYS": str(keys),
        "KAITONG_HOME": str(tmp_path),
        "KAITONG_PERSON_KEY": PERSON_KEY,
    }
    return Settings.from_environment("order", environment)


@pytest.fixture
async def client(stocked: Sessions, own_settings: Settings) -> AsyncIterator[AsyncClient]:
    """Calls the API; the shipped catalogue is loaded."""
    async with calling(stocked, own_settings) as client:
        yield client
