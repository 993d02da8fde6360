"""Tables that are found in another database than before: they were restored."""

import asyncio
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from uuid import uuid4

import pytest
import structlog
from sqlalchemy import create_engine, text, update

from deploy.local.postgres import Postgres
from shared.config.settings import Settings
from shared.kafka import admin
from shared.kafka.producer import Producer
from shared.kafka.records import ConsumedRecord
from shared.messaging.publisher import Publisher
from shared.persistence import history
from shared.persistence.database import Sessions, make_sessions
from shared.persistence.database_certainty import RequiredCertainty
from shared.persistence.history import HistoryEntry
from shared.recovery import database_identity
from shared.recovery.database_identity import DatabaseIdentityRow, DatabaseReplacement
from shared.recovery.loss_detection import ServiceTopics
from shared.recovery.recovery import Recovery, ReplayHandlers
from shared.recovery.recovery_store import RecoveryState, all_recoveries
from shared.recovery.takeover import Takeover
from shared.recovery.troubles import recovery_troubles
from tests.conftest import NOON
from tests.kernel import note_recovery, until
from tests.shared.consuming import accepted_records, produce
from tests.shared.order_log import ORDER


async def handle_none(_: list[ConsumedRecord]) -> None:
    """Handle nothing: there is nothing to read."""


async def try_none() -> Mapping[bytes, int]:
    """Try nothing: nothing came too early."""
    return {}


NOTHING = ReplayHandlers(handle_none, try_none)
LATER = NOON + timedelta(minutes=5)


def note_change(sessions: Sessions, at: datetime) -> None:
    """Have the database change."""
    change = HistoryEntry(at, "t", "order", "1", "", "", "new", "", uuid4())
    with sessions.begin() as session:
        history.write(session, [change])


def look(sessions: Sessions, now: datetime = LATER) -> bool:
    """Look where the tables lie."""
    with sessions.begin() as session:
        return database_identity.detect_replacement(session, now)


@contextmanager
def copied(sessions: Sessions, postgres: Postgres) -> Iterator[Sessions]:
    """Copy the database, as a dump and a restore do."""
    sessions.kw["bind"].dispose()
    source = sessions.kw["bind"].url.database
    admin_of = create_engine(f"{postgres.url}/postgres", isolation_level="AUTOCOMMIT")
    with admin_of.connect() as connection:
        connection.execute(text(f"CREATE DATABASE test_copy TEMPLATE {source}"))
    copy = make_sessions(f"{postgres.url}/test_copy")
    yield copy
    copy.kw["bind"].dispose()
    with admin_of.connect() as connection:
        connection.execute(text("DROP DATABASE test_copy WITH (FORCE)"))
    admin_of.dispose()


def test_tables_that_stay_where_they_are_were_not_restored(sessions: Sessions) -> None:
    assert not look(sessions)
    assert not look(sessions)

    with sessions() as session:
        assert database_identity.pop_replacement(session) is None


def test_tables_in_a_copy_know_that_they_were_restored_and_when_they_last_changed(
    sessions: Sessions, postgres: Postgres
) -> None:
    look(sessions)
    note_change(sessions, NOON)

    with copied(sessions, postgres) as copy:
        assert look(copy)
        note_change(copy, LATER + timedelta(seconds=1))
        assert not look(copy)
        with copy.begin() as session:
            assert database_identity.has_unhandled_replacement(session)
            assert database_identity.pop_replacement(session) == DatabaseReplacement(NOON, LATER)
            assert not database_identity.has_unhandled_replacement(session)


def test_tables_that_are_restored_twice_are_told_from_the_first_loss_on(sessions: Sessions) -> None:
    note_change(sessions, NOON)
    move(sessions, timeline="00000007")
    look(sessions, LATER)
    note_change(sessions, LATER)
    move(sessions, timeline="00000008")
    look(sessions, LATER + timedelta(minutes=1))

    with sessions() as session:
        assert database_identity.pop_replacement(session) == DatabaseReplacement(
            NOON, LATER + timedelta(minutes=1)
        )


def test_tables_that_were_moved_on_purpose_are_not_taken_for_restored(sessions: Sessions) -> None:
    move(sessions)
    with sessions.begin() as session:
        database_identity.accept_current_identity(session)

    assert not look(sessions)
    with sessions() as session:
        assert not database_identity.has_unhandled_replacement(session)


def move(sessions: Sessions, timeline: str = "0000002A") -> None:
    """Have the tables know another place than that where they lie."""
    look(sessions)
    with sessions.begin() as session:
        session.execute(update(DatabaseIdentityRow).values(timeline=timeline))


def recovery_of(sessions: Sessions, settings: Settings) -> Recovery:
    """Return what recovers a service that reads nothing."""
    publisher = Publisher(sessions, Producer(settings))
    recovery = Recovery(
        settings, sessions, publisher, ServiceTopics("order", (), frozenset()), Takeover({})
    )
    publisher.certainty.on_unproven = recovery.request_check
    publisher.certainty.start_unproven()
    return recovery


async def recover(recovery: Recovery) -> None:
    """Begin, and return once the service is whole."""
    begun = asyncio.create_task(recovery.run(NOTHING))
    await until(recovery.is_done.is_set)
    begun.cancel()


@pytest.mark.usefixtures("topics")
async def test_a_loss_that_no_topic_shows_is_told_from_when_to_when(
    sessions: Sessions, settings: Settings
) -> None:
    note_change(sessions, NOON)
    move(sessions)
    recovery = recovery_of(sessions, settings)

    with structlog.testing.capture_logs() as logs:
        await recover(recovery)

    with sessions() as session:
        (row,) = all_recoveries(session)
        (trouble,) = recovery_troubles(session, datetime.now(UTC))
    assert (row.state, row.lost_from, row.taken_over) == (RecoveryState.DONE, NOON, 0)
    assert f"from {NOON:%Y-%m-%d %H:%M:%S} to {row.noticed_at:%Y-%m-%d %H:%M:%S}" in trouble.says
    (ended,) = (each for each in logs if each["event"] == "recovery.ended")
    assert (ended["lost_from"], ended["lost_until"]) == (str(NOON), str(row.noticed_at))
    assert (ended["taken_over"], ended["replayed"]) == (0, 0)


@pytest.mark.usefixtures("topics")
@pytest.mark.parametrize("is_moved", [True, False], ids=["another", "over_its_own"])
async def test_a_database_that_is_set_back_during_a_recovery_is_recovered_from_its_takeover_on(
    sessions: Sessions, settings: Settings, *, is_moved: bool
) -> None:
    note_recovery(sessions, NOON, RecoveryState.REPLAYING)
    if is_moved:
        move(sessions)
    before = datetime.now(UTC)
    await produce(settings, accepted_records([ORDER]))
    recovery = recovery_of(sessions, settings)

    await recover(recovery)

    with sessions() as session:
        (row,) = all_recoveries(session)
        assert not database_identity.has_unhandled_replacement(session)
    assert row.taken_over == 1
    assert row.noticed_at >= before
    assert row.lost_from == NOON - timedelta(minutes=1)


async def test_a_loss_is_noticed_before_requests_are_served_while_kafka_is_out(
    sessions: Sessions, settings: Settings
) -> None:
    note_change(sessions, NOON)
    move(sessions)
    nowhere = replace(settings, kafka="127.0.0.1:1")
    recovery = recovery_of(sessions, nowhere)

    begun = asyncio.create_task(recovery.run(NOTHING))
    await until(lambda: recovery.publisher.certainty.may_serve)
    await recovery.publisher.commit(
        lambda _: note_change(sessions, datetime.now(UTC)), RequiredCertainty.SERVED
    )
    begun.cancel()
    with sessions() as session:
        assert database_identity.has_unhandled_replacement(session)
    admin.create_topics(settings)
    again = recovery_of(sessions, settings)
    await recover(again)

    with sessions() as session:
        (row,) = all_recoveries(session)
    assert row.lost_from == NOON
