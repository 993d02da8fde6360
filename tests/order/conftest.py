"""The order service's API, called without a network."""

from collections.abc import AsyncIterator
from pathlib import Path

import pytest
from httpx import AsyncClient

from deploy.local.postgres import Postgres
from services.order.app import SERVICE
from services.order.commands.catalogue import load_shipped_catalogue
from shared.config.settings import Settings
from shared.persistence.database import Sessions
from tests.callers import api_client, as_role, keys

__all__ = ["as_role", "keys"]

PERSON_KEY = "a key for persons in tests"


@pytest.fixture
def stocked(sessions: Sessions) -> Sessions:
    """A database with only the shipped catalogue."""
    with sessions.begin() as session:
        load_shipped_catalogue(session)
    return sessions


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
    async with api_client(SERVICE, stocked, own_settings) as client:
        yield client
