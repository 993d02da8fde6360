"""The complete API of each service, on an unreachable database or on a real one."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack
from pathlib import Path
from typing import Any

import pytest
from fastapi import FastAPI
from sqlalchemy import create_engine
from sqlalchemy.orm import sessionmaker

from services.customer.app import SERVICE as CUSTOMER
from services.order.app import SERVICE as ORDER
from services.provisioning.app import SERVICE as PROVISIONING
from services.resources.app import SERVICE as RESOURCES
from shared.config.settings import Settings
from shared.http.command_batcher import CommandBatcher
from shared.kafka.producer import Producer
from shared.messaging.publisher import Publisher
from shared.messaging.writer import Writer
from shared.persistence.database import Sessions
from shared.service_definition import ServiceDefinition
from tests.callers import full_api
from tests.conftest import delete_all_rows
from tests.kernel import FakeBroker
from tests.shared.http.small_api import settings_for

SERVICES = [ORDER, PROVISIONING, RESOURCES, CUSTOMER]


@pytest.fixture
def settings(tmp_path: Path) -> Settings:
    """Settings with keys and an unreachable database."""
    return settings_for(tmp_path)


@pytest.fixture(params=SERVICES, ids=lambda each: each.name)
def api(request: pytest.FixtureRequest, settings: Settings) -> FastAPI:
    """The API of a service."""
    service: ServiceDefinition = request.param
    sessions = sessionmaker(create_engine(settings.database_url))
    publisher = Publisher(Writer(sessions), Producer(settings))
    own = settings.model_copy(update={"service": service.name})
    return full_api(service, sessions, own, publisher, CommandBatcher(sessions, publisher.writer))


@pytest.fixture(params=SERVICES, ids=lambda each: each.name)
async def real_api(
    request: pytest.FixtureRequest, databases: dict[str, Sessions], settings: Settings
) -> AsyncIterator[FastAPI]:
    """The whole API of a service on its own database, loaded as at a start."""
    service: ServiceDefinition = request.param
    sessions = databases[service.name]
    delete_all_rows(sessions)
    for prepare in service.on_start:
        with sessions.begin() as session:
            prepare(session)
    publisher = Publisher(Writer(sessions), FakeBroker())
    batcher = CommandBatcher(sessions, publisher.writer)
    async with AsyncExitStack() as stack:
        stack.callback(asyncio.create_task(batcher.run()).cancel)
        stack.push_async_callback(publisher.close)
        yield full_api(
            service,
            sessions,
            settings.model_copy(update={"service": service.name}),
            publisher,
            batcher,
        )


@pytest.fixture
def description(api: FastAPI) -> dict[str, Any]:
    """The OpenAPI description of a service."""
    return api.openapi()
