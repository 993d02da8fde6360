"""A process that starts with a database that was set back, and whose recovery takes long."""

import asyncio
import json
import signal
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, NamedTuple
from urllib.error import HTTPError
from urllib.request import Request, urlopen

from sqlalchemy import text

from deploy.local.liveness import answers_http
from shared.config.settings import Settings
from shared.kafka import admin
from shared.observability.troubles import TroubleKind
from shared.persistence.database import DISABLE_TIMEOUTS, Sessions
from shared.recovery.recovery_store import RecoveryState
from shared.security.development_keys import make_development_keys, make_token
from tests.conftest import delete_all_rows
from tests.kernel import until
from tests.shared.consuming import accepted_records, committed_offsets, produce
from tests.shared.order_log import ORDER, logged_types
from tests.shared.service_process import ServiceProcess, running_process
from tests.shared.small_service import SERVICE

JOURNEY = f"/ops/v1/journeys/{ORDER}"
"""Needs the database to have all that it has told."""


class Answer(NamedTuple):
    """What a process answered."""

    status: int
    body: Any
    retry_after: str | None


class Caller:
    """Asks a process as an operator does."""

    def __init__(self, running: ServiceProcess, keys: Path) -> None:
        self.url = f"http://127.0.0.1:{running.port}"
        self._token = make_token(keys, "viewer", now=datetime.now(UTC), client="crm", tenant="t")

    def get(self, path: str) -> Answer:
        """Ask for something."""
        request = Request(self.url + path, headers={"Authorization": f"Bearer {self._token}"})  # noqa: S310
        try:
            with urlopen(request, timeout=10) as answer:  # noqa: S310  our own process
                return Answer(answer.status, json.load(answer), None)
        except HTTPError as refusal:
            return Answer(refusal.code, json.load(refusal), refusal.headers["Retry-After"])


@contextmanager
def held_up(sessions: Sessions) -> Iterator[None]:
    """Let no recovery find out what it has taken over."""
    with sessions.begin() as session:
        session.execute(DISABLE_TIMEOUTS)
        session.execute(text("LOCK TABLE taken_over IN ACCESS EXCLUSIVE MODE"))
        yield


async def set_back(sessions: Sessions, settings: Settings) -> None:
    """Have the process handle a message, and its database forget that."""
    admin.create_topics(settings)
    await produce(settings, accepted_records([ORDER]))
    group = replace(settings, service=SERVICE.name)
    with running_process(settings) as before:
        await until(lambda: bool(logged_types(sessions)))
        await until(lambda: sum(committed_offsets(group).values()))
        before.end(signal.SIGTERM)
    delete_all_rows(sessions)


async def test_while_a_restored_database_is_taken_over_the_process_answers_and_says_so(
    sessions: Sessions, settings: Settings
) -> None:
    make_development_keys(settings.auth_keys, datetime.now(UTC))
    await set_back(sessions, settings)

    with running_process(settings) as running:
        caller = Caller(running, settings.auth_keys)
        with held_up(sessions):
            await until(lambda: answers_http(caller.url))
            await until(lambda: names_the_recovery(caller))
            state = await asyncio.to_thread(caller.get, "/ops/v1/state")
            (recovery,) = (await asyncio.to_thread(caller.get, "/ops/v1/recoveries")).body
            ready = await asyncio.to_thread(caller.get, "/health/ready")
            refused = await asyncio.to_thread(caller.get, JOURNEY)
        await until(running.answers)
        served = await asyncio.to_thread(caller.get, JOURNEY)
        await until(lambda: bool(logged_types(sessions)))

    assert TroubleKind.RESTORED in kinds(state.body)
    assert recovery["state"] == RecoveryState.TAKING_OVER
    assert (ready.status, TroubleKind.RESTORED in kinds(ready.body)) == (503, True)
    assert TroubleKind.DATABASE_UNPROVEN not in kinds(ready.body)
    assert (refused.status, refused.body["code"]) == (503, "unavailable")
    assert refused.retry_after
    assert "/ops/v1/recoveries" in refused.body["detail"]
    assert served.status == 200


def names_the_recovery(caller: Caller) -> bool:
    """Tell whether the process says that its database was set back."""
    return TroubleKind.RESTORED in kinds(caller.get("/health/ready").body)


def kinds(body: Any) -> set[str]:
    """Return the kinds of the troubles that an answer names."""
    return {each["kind"] for each in body["troubles"]}
