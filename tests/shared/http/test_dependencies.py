"""Dependencies of endpoints: the kernel's own and those of the framework."""

from pathlib import Path
from typing import Annotated

import pytest
from fastapi import Depends
from sqlalchemy import text

from shared.config.settings import Settings
from shared.http import ReadSessionDep, Router
from shared.http.authorization import allow
from shared.persistence.database import Sessions
from shared.security.caller import Caller
from tests.shared.http.small_api import (
    ReadAccess,
    WriteAccess,
    an_api,
    api_client,
    bearer,
    settings_for,
)


async def test_a_dependency_of_an_endpoint_may_use_the_same_dependencies(
    tmp_path: Path, sessions: Sessions
) -> None:
    router = Router()

    def describe(caller: ReadAccess, session: ReadSessionDep) -> str:
        return f"{caller.client} {session.execute(text('SELECT 1')).scalar_one()}"

    @router.get("/described")
    def read(_: ReadAccess, found: Annotated[str, Depends(describe)]) -> str:
        """Return the result of a dependency."""
        return found

    settings = settings_for(tmp_path)
    headers = bearer(settings, client="crm-1")
    async with api_client(an_api(settings, sessions, routers=[router]), headers) as client:
        answer = await client.get("/described")

    assert answer.json() == "crm-1 1"


async def test_every_scope_that_an_endpoint_names_is_required(settings: Settings) -> None:
    router = Router()

    @router.get("/both")
    def read(_: ReadAccess, __: WriteAccess, ___: Annotated[Caller, allow("admin")]) -> None:
        """Need all three scopes."""

    api = an_api(settings, routers=[router])
    async with api_client(api, {}) as client:
        statuses = [
            (await client.get("/both", headers=bearer(settings, role))).status_code
            for role in ("viewer", "crm", "admin")
        ]

    assert statuses == [403, 403, 200]


def test_an_endpoint_that_would_block_the_event_loop_is_refused_at_once() -> None:
    router = Router()

    async def read(_: ReadAccess, session: ReadSessionDep) -> None:
        """Read in the event loop."""

    with pytest.raises(TypeError, match="declare it with `def`"):
        router.get("/blocking")(read)


async def test_sessions_are_closed_after_an_endpoint_also_when_it_fails(
    tmp_path: Path, sessions: Sessions
) -> None:
    router = Router()
    opened: list[ReadSessionDep] = []

    @router.get("/failing")
    def fail(_: ReadAccess, session: ReadSessionDep) -> None:
        """Fail with a session open."""
        session.execute(text("SELECT 1"))
        opened.append(session)
        raise ValueError

    settings = settings_for(tmp_path)
    api = an_api(settings, sessions, routers=[router])
    async with api_client(api, bearer(settings)) as client:
        answer = await client.get("/failing")

    assert answer.status_code == 500
    assert not opened[0].in_transaction()
