"""Checks how much PostgreSQL reads for each list and filter of a service's description.

The lists are those of the description, so a new one is checked, too. Faults are a filter without a
value to query with, a table that is not filled, and a list that reads much.
"""

from collections.abc import AsyncIterator, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from itertools import combinations, product
from pathlib import Path
from typing import Any, TypeAlias

from fastapi import FastAPI
from fastapi.routing import APIRoute
from httpx import ASGITransport, AsyncClient
from sqlalchemy import text
from structlog.testing import capture_logs

from shared.config.settings import Settings
from shared.http.command_batcher import CommandBatcher
from shared.messaging.publisher import Publisher
from shared.messaging.writer import Writer
from shared.persistence.database import Sessions
from shared.security.development_keys import ensure_development_keys, make_token
from shared.service_definition import ServiceDefinition
from tests.callers import full_api
from tests.json_schema import resolved
from tests.kernel import TENANT, FakeBroker
from tests.query_plans import MILLION, QueryPlan, explain_queries, format_plan, is_expensive

Json: TypeAlias = Any
Query: TypeAlias = dict[str, str]

PAGING = {"offset", "limit", "after", "fields"}
"""Parameters of how a list is shown, not of what is in it."""

LARGE_TABLES = text(f"""
    SELECT relname FROM pg_class WHERE relkind = 'r' AND relnamespace = 'public'::regnamespace
    AND reltuples > {MILLION / 100}""")  # noqa: S608
"""The tables that have a million rows by the planner's statistics."""

CALLERS = (("admin", "crm-most"), ("crm", "crm-few"), ("crm", "crm-heir"))
"""The roles and clients of the callers: one sees the whole tenant, one its own data and a few
customers' of others, and one all data of another client."""


@dataclass(frozen=True, slots=True, kw_only=True)
class QueryValues:
    """The values with which the lists of a service are queried."""

    values: Mapping[str, Sequence[str]] = field(default_factory=dict)
    """For each filter whose values are not listed in the description."""

    in_path: Mapping[str, str] = field(default_factory=dict)
    besides: Mapping[str, str] = field(default_factory=dict)
    """Lists that are not checked here, each with the reason."""

    surplus: Mapping[str, int] = field(default_factory=dict)
    """How many rows or pages above the limit a list may read, by its path."""


@dataclass(frozen=True, slots=True)
class ListRoute:
    """One list of a description."""

    path: str
    filters: Mapping[str, Sequence[str]]
    """For each filter the values to query with; empty where none is known."""

    required: frozenset[str]

    def queries(self) -> Iterator[Query]:
        """Yield no filter, each with each value, and any two with their first values."""
        required = {name: self.filters[name][0] for name in self.required}
        yield required
        for name, values in self.filters.items():
            yield from (required | {name: value} for value in values)
        for one, other in combinations([name for name in self.filters if self.filters[name]], 2):
            yield required | {each: self.filters[each][0] for each in (one, other)}


def lists_in(
    description: Json, query_values: QueryValues, paths: Iterable[str]
) -> Iterator[ListRoute]:
    """Yield the lists among these paths of a description."""
    for path in paths:
        get = description["paths"][path].get("get", {})
        answer = get.get("responses", {}).get("200", {}).get("content", {})
        if answer.get("application/json", {}).get("schema", {}).get("type") == "array":
            own = [each for each in get.get("parameters", ()) if each["in"] == "query"]
            filters = {
                each["name"]: enum_values(each["schema"], description)
                or query_values.values.get(each["name"], ())
                for each in own
                if each["name"] not in PAGING
            }
            required = frozenset(each["name"] for each in own if each.get("required"))
            yield ListRoute(path, filters, required)


def enum_values(schema: Json, description: Json) -> list[str]:
    """Return the values that a schema lists."""
    if "$ref" in schema:
        return enum_values(resolved(schema["$ref"], description), description)
    inner = (enum_values(each, description) for each in schema.get("anyOf", ()))
    of_items = enum_values(schema["items"], description) if "items" in schema else []
    return [*schema.get("enum", ()), *(word for words in inner for word in words), *of_items]


def own_paths(service: ServiceDefinition) -> set[str]:
    """Return the paths of a service without those that every service has."""
    routes = (route for router in service.routers for route in router.routes)
    return {route.path for route in routes if isinstance(route, APIRoute)}


async def check_lists(
    service: ServiceDefinition,
    sessions: Sessions,
    folder: Path,
    values: QueryValues,
    *,
    shared: bool = False,
) -> None:
    """Query every list of a service, by every filter, and check that each plan reads little.

    Args:
        service: the service.
        sessions: a large database of it.
        folder: an empty one, for keys.
        values: query values that the description does not list.
        shared: query the lists that every service has, and not its own.
    """
    api = api_of(service, sessions, folder)
    described, own = api.openapi(), own_paths(service)
    listed = [path for path in described["paths"] if (path in own) is not shared]
    lists = list(lists_in(described, values, listed))
    found: list[str] = []
    async with AsyncClient(
        transport=ASGITransport(api, raise_app_exceptions=False), base_url="http://api"
    ) as client:
        for each in lists:
            if each.path not in values.besides:
                checker = PlanChecker(client, sessions, folder / "keys", values)
                found += [fault async for fault in checker.faults(each)]
    found += [f"{path} is no list" for path in values.besides.keys() - {x.path for x in lists}]
    assert not found, "\n\n".join(found)


def api_of(service: ServiceDefinition, sessions: Sessions, folder: Path) -> FastAPI:
    """Return the whole API of a service over a database."""
    ensure_development_keys(folder / "keys", datetime.now(UTC))
    environment = {
        f"KAITONG_DATABASE_{service.name.upper()}": url_of(sessions),
        "KAITONG_AUTH_KEYS": str(folder / "keys"),
        "KAITONG_HOME": str(folder),
        "KAITONG_PERSON_KEY": "a key for persons in tests",
        "KAITONG_RATE_LIMIT": "0",
    }
    settings = Settings.from_environment(service.name, environment)
    publisher = Publisher(Writer(sessions), FakeBroker())
    return full_api(
        service, sessions, settings, publisher, CommandBatcher(sessions, publisher.writer)
    )


def url_of(sessions: Sessions) -> str:
    """Return the address of a database."""
    return str(sessions.kw["bind"].url.render_as_string(hide_password=False))


@dataclass(frozen=True, slots=True)
class PlanChecker:
    """Queries lists as each caller, and checks the plans."""

    client: AsyncClient
    sessions: Sessions
    keys: Path
    values: QueryValues

    async def faults(self, each: ListRoute) -> AsyncIterator[str]:
        """Yield the faults of the plans of one list."""
        for name in (name for name, values in each.filters.items() if not values):
            yield f"{each.path}: there is no value to query the filter {name} with"
        large, proven = self.large(), set[str]()
        for query, (role, client) in product(each.queries(), CALLERS):
            plans = await self.plans(each.path, query, role, client)
            if any(tables_read(plan) & large for plan in plans):
                proven.update(query, [""])
            for plan in plans:
                if is_expensive(plan, self.values.surplus.get(each.path, 0)):
                    yield f"{each.path} {query} as {client}:\n{format_plan(plan)}"
        for name in ({"", *each.filters} - proven) - {n for n, v in each.filters.items() if not v}:
            yield f"{each.path}: no plan over a filled table for {name or 'the list'}"

    async def plans(self, path: str, query: Query, role: str, client: str) -> list[QueryPlan]:
        """Return the plans by which a list is read.

        Packed columns of the rows cannot be decoded, so the answer may be an error.
        """
        token = make_token(self.keys, role, now=datetime.now(UTC), client=client, tenant=TENANT)
        filled = path.format(**self.values.in_path)
        with explain_queries(self.sessions.kw["bind"]) as plans, capture_logs():
            headers = {"Authorization": f"Bearer {token}"}
            answer = await self.client.get(filled, params=query, headers=headers)
        assert answer.status_code != 401, answer.text
        return plans

    def large(self) -> set[str]:
        """Return the tables that have a million rows by the planner's statistics."""
        with self.sessions() as session:
            return set(session.scalars(LARGE_TABLES))


def tables_read(plan: QueryPlan) -> set[str]:
    """Return the tables that a plan reads."""
    below = (name for each in plan.get("Plans", ()) for name in tables_read(each))
    return {*below, *([plan["Relation Name"]] if "Relation Name" in plan else [])}
