"""Valid and invalid requests are answered as the description says.

Schemathesis reads each service's own description and sends requests, on a real database, over a
socket, with a token that may do everything. The seed is fixed, so failures repeat. The duration is
bounded by the examples of each operation (`Effort`: the described ones and four generated ones),
by the time of each request (`request-timeout`, five seconds) and by the failures after which a
short run stops (`FAILURES`): a service that hangs costs half a minute.
`FUZZ_EXAMPLES=200 FUZZ_SEED=7 ./kaitong test --only tests/openapi` tests more, with other values.
"""

import asyncio
from collections import Counter
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass, field
from pathlib import Path

import pytest
from fastapi import FastAPI
from httpx import AsyncClient

from deploy.local.postgres import Postgres
from shared.config.settings import Settings
from shared.http.command_batcher import CommandBatcher
from shared.messaging.publisher import Publisher
from shared.messaging.writer import Writer
from shared.persistence.database import Sessions
from tests.access.seed_data import SeedData, seed
from tests.callers import AsRole, as_role, full_api, keys, service_of
from tests.conftest import SERVICES, delete_all_rows
from tests.kernel import FakeBroker
from tests.openapi.schemathesis_run import Effort, StatusCounter, run_schemathesis
from tests.shared.http.sockets import listening

__all__ = ["as_role", "keys"]

IMPORTS = ("exchanges", "segments", "splitters", "addresses", "pairs")
"""In the order in which they depend on each other."""

PLANT = {
    "kind": "leg",
    "name": "NJ-XW-SP001",
    "value": "NJ-XW-SP001/003",
    "address_id": "addr-320102-002-0001",
}
"""What the examples of the imports create."""

Existing = dict[str, list[str]]

PAGED = {"offset", "after"}
"""The parameters of a paged list."""


@dataclass(slots=True)
class Served:
    """A listening service with seeded data."""

    name: str
    api: FastAPI
    port: int
    existing: Existing
    seen: Counter[int] = field(default_factory=Counter)
    """How many answers had each status."""


@asynccontextmanager
async def serving(service: str, sessions: Sessions, settings: Settings) -> AsyncIterator[Served]:
    """Serve the whole API of a service with seeded data."""
    delete_all_rows(sessions)
    for prepare in service_of(service).on_start:
        with sessions.begin() as session:
            prepare(session)
    existing = existing_in(seed(service, sessions))
    publisher = Publisher(Writer(sessions), FakeBroker())
    batcher = CommandBatcher(sessions, publisher.writer)
    api = full_api(service_of(service), sessions, settings, publisher, batcher)
    seen = Counter[int]()
    api.add_middleware(StatusCounter, seen=seen)
    api.openapi()  # the first call takes long, and schemathesis has a short timeout
    async with AsyncExitStack() as stack:
        stack.callback(delete_all_rows, sessions)
        stack.callback(asyncio.create_task(batcher.run()).cancel)
        stack.push_async_callback(publisher.close)
        server = await stack.enter_async_context(listening(api, settings))
        yield Served(service, api, server.port, existing, seen)


def existing_in(data: SeedData) -> Existing:
    """Return, for each parameter of a path, the values under which something exists."""
    found = {name: {value} for name, value in {**data.values, **PLANT}.items()}
    for path, filled in data.paths.items():
        steps = zip(path.split("/"), filled.split("/"), strict=True)
        for name, value in ((name[1:-1], value) for name, value in steps if name != value):
            found[name].add(value)
    return {name: sorted(values) for name, values in found.items()}


@pytest.fixture
async def served(
    databases: dict[str, Sessions], postgres: Postgres, keys: Path, tmp_path: Path
) -> AsyncIterator[list[Served]]:
    """All four services."""
    async with AsyncExitStack() as stack:
        found = []
        for name in SERVICES:
            environment = {
                f"KAITONG_DATABASE_{name.upper()}": f"{postgres.url}/test_{name}",
                "KAITONG_AUTH_KEYS": str(keys),
                "KAITONG_HOME": str(tmp_path / name),
                "KAITONG_HTTP_PORT": "0",
                "KAITONG_PERSON_KEY": "a key for persons in tests",
            }
            settings = Settings.from_environment(name, environment)
            found.append(await stack.enter_async_context(serving(name, databases[name], settings)))
        yield found


def new_folder(folder: Path) -> Path:
    """Return a new folder."""
    folder.mkdir()
    return folder


async def import_plant(resources: Served, headers: dict[str, str]) -> None:
    """Import the plant that the examples describe."""
    async with AsyncClient(base_url=f"http://127.0.0.1:{resources.port}", headers=headers) as it:
        paths = resources.api.openapi()["paths"]
        for path in (f"/ops/v1/import/{kind}" for kind in IMPORTS):
            described = paths[path]["post"]["requestBody"]["content"]["application/json"]
            answer = await it.post(path, json=described["example"])
            assert answer.status_code == 200, answer.text


async def test_every_service_answers_as_its_description_says(
    served: list[Served], as_role: AsRole, tmp_path: Path
) -> None:
    headers, effort = as_role("admin", person="schemathesis"), Effort.from_environment()
    await import_plant(next(each for each in served if each.name == "resources"), headers)

    outcomes = await asyncio.gather(
        *(
            run_schemathesis(
                each.port, headers, each.existing, effort, new_folder(tmp_path / f"of-{each.name}")
            )
            for each in served
        )
    )

    assert [each.output for each in outcomes if not each.is_clean] == []
    for each in served:
        assert each.seen.total() > 100, each.name
        assert any(status < 300 for status in each.seen), each.name
        assert each.seen[503] < each.seen.total() / 20, (each.name, "a database is there")
    assert sum(each.seen[206] for each in served), "some lists have more than a page"


def test_every_list_that_comes_in_pages_describes_both_of_its_statuses(
    served: list[Served],
) -> None:
    lists = {
        f"{each.name} {path}": operations["get"]["responses"]
        for each in served
        for path, operations in each.api.openapi()["paths"].items()
        if {it["name"] for it in operations.get("get", {}).get("parameters", ())} >= PAGED
    }

    assert len(lists) > 10
    for path, responses in lists.items():
        assert {"200", "206"} <= responses.keys(), path
        assert "Link" in responses["206"]["headers"], path
        assert "Link" not in responses["200"]["headers"], path
