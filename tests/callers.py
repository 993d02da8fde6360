"""Clients of a service's API in tests, and the API itself, served without a network."""

import asyncio
import re
from collections.abc import AsyncIterator, Awaitable, Callable, Collection
from contextlib import AsyncExitStack, asynccontextmanager
from datetime import UTC, datetime
from importlib import import_module
from pathlib import Path
from typing import Any, NamedTuple, TypeAlias

import pytest
from fastapi import FastAPI
from httpx import ASGITransport, AsyncClient, Response

from shared.config.settings import Settings
from shared.health.monitor import Monitor
from shared.http import create_app
from shared.http.command_batcher import CommandBatcher
from shared.messaging.publisher import Publisher
from shared.messaging.writer import Writer
from shared.operations.routes import OPERATIONS_ROUTERS, OperationsContext, set_operations_context
from shared.persistence.database import Sessions
from shared.security.development_keys import ensure_development_keys, make_token
from shared.service_definition import ServiceDefinition
from tests.kernel import TENANT, FakeBroker

CLIENT = "crm"

AsRole: TypeAlias = Callable[..., dict[str, str]]
"""Makes the headers of a caller."""


@pytest.fixture(scope="session")
def keys(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with keys for development."""
    folder = tmp_path_factory.mktemp("callers") / "keys"
    ensure_development_keys(folder, datetime.now(UTC))
    return folder


@pytest.fixture
def as_role(keys: Path) -> AsRole:
    """Makes a caller's headers by role and, optionally, client, tenant, person and areas."""

    def headers(
        role: str,
        client: str = CLIENT,
        tenant: str = TENANT,
        person: str = "",
        areas: Collection[str] | None = None,
    ) -> dict[str, str]:
        identity: dict[str, Any] = {"client": client, "tenant": tenant, "person": person}
        token = make_token(keys, role, now=datetime.now(UTC), areas=areas, **identity)
        return {"Authorization": f"Bearer {token}"}

    return headers


def service_of(name: str) -> ServiceDefinition:
    """Return a service by its name."""
    service: ServiceDefinition = import_module(f"services.{name}.app").SERVICE
    return service


_first_api: dict[str, FastAPI] = {}
"""By service: the first API. Its description is used for all, since making one takes seconds."""


def full_api(
    service: ServiceDefinition,
    sessions: Sessions,
    settings: Settings,
    publisher: Publisher,
    batcher: CommandBatcher,
) -> FastAPI:
    """Return all endpoints of a service, those for operators included."""
    routers, monitor = (*service.routers, *OPERATIONS_ROUTERS), Monitor(settings, sessions)
    description = service.description
    api = create_app(service.name, routers, batcher, sessions, settings, description=description)
    operations = OperationsContext(
        settings, sessions, publisher, service.subscriptions, monitor, service.read_order_changes
    )
    set_operations_context(api, operations)
    api.openapi = _first_api.setdefault(service.name, api).openapi  # type: ignore[method-assign]
    return api


class DescribedOperation(NamedTuple):
    """One operation of a description, and the statuses that it may be answered with."""

    method: str
    path: re.Pattern[str]
    statuses: frozenset[str]


_described: dict[str, list[DescribedOperation]] = {}
"""By service: the descriptions are the same for each test."""


def described_operations(service: ServiceDefinition, api: FastAPI) -> list[DescribedOperation]:
    """Return the operations of a service's description, with their statuses."""
    if service.name not in _described:
        _described[service.name] = [
            DescribedOperation(
                verb.upper(),
                re.compile(re.sub(r"\\{\w+\\}", "[^/]+", re.escape(path))),
                frozenset(operation["responses"]),
            )
            for path, operations in api.openapi()["paths"].items()
            for verb, operation in operations.items()
        ]
    return _described[service.name]


def described_only(
    service: ServiceDefinition, api: FastAPI
) -> Callable[[Response], Awaitable[None]]:
    """Return a response hook that checks that each status is in the description."""

    async def check(answer: Response) -> None:
        request = answer.request
        method = request.method.replace("HEAD", "GET")
        path = request.url.raw_path.decode().partition("?")[0]
        for each in described_operations(service, api):
            if each.method == method and each.path.fullmatch(path):
                status = str(answer.status_code)
                assert status in each.statuses, (method, each.path.pattern, status)
                return

    return check


@asynccontextmanager
async def api_client(
    service: ServiceDefinition,
    sessions: Sessions,
    settings: Settings,
    publisher: Publisher | None = None,
) -> AsyncIterator[AsyncClient]:
    """Serve the API as one process does, and yield its client."""
    publisher = publisher or Publisher(Writer(sessions), FakeBroker())
    batcher = CommandBatcher(sessions, publisher.writer, service.takeover.withdrawable)
    api = full_api(service, sessions, settings, publisher, batcher)
    transport = ASGITransport(api, raise_app_exceptions=False)
    async with AsyncExitStack() as stack:
        stack.callback(asyncio.create_task(batcher.run()).cancel)
        stack.push_async_callback(publisher.close)
        yield await stack.enter_async_context(
            AsyncClient(
                transport=transport,
                base_url=f"http://{service.name}",
                event_hooks={"response": [described_only(service, api)]},
            )
        )
