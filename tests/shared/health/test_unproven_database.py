"""A process that refuses requests while it compares its database with the topics reports it."""

import asyncio
import re
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from typing import Any
from urllib.request import urlopen

import pytest
from sqlalchemy import text

from deploy.local.hang_detection import answers_http
from shared.config.settings import Settings
from shared.health.common_troubles import certainty_trouble_source
from shared.health.monitor import Monitor, MonitorInputs
from shared.kafka import admin
from shared.messaging.pending_outbox import PublishedOffsetRow
from shared.observability.troubles import Trouble, TroubleKind
from shared.persistence import database_certainty as certainty_module
from shared.persistence.database import DISABLE_TIMEOUTS, Sessions, make_sessions
from shared.persistence.database_certainty import DatabaseCertainty
from shared.recovery.recovery_store import RecoveryState
from shared.recovery.troubles import recovery_troubles
from shared.security.development_keys import ensure_development_keys
from tests.conftest import NOON
from tests.kernel import note_recovery, until
from tests.shared.health.test_database_checker import NOWHERE
from tests.shared.recovery.test_start_after_restore import OperatorClient, kinds
from tests.shared.service_process import running_process

COUNTED = re.compile(r'^kaitong_trouble\{kind="database_unproven"\} (\S+)$', re.MULTILINE)


@contextmanager
def comparison_blocked(sessions: Sessions) -> Iterator[None]:
    """Keep processes from reading the published offsets of their database."""
    with sessions.begin() as session:
        session.execute(DISABLE_TIMEOUTS)
        session.execute(
            text(f"LOCK TABLE {PublishedOffsetRow.__tablename__} IN ACCESS EXCLUSIVE MODE")
        )
        yield


async def troubles(
    sessions: Sessions, settings: Settings, certainty: DatabaseCertainty
) -> list[Trouble]:
    """Return the troubles of a process that compares its database."""
    sources = MonitorInputs(
        database=(recovery_troubles,), process=(certainty_trouble_source(certainty),)
    )
    return list((await Monitor(settings, sessions, sources).report()).troubles)


def unproven() -> DatabaseCertainty:
    """Return the certainty of a process that has served, and then lost a connection."""
    certainty = DatabaseCertainty()
    certainty.mark_unproven()
    return certainty


def refuses_requests(client: OperatorClient) -> bool:
    """Return whether a process reports the comparison as more than a notice."""
    found = client.get("/health/ready").body["troubles"]
    return any(
        each["kind"] == TroubleKind.DATABASE_UNPROVEN and not each["is_notice"] for each in found
    )


def counted(url: str) -> str:
    """Return the value of the kind's metric."""
    with urlopen(f"{url}/metrics", timeout=10) as answer:  # noqa: S310  our own process
        (found,) = COUNTED.findall(answer.read().decode())
    return str(found)


async def test_while_a_database_is_compared_readiness_metrics_and_state_name_the_same_trouble(
    sessions: Sessions, settings: Settings
) -> None:
    ensure_development_keys(settings.auth_keys, datetime.now(UTC))
    admin.create_topics(settings)

    with running_process(settings) as running:
        client = OperatorClient(running, settings.auth_keys)
        with comparison_blocked(sessions):
            await until(lambda: answers_http(client.url))
            await until(lambda: refuses_requests(client))
            ready = await asyncio.to_thread(client.get, "/health/ready")
            state = await asyncio.to_thread(client.get, "/ops/v1/state")
            refused = await asyncio.to_thread(counted, client.url)
        await until(running.is_ready)
        served: Any = await asyncio.to_thread(client.get, "/health/ready")

    (named,) = (each for each in ready.body["troubles"] if each["is_blocking"])
    assert (ready.status, named["kind"]) == (503, TroubleKind.DATABASE_UNPROVEN)
    assert TroubleKind.DATABASE_UNPROVEN in kinds(state.body)
    assert refused == "1.0"
    assert (served.status, TroubleKind.DATABASE_UNPROVEN in kinds(served.body)) == (200, False)


async def test_a_comparison_that_requests_wait_out_is_no_trouble(
    sessions: Sessions, settings: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    certainty = unproven()
    soon = await troubles(sessions, settings, certainty)

    monkeypatch.setattr(certainty_module, "REQUEST_WAIT_S", 0.0)
    (late,) = await troubles(sessions, settings, certainty)
    certainty.serve_without_proof()

    assert soon == []
    assert (late.kind, late.is_blocking, late.is_notice) == (
        TroubleKind.DATABASE_UNPROVEN,
        True,
        False,
    )
    assert await troubles(sessions, settings, certainty) == []


async def test_the_first_seconds_of_a_start_are_a_notice(
    sessions: Sessions, settings: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    certainty = DatabaseCertainty()
    certainty.start_unproven()
    (soon,) = await troubles(sessions, settings, certainty)

    monkeypatch.setattr(certainty_module, "REQUEST_WAIT_S", 0.0)
    (late,) = await troubles(sessions, settings, certainty)

    assert (soon.kind, soon.is_notice) == (TroubleKind.DATABASE_UNPROVEN, True)
    assert (late.kind, late.is_notice) == (TroubleKind.DATABASE_UNPROVEN, False)


@pytest.mark.parametrize(
    ("state", "shown"),
    [
        (RecoveryState.TAKING_OVER, [TroubleKind.RESTORED]),
        (RecoveryState.REPLAYING, [TroubleKind.DATABASE_UNPROVEN, TroubleKind.RESTORED]),
        (RecoveryState.DONE, [TroubleKind.DATABASE_UNPROVEN, TroubleKind.RESTORED]),
    ],
)
async def test_it_is_not_named_beside_a_database_that_is_being_taken_over(
    sessions: Sessions,
    settings: Settings,
    monkeypatch: pytest.MonkeyPatch,
    state: RecoveryState,
    shown: list[TroubleKind],
) -> None:
    monkeypatch.setattr(certainty_module, "REQUEST_WAIT_S", 0.0)
    note_recovery(sessions, NOON, state)

    assert [each.kind for each in await troubles(sessions, settings, unproven())] == shown


async def test_it_is_not_named_beside_a_database_that_is_out(
    settings: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(certainty_module, "REQUEST_WAIT_S", 0.0)

    found = await troubles(make_sessions(NOWHERE), settings, unproven())

    assert [each.kind for each in found] == [TroubleKind.DATABASE_OUT]
