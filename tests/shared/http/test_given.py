"""What endpoints are given past the framework, and through it."""

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
from tests.shared.http.small_api import Reader, Writer, an_api, api_client, bearer, settings_for


async def test_a_dependency_of_an_endpoints_own_may_ask_for_the_same(
    tmp_path: Path, sessions: Sessions
) -> None:
    router = Router()

    def asked(caller: Reader, session: ReadSessionDep) -> str:
        return f"{caller.client} {session.execute(text('SELECT 1')).scalar_one()}"

    @router.get("/asked")
    def read(_: Reader, found: Annotated[str, Depends(asked)]) -> str:
        """Say what a dependency found."""
        return found

    settings = settings_for(tmp_path)
    headers = bearer(settings, client="crm-1")
    async with api_client(an_api(settings, sessions, routers=[router]), headers) as client:
        answer = await client.get("/asked")

    assert answer.json() == "crm-1 1"


async def test_every_scope_that_an_endpoint_names_is_asked_for(settings: Settings) -> None:
    router = Router()

    @router.get("/both")
    def read(_: Reader, __: Writer, ___: Annotated[Caller, allow("admin")]) -> None:
        """Be for those who may all of it."""

    api = an_api(settings, routers=[router])
    async with api_client(api, {}) as client:
        statuses = [
            (await client.get("/both", headers=bearer(settings, role))).status_code
            for role in ("viewer", "crm", "admin")
        ]

    assert statuses == [403, 403, 200]


def test_an_endpoint_that_would_block_the_others_is_noticed_at_once() -> None:
    router = Router()

    async def read(_: Reader, session: ReadSessionDep) -> None:
        """Read in the loop that serves everybody."""

    with pytest.raises(TypeError, match="declare it with `def`"):
        router.get("/blocking")(read)


async def test_sessions_are_closed_after_an_endpoint_also_when_it_fails(
    tmp_path: Path, sessions: Sessions
) -> None:
    router = Router()
    lent: list[ReadSessionDep] = []

    @router.get("/failing")
    def fail(_: Reader, session: ReadSessionDep) -> None:
        """Fail with a session open."""
        session.execute(text("SELECT 1"))
        lent.append(session)
        raise ValueError

    settings = settings_for(tmp_path)
    api = an_api(settings, sessions, routers=[router])
    async with api_client(api, bearer(settings)) as client:
        answer = await client.get("/failing")

    assert answer.status_code == 500
    assert not lent[0].in_transaction()
