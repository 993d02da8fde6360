"""Client by client by endpoint: what each role may call, and whose things each client sees."""

from collections.abc import AsyncIterator, Iterator
from pathlib import Path

import pytest
from fastapi import FastAPI
from httpx import AsyncClient, Response
from sqlalchemy import create_engine
from sqlalchemy.orm import sessionmaker

from deploy.local.postgres import Postgres
from shared import grants
from shared.auth import PUBLIC, path_of
from shared.db import Sessions
from shared.desk import Desk
from shared.grants import Grant
from shared.relay import Relay
from shared.roles import ROLES
from shared.settings import Settings
from tests.access.table import EVERY_SERVICE, TABLE, Belongs, Row
from tests.access.things import Things, seeded
from tests.callers import CLIENT, AsRole, as_role, calling, keys, service_of, whole_api
from tests.conftest import NOON, SERVICES, empty
from tests.kernel import TENANT, Broker
from tests.shared.http.api import settings_for

__all__ = ["as_role", "keys"]

OTHER, GRANTED = "another-crm", "granted-crm"

pytestmark = pytest.mark.parametrize("service", SERVICES)


def rows_of(service: str) -> dict[str, Row]:
    """Return the rows of all routes of a service."""
    return TABLE[service] | EVERY_SERVICE


def owned_by_clients(service: str) -> dict[str, Row]:
    """Return the rows of the routes that are about things of clients."""
    rows = rows_of(service).items()
    return {route: row for route, row in rows if row.belongs is not Belongs.NOBODY}


def api_of(service: str, folder: Path) -> FastAPI:
    """Return all endpoints of a service, as its process serves them."""
    settings = settings_for(folder)
    sessions = sessionmaker(create_engine(settings.database_url))
    relay = Relay(sessions, Broker())
    return whole_api(service_of(service), sessions, settings, relay, Desk(sessions, relay))


def routes_of(api: FastAPI) -> Iterator[str]:
    """Yield each route that takes a token, as the table names it."""
    for route in api.routes:
        if path_of(route) not in PUBLIC:
            methods = set(getattr(route, "methods", None) or {"ANY"})
            yield from (f"{method} {path_of(route)}" for method in methods - {"HEAD"})


def test_every_route_has_its_row(service: str, tmp_path: Path) -> None:
    assert sorted(routes_of(api_of(service, tmp_path))) == sorted(rows_of(service))


@pytest.fixture
def service_name(service: str) -> str:
    """The service under test."""
    return service


@pytest.fixture
def things(sessions: Sessions, service: str) -> Things:
    """What one client has brought to the service."""
    return seeded(service, sessions)


@pytest.fixture
async def client(
    sessions: Sessions, service: str, postgres: Postgres, keys: Path, tmp_path: Path
) -> AsyncIterator[AsyncClient]:
    """Calls the API of the service."""
    environment = {
        f"KAITONG_DATABASE_{service.upper()}": f"{postgres.url}/test_{service}",
        "KAITONG_AUTH_KEYS": str(keys),
        "KAITONG_HOME": str(tmp_path),
        "KAITONG_PERSON_KEY": "a key for persons in tests",
    }
    settings = Settings.from_environment(service, environment)
    async with calling(service_of(service), sessions, settings) as client:
        yield client
    empty(sessions)


async def ask(client: AsyncClient, route: str, things: Things, headers: dict[str, str]) -> Response:
    """Ask a route for the things that there are."""
    method, _, path = route.partition(" ")
    query = things.query.get(route, {})
    return await client.request(method, things.filled(path), params=query, headers=headers)


async def test_a_route_is_for_the_roles_of_its_row_and_no_others(
    client: AsyncClient, things: Things, as_role: AsRole, service: str
) -> None:
    allowed = {}
    for route in rows_of(service):
        answers = {
            role: await ask(client, route, things, as_role(role, client=f"client-of-{role}"))
            for role in ROLES
        }
        assert 401 not in {each.status_code for each in answers.values()}
        allowed[route] = {role for role, each in answers.items() if each.status_code != 403}

    assert allowed == {route: row.roles for route, row in rows_of(service).items()}


async def test_no_route_is_answered_without_a_token(
    client: AsyncClient, things: Things, service: str
) -> None:
    answers = {
        route: (await ask(client, route, things, {})).status_code for route in rows_of(service)
    }

    assert answers == dict.fromkeys(rows_of(service), 401)


def is_seen(answer: Response) -> bool:
    """Tell whether an answer shows something: one thing, or a list that is not empty."""
    assert answer.status_code in {200, 206, 404}, answer.text
    return answer.status_code != 404 and bool(answer.json())


def share(sessions: Sessions, level: str) -> None:
    """Have the first client share all its customers with another, or no more."""
    with sessions.begin() as session:
        grants.keep(session, Grant(TENANT, GRANTED, CLIENT, grants.ALL_CUSTOMERS, level, NOON))


async def test_a_clients_things_are_there_for_it_and_for_those_it_shares_them_with(
    client: AsyncClient, sessions: Sessions, things: Things, as_role: AsRole, service: str
) -> None:
    async def seen() -> dict[str, tuple[bool, ...]]:
        return {
            route: tuple(
                [
                    is_seen(await ask(client, route, things, as_role("crm", client=name)))
                    for name in (CLIENT, OTHER, GRANTED)
                ]
            )
            for route in owned_by_clients(service)
        }

    before = await seen()
    share(sessions, "see")
    shared = await seen()
    share(sessions, grants.REVOKED)

    assert before == dict.fromkeys(owned_by_clients(service), (True, False, False))
    assert shared == dict.fromkeys(owned_by_clients(service), (True, False, True))
    assert await seen() == before


async def test_staff_see_the_things_of_all_clients_and_of_no_other_tenant(
    client: AsyncClient, things: Things, as_role: AsRole, service: str
) -> None:
    rows = owned_by_clients(service)
    seen, elsewhere = {}, {}
    for route, row in rows.items():
        for role in row.roles - {"crm"}:
            here = await ask(client, route, things, as_role(role, client="staff"))
            there = await ask(client, route, things, as_role(role, tenant="zhejiang"))
            seen[route, role], elsewhere[route, role] = is_seen(here), is_seen(there)

    assert set(seen.values()) <= {True}
    assert set(elsewhere.values()) <= {False}
