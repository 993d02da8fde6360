"""The access matrix: the routes that each role may call, and whose data each client sees."""

from collections.abc import AsyncIterator, Collection, Iterator
from pathlib import Path
from typing import Any

import pytest
from fastapi import FastAPI
from httpx import AsyncClient, Response
from sqlalchemy import create_engine
from sqlalchemy.orm import sessionmaker

from deploy.local.postgres import Postgres
from shared.access import grants
from shared.access.access_rule import AccessLevel
from shared.access.grants import Grant
from shared.config.settings import Settings
from shared.http.authorization import PUBLIC_PATHS, path_of
from shared.http.command_batcher import CommandBatcher
from shared.messaging.publisher import Publisher
from shared.messaging.writer import Writer
from shared.persistence.database import Sessions
from shared.security.roles import ROLES
from tests.access.seed_data import SeedData, seed
from tests.access.table import CLIENTS_OWN, EVERY_SERVICE, OWNERLESS, TABLE, Ownership, RouteAccess
from tests.access.write_requests import WRITE_REQUESTS
from tests.callers import CLIENT, AsRole, api_client, as_role, full_api, keys, service_of
from tests.conftest import NOON, SERVICES, delete_all_rows
from tests.kernel import TENANT, FakeBroker
from tests.shared.http.small_api import settings_for

__all__ = ["as_role", "keys"]

OTHER, GRANTED, ELSEWHERE = "another-crm", "granted-crm", "zhejiang"
DONE_BEFORE = 409
"""The resource exists, but an earlier attempt has already changed it."""

OWNERS: dict[Ownership, dict[str, Any]] = {
    Ownership.CLIENT: {"role": "crm"},
    Ownership.HOLDER: {"role": "crm"},
    Ownership.CREW: {"role": "crew", "areas": ["NJ-XW"]},
    Ownership.TENANT: {"role": "admin", "client": "staff", "person": "li-na"},
    Ownership.INSTALLATION: {"role": "admin", "client": "staff", "person": "li-na"},
}
"""Callers that own what a route changes."""

STRANGERS: dict[Ownership, tuple[dict[str, Any], ...]] = {
    Ownership.CLIENT: ({"client": OTHER}, {"tenant": ELSEWHERE}),
    Ownership.HOLDER: ({"client": OTHER}, {"client": GRANTED}),
    Ownership.CREW: ({"areas": ["SZ-01"]}, {"tenant": ELSEWHERE}),
    Ownership.TENANT: ({"tenant": ELSEWHERE},),
    Ownership.INSTALLATION: ({"tenant": ELSEWHERE},),
}
"""How callers differ that must not find these resources."""

pytestmark = pytest.mark.parametrize("service", SERVICES)


def rows_of(service: str) -> dict[str, RouteAccess]:
    """Return the rows of all routes of a service."""
    return TABLE[service] | EVERY_SERVICE


def owned(service: str) -> dict[str, RouteAccess]:
    """Return the rows of the routes that show something with an owner."""
    rows = rows_of(service).items()
    return {route: row for route, row in rows if is_shown(route) and row.ownership}


def owned_by_clients(service: str) -> dict[str, RouteAccess]:
    """Return the rows of the routes that show clients' data."""
    rows = owned(service).items()
    return {
        route: row for route, row in rows if "crm" in row.roles and row.ownership in CLIENTS_OWN
    }


def routes_of_owner(service: str, ownership: Ownership) -> set[str]:
    """Return the routes of a service that have a write request for this ownership."""
    rows = rows_of(service)
    return {
        route for route in WRITE_REQUESTS if route in rows and rows[route].ownership is ownership
    }


def is_shown(route: str) -> bool:
    """Tell whether a route only shows something."""
    return route.startswith("GET ")


def api_of(service: str, folder: Path) -> FastAPI:
    """Return all endpoints of a service, as its process serves them."""
    settings = settings_for(folder)
    sessions = sessionmaker(create_engine(settings.database_url))
    publisher = Publisher(Writer(sessions), FakeBroker())
    batcher = CommandBatcher(sessions, publisher.writer)
    return full_api(service_of(service), sessions, settings, publisher, batcher)


def routes_of(api: FastAPI) -> Iterator[str]:
    """Yield each route that takes a token, as the table names it."""
    for route in api.routes:
        if path_of(route) not in PUBLIC_PATHS:
            methods = set(getattr(route, "methods", None) or {"ANY"})
            yield from (f"{method} {path_of(route)}" for method in methods - {"HEAD"})


def test_every_route_has_its_row(service: str, tmp_path: Path) -> None:
    assert sorted(routes_of(api_of(service, tmp_path))) == sorted(rows_of(service))


def test_every_route_that_changes_something_has_an_owner(service: str) -> None:
    rows = rows_of(service).items()

    ownerless = [each for each, row in rows if not is_shown(each) and not row.ownership]

    assert ownerless == []


def test_a_route_that_shows_something_has_an_owner_or_a_reason_to_have_none(service: str) -> None:
    rows = rows_of(service)

    ownerless = {route for route, row in rows.items() if is_shown(route) and not row.ownership}

    assert ownerless == OWNERLESS.keys() & rows.keys()


def test_every_route_that_changes_owned_resources_has_a_write_request(service: str) -> None:
    rows = rows_of(service).items()
    owned = {each for each, row in rows if not is_shown(each) and row.ownership in STRANGERS}

    assert owned == WRITE_REQUESTS.keys() & dict(rows).keys()


@pytest.fixture
def service_name(service: str) -> str:
    """The service under test."""
    return service


@pytest.fixture
def data(sessions: Sessions, service: str) -> SeedData:
    """The data that one client created in the service."""
    return seed(service, sessions)


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
    async with api_client(service_of(service), sessions, settings) as client:
        yield client
    delete_all_rows(sessions)


async def call(
    client: AsyncClient, route: str, data: SeedData, headers: dict[str, str], body: Any = None
) -> Response:
    """Call a route with the parameters of the seeded data."""
    method, _, path = route.partition(" ")
    query, place = data.query.get(route, {}), data.filled(path)
    sent = {} if body is None else {"json": body}
    return await client.request(method, place, params=query, headers=headers, **sent)


async def changes(
    client: AsyncClient, data: SeedData, service: str, ownership: Ownership, headers: dict[str, str]
) -> dict[str, bool]:
    """Return for each changing route of an ownership whether its resource was found."""
    found = {}
    for route, row in rows_of(service).items():
        if row.ownership is ownership and not is_shown(route):
            body, refused = WRITE_REQUESTS[route]
            answer = await call(client, route, data, headers, body)
            is_there = answer.is_success or answer.status_code == DONE_BEFORE != refused
            assert is_there or answer.status_code == refused, (route, answer.text)
            found[route] = is_there
    return found


async def test_a_route_is_for_the_roles_of_its_row_and_no_others(
    client: AsyncClient, data: SeedData, as_role: AsRole, service: str
) -> None:
    allowed = {}
    for n, route in enumerate(rows_of(service)):
        # Each route has callers of its own: a role may limit the requests of one caller.
        callers = {role: as_role(role, client=f"{role}-{n}", person="li-na") for role in ROLES}
        answers = {role: await call(client, route, data, who) for role, who in callers.items()}
        assert not {401, 429} & {each.status_code for each in answers.values()}
        allowed[route] = {role for role, each in answers.items() if each.status_code != 403}

    assert allowed == {route: row.roles for route, row in rows_of(service).items()}


async def test_no_route_is_answered_without_a_token(
    client: AsyncClient, data: SeedData, service: str
) -> None:
    answers = {
        route: (await call(client, route, data, {})).status_code for route in rows_of(service)
    }

    assert answers == dict.fromkeys(rows_of(service), 401)


async def is_seen(client: AsyncClient, route: str, data: SeedData, headers: dict[str, str]) -> bool:
    """Tell whether a route shows the seeded data: one resource, or a list that contains some."""
    answer = await call(client, route, data, headers)
    assert answer.status_code in {200, 206, 404}, (route, answer.text)
    is_file = answer.headers["content-type"].startswith("text/csv")
    is_there = answer.status_code != 404 and (is_file or bool(answer.json()))
    return is_there and data.own.get(route, "") in answer.text


def share(sessions: Sessions, customers: Collection[str], level: str) -> None:
    """Grant another client access to these customers at a level, or revoke it."""
    with sessions.begin() as session:
        for customer in customers:
            grants.upsert_grant(session, Grant(TENANT, GRANTED, CLIENT, customer, level, NOON))


@pytest.mark.parametrize("level", list(AccessLevel))
@pytest.mark.parametrize("is_one", [True, False], ids=["one customer", "all customers"])
async def test_a_clients_data_is_visible_to_it_and_to_clients_with_a_grant(  # noqa: PLR0913, PLR0917
    client: AsyncClient,
    sessions: Sessions,
    data: SeedData,
    as_role: AsRole,
    service: str,
    level: AccessLevel,
    *,
    is_one: bool,
) -> None:
    routes = owned_by_clients(service)
    callers = {name: as_role("crm", client=name) for name in (CLIENT, OTHER, GRANTED)}
    customers = data.customers if is_one else (grants.ALL_CUSTOMERS,)

    async def seen() -> dict[str, tuple[bool, ...]]:
        return {
            route: tuple([await is_seen(client, route, data, who) for who in callers.values()])
            for route in routes
        }

    share(sessions, ["somebody else"], level)
    before = await seen()
    share(sessions, customers, level)
    shared = await seen()
    share(sessions, customers, grants.REVOKED)
    revoked = await seen()
    share(sessions, customers, level)
    changed = await changes(client, data, service, Ownership.CLIENT, callers[GRANTED])

    assert before == dict.fromkeys(routes, (True, False, False))
    assert shared == dict.fromkeys(routes, (True, False, True))
    assert changed == dict.fromkeys(
        routes_of_owner(service, Ownership.CLIENT), level is AccessLevel.CHANGE
    )
    assert revoked == before


async def test_a_tenants_data_is_visible_in_every_role_of_the_row_and_in_no_other_tenant(
    client: AsyncClient, data: SeedData, as_role: AsRole, service: str
) -> None:
    hidden, leaked = set(), set()
    staff = {role: as_role(role, client="staff", person="wang") for role in ROLES}
    strangers = {role: as_role(role, tenant=ELSEWHERE, person="wang") for role in ROLES}
    for route, row in owned(service).items():
        for role in row.roles - ({"crm"} if row.ownership in CLIENTS_OWN else set()):
            if not await is_seen(client, route, data, staff[role]):
                hidden.add(f"{route} as {role}")
            if await is_seen(client, route, data, strangers[role]):
                leaked.add(f"{route} as {role}")

    assert not hidden, "\n".join(sorted(hidden))
    assert not leaked, "\n".join(sorted(leaked))


async def test_an_owned_resource_is_changed_by_its_owner_and_by_no_other(
    client: AsyncClient, sessions: Sessions, data: SeedData, as_role: AsRole, service: str
) -> None:
    share(sessions, ["somebody else"], AccessLevel.CHANGE)
    share(sessions, [grants.ALL_CUSTOMERS], AccessLevel.SEE)
    changed: dict[str, bool] = {}
    for ownership, owner in OWNERS.items():
        routes = routes_of_owner(service, ownership)
        for other in STRANGERS[ownership]:
            refused = await changes(client, data, service, ownership, as_role(**owner | other))
            assert refused == dict.fromkeys(routes, False), (ownership, other)
        done = await changes(client, data, service, ownership, as_role(**owner))
        assert done == dict.fromkeys(routes, True), ownership
        changed |= done

    assert changed
