"""The resources service's API, called without a network."""

from collections.abc import AsyncIterator
from pathlib import Path

import pytest
from httpx import AsyncClient

from deploy.local.postgres import Postgres
from services.resources.app import SERVICE
from shared.config.settings import Settings
from shared.persistence.database import Sessions
from tests.callers import AsRole, api_client, as_role, keys
from tests.resources.builders import import_plant
from tests.resources.import_client import EXCHANGE, ImportClient, import_counts
from tests.resources.new_kinds import KINDS, publish

__all__ = ["as_role", "keys"]


@pytest.fixture
def own_settings(postgres: Postgres, keys: Path, tmp_path: Path) -> Settings:
    """Settings of the service, without a broker."""
    environment = {
        "KAITONG_DATABASE_RESOURCES": f"{postgres.url}/test_resources",
        "KAITONG_AUTH_KEYS": str(keys),
        "KAITONG_HOME": str(tmp_path),
    }
    return Settings.from_environment("resources", environment)


@pytest.fixture
async def client(sessions: Sessions, own_settings: Settings) -> AsyncIterator[AsyncClient]:
    """Calls the API."""
    async with api_client(SERVICE, sessions, own_settings) as client:
        yield client


@pytest.fixture
async def imports(client: AsyncClient, as_role: AsRole) -> ImportClient:
    """Sends imports; exchange X exists already."""
    found = ImportClient(client, as_role("ops"))
    assert (await found.send("exchanges", EXCHANGE)).json() == import_counts(made=1)
    return found


@pytest.fixture
async def item_imports(imports: ImportClient, sessions: Sessions) -> ImportClient:
    """Sends imports; the small plant exists, exchange Y, and a kind that is served from each."""
    import_plant(sessions)
    publish(sessions, *KINDS)
    assert (await imports.send("exchanges", EXCHANGE | {"id": "Y"})).status_code == 200
    return imports
