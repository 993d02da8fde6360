"""Tables found in another database than before were restored."""

import asyncio
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from uuid import uuid4

import pytest
import structlog
from sqlalchemy import create_engine, text, update

from deploy.local.postgres import Postgres
from shared.config.settings import Settings
from shared.kafka import admin
from shared.kafka.producer import Producer
from shared.kafka.record_types import ConsumedRecord
from shared.messaging.publisher import Publisher
from shared.messaging.writer import Writer
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
    """Do nothing: no records are read."""


async def redeliver_none() -> Mapping[bytes, int]:
    """Do nothing: no message is early."""
    return {}


NOTHING = ReplayHandlers(handle_none, redeliver_none)
LATER = NOON + timedelta(minutes=5)


def record_change(sessions: Sessions, at: datetime) -> None:
    """Record a change in the database."""
    change = HistoryEntry(at, "t", "order", "1", "", "", "new", "", uuid4())
    with sessions.begin() as session:
        history.write(session, [change])


def detect(sessions: Sessions, now: datetime = LATER) -> bool:
    """Compare the stored identity of the database with its real one."""
    with sessions.begin() as session:
        return database_identity.detect_and_record_replacement(session, now)


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


def test_tables_in_the_same_database_were_not_restored(sessions: Sessions) -> None:
    assert not detect(sessions)
    assert not detect(sessions)

    with sessions() as session:
        assert database_identity.pop_replacement(session) is None


def test_a_copy_is_recognised_as_restored_with_the_time_of_its_last_change(
    sessions: Sessions, postgres: Postgres
) -> None:
    detect(sessions)
    record_change(sessions, NOON)

    with copied(sessions, postgres) as copy:
        assert detect(copy)
        record_change(copy, LATER + timedelta(seconds=1))
        assert not detect(copy)
        with copy.begin() as session:
            assert database_identity.has_unhandled_replacement(session)
            assert database_identity.pop_replacement(session) == DatabaseReplacement(NOON, LATER)
            assert not database_identity.has_unhandled_replacement(session)


def test_tables_that_are_restored_twice_are_reported_from_the_first_loss_on(
    sessions: Sessions,
) -> None:
    record_change(sessions, NOON)
    change_identity(sessions, timeline="00000007")
    detect(sessions, LATER)
    record_change(sessions, LATER)
    change_identity(sessions, timeline="00000008")
    detect(sessions, LATER + timedelta(minutes=1))

    with sessions() as session:
        assert database_identity.pop_replacement(session) == DatabaseReplacement(
            NOON, LATER + timedelta(minutes=1)
        )


def test_tables_that_were_moved_on_purpose_are_not_taken_for_restored(sessions: Sessions) -> None:
    change_identity(sessions)
    with sessions.begin() as session:
        database_identity.accept_current_identity(session)

    assert not detect(sessions)
    with sessions() as session:
        assert not database_identity.has_unhandled_replacement(session)


def change_identity(sessions: Sessions, timeline: str = "0000002A") -> None:
    """Store another identity than that of the database."""
    detect(sessions)
    with sessions.begin() as session:
        session.execute(update(DatabaseIdentityRow).values(timeline=timeline))


def recovery_of(sessions: Sessions, settings: Settings) -> Recovery:
    """Return the recovery of a service that consumes no topics."""
    publisher = Publisher(Writer(sessions), Producer(settings))
    recovery = Recovery(
        settings, sessions, publisher, ServiceTopics("order", (), frozenset()), Takeover({})
    )
    publisher.writer.certainty.on_unproven = recovery.request_check
    publisher.writer.certainty.start_unproven()
    return recovery


async def recover(recovery: Recovery) -> None:
    """Run a recovery until it is done."""
    running = asyncio.create_task(recovery.run(NOTHING))
    await until(recovery.is_done.is_set)
    running.cancel()


@pytest.mark.usefixtures("topics")
async def test_a_loss_that_no_topic_shows_is_reported_with_its_time_range(
    sessions: Sessions, settings: Settings
) -> None:
    record_change(sessions, NOON)
    change_identity(sessions)
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
@pytest.mark.parametrize("is_moved", [True, False], ids=["another_database", "same_database"])
async def test_a_database_that_is_restored_during_a_recovery_is_recovered_from_its_takeover_on(
    sessions: Sessions, settings: Settings, *, is_moved: bool
) -> None:
    note_recovery(sessions, NOON, RecoveryState.REPLAYING)
    if is_moved:
        change_identity(sessions)
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
    record_change(sessions, NOON)
    change_identity(sessions)
    without_kafka = settings.model_copy(update={"kafka": "127.0.0.1:1"})
    recovery = recovery_of(sessions, without_kafka)

    running = asyncio.create_task(recovery.run(NOTHING))
    await until(lambda: recovery.publisher.writer.certainty.may_serve)
    await recovery.publisher.writer.commit(
        lambda _: record_change(sessions, datetime.now(UTC)), RequiredCertainty.SERVED
    )
    running.cancel()
    with sessions() as session:
        assert database_identity.has_unhandled_replacement(session)
    admin.create_topics(settings)
    again = recovery_of(sessions, settings)
    await recover(again)

    with sessions() as session:
        (row,) = all_recoveries(session)
    assert row.lost_from == NOON
