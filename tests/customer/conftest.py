"""The customer service's API, called without a network."""

from collections.abc import AsyncIterator
from pathlib import Path

import pytest
from httpx import AsyncClient

from deploy.local.postgres import Postgres
from services.customer.app import SERVICE
from shared.config.settings import Settings
from shared.persistence.database import Sessions
from tests.callers import api_client, as_role, keys

__all__ = ["as_role", "keys"]

PERSON_KEY = "a key for persons in tests"


@pytest.fixture
def own_settings(postgres: Postgres, keys: Path, tmp_path: Path) -> dict[str, str]:
    """The environment of the service."""
    return {
        "KAITONG_DATABASE_CUSTOMER": f"{postgres.url}/test_customer",
        "KAITONG_AUTH_KEYS": str(keys),
        "KAITONG_HOME": str(tmp_path),
        "KAITONG_PERSON_KEY": PERSON_KEY,
    }


@pytest.fixture
async def client(sessions: Sessions, own_settings: dict[str, str]) -> AsyncIterator[AsyncClient]:
    """Calls the API."""
    settings = Settings.from_environment("customer", own_settings)
    async with api_client(SERVICE, sessions, settings) as client:
        yield client
