"""A process that starts with a restored database, and whose recovery takes long."""

import asyncio
import json
import signal
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, NamedTuple
from urllib.error import HTTPError
from urllib.request import Request, urlopen

from sqlalchemy import text

from deploy.local.hang_detection import answers_http
from shared.config.settings import Settings
from shared.kafka import admin
from shared.observability.troubles import TroubleKind
from shared.persistence.database import DISABLE_TIMEOUTS, Sessions
from shared.recovery.recovery_store import RecoveryState
from shared.security.development_keys import ensure_development_keys, make_token
from tests.conftest import delete_all_rows
from tests.kernel import until
from tests.shared.consuming import accepted_records, committed_offsets, produce
from tests.shared.order_log import ORDER, logged_types
from tests.shared.service_process import ServiceProcess, running_process
from tests.shared.small_service import SERVICE

JOURNEY = f"/ops/v1/journeys/{ORDER}"
"""A path that needs the database to contain all published messages."""


class Answer(NamedTuple):
    """The answer of a process."""

    status: int
    body: Any
    retry_after: str | None


class OperatorClient:
    """A client of a process, with an operator's token."""

    def __init__(self, running: ServiceProcess, keys: Path) -> None:
        self.url = f"http://127.0.0.1:{running.port}"
        self._token = make_token(keys, "viewer", now=datetime.now(UTC), client="crm", tenant="t")

    def get(self, path: str) -> Answer:
        """Get a path."""
        request = Request(self.url + path, headers={"Authorization": f"Bearer {self._token}"})  # noqa: S310
        try:
            with urlopen(request, timeout=10) as answer:  # noqa: S310  our own process
                return Answer(answer.status, json.load(answer), None)
        except HTTPError as refusal:
            return Answer(refusal.code, json.load(refusal), refusal.headers["Retry-After"])


@contextmanager
def recovery_blocked(sessions: Sessions) -> Iterator[None]:
    """Block recoveries: lock the table of messages that were taken over."""
    with sessions.begin() as session:
        session.execute(DISABLE_TIMEOUTS)
        session.execute(text("LOCK TABLE taken_over IN ACCESS EXCLUSIVE MODE"))
        yield


async def restore_empty(sessions: Sessions, settings: Settings) -> None:
    """Let a process handle a message; then restore its database to the empty state."""
    admin.create_topics(settings)
    await produce(settings, accepted_records([ORDER]))
    group = settings.model_copy(update={"service": SERVICE.name})
    with running_process(settings) as before:
        await until(lambda: bool(logged_types(sessions)))
        await until(lambda: sum(committed_offsets(group).values()))
        before.end(signal.SIGTERM)
    delete_all_rows(sessions)


async def test_while_a_restored_database_is_taken_over_the_process_answers_and_says_so(
    sessions: Sessions, settings: Settings
) -> None:
    ensure_development_keys(settings.auth_keys, datetime.now(UTC))
    await restore_empty(sessions, settings)

    with running_process(settings) as running:
        client = OperatorClient(running, settings.auth_keys)
        with recovery_blocked(sessions):
            await until(lambda: answers_http(client.url))
            await until(lambda: reports_the_restore(client))
            state = await asyncio.to_thread(client.get, "/ops/v1/state")
            (recovery,) = (await asyncio.to_thread(client.get, "/ops/v1/recoveries")).body
            ready = await asyncio.to_thread(client.get, "/health/ready")
            refused = await asyncio.to_thread(client.get, JOURNEY)
        await until(running.is_ready)
        served = await asyncio.to_thread(client.get, JOURNEY)
        await until(lambda: bool(logged_types(sessions)))

    assert TroubleKind.RESTORED in kinds(state.body)
    assert recovery["state"] == RecoveryState.TAKING_OVER
    assert (ready.status, TroubleKind.RESTORED in kinds(ready.body)) == (503, True)
    assert TroubleKind.DATABASE_UNPROVEN not in kinds(ready.body)
    assert (refused.status, refused.body["code"]) == (503, "unavailable")
    assert refused.retry_after
    assert "/ops/v1/recoveries" in refused.body["detail"]
    assert served.status == 200


def reports_the_restore(client: OperatorClient) -> bool:
    """Return whether the process reports that its database was restored."""
    return TroubleKind.RESTORED in kinds(client.get("/health/ready").body)


def kinds(body: Any) -> set[str]:
    """Return the kinds of the troubles in an answer."""
    return {each["kind"] for each in body["troubles"]}
