"""Lost connections, and databases that are replaced under the same name."""

import asyncio
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import pytest
from sqlalchemy import create_engine, text
from sqlalchemy.exc import OperationalError
from sqlalchemy.orm import Session

from deploy.local.postgres import Postgres
from shared.contracts import ReleaseRequested
from shared.errors import DatabaseUnprovenError
from shared.messaging import pending_outbox, retry
from shared.messaging.commit_context import CommitContext
from shared.messaging.publisher import Publisher
from shared.messaging.retry import retry_while_unavailable
from shared.messaging.unit_of_work import begin_transaction
from shared.messaging.writer import Writer
from shared.persistence.connection_losses import loss_count, note_loss
from shared.persistence.database import Sessions, make_sessions
from shared.persistence.database_certainty import RequiredCertainty
from shared.persistence.migrate import migrate
from tests.conftest import NOON
from tests.databases import a_database
from tests.kernel import commit_messages_in, until
from tests.shared.batcher_client import logging_command, running_batcher, submit
from tests.shared.fake_producer import FakeProducer, FakeTopic, running_publishers
from tests.shared.order_log import ORDER

NAME = "test_connection_losses"
RELEASE = ReleaseRequested(order_id=ORDER)


def test_a_connection_that_the_server_ended_is_counted(sessions: Sessions) -> None:
    before = loss_count(sessions)
    with sessions() as session:
        end_connection(sessions, session.scalar(text("SELECT pg_backend_pid()")))
        with pytest.raises(OperationalError):
            session.execute(text("SELECT 1"))

    assert loss_count(sessions) == before + 1


def end_connection(sessions: Sessions, pid: int | None) -> None:
    """Let the server end a connection."""
    with sessions() as other:
        other.execute(text("SELECT pg_terminate_backend(:pid)"), {"pid": pid})


@pytest.fixture
def replaceable(postgres: Postgres) -> Iterator[Sessions]:
    """A database of a service that a test may replace."""
    with a_database(postgres, NAME):
        migrate("order", f"{postgres.url}/{NAME}")
        sessions = make_sessions(f"{postgres.url}/{NAME}")
        yield sessions
        sessions.kw["bind"].dispose()


def replace(postgres: Postgres) -> None:
    """Replace the service's database by an empty one; no connection to it may be open."""
    admin = create_engine(f"{postgres.url}/postgres", isolation_level="AUTOCOMMIT")
    with admin.connect() as connection:
        connection.execute(text(f"DROP DATABASE {NAME}"))
        connection.execute(text(f"CREATE DATABASE {NAME}"))
    admin.dispose()


def query(sessions: Sessions) -> None:
    """Use the database."""
    with sessions() as session:
        session.execute(text("SELECT 1"))


def test_the_first_connection_to_another_database_of_the_name_counts_as_a_loss(
    postgres: Postgres, replaceable: Sessions
) -> None:
    query(replaceable)
    before = loss_count(replaceable)
    replaceable.kw["bind"].dispose()
    replace(postgres)

    query(replaceable)
    query(replaceable)

    assert loss_count(replaceable) == before + 1


def test_more_connections_to_the_same_database_are_no_loss(replaceable: Sessions) -> None:
    query(replaceable)
    before = loss_count(replaceable)

    replaceable.kw["bind"].dispose()
    query(replaceable)

    assert loss_count(replaceable) == before


@contextmanager
def a_publisher(sessions: Sessions) -> Iterator[Publisher]:
    """A publisher whose database stays unproven until the test marks it as proven."""
    publisher = Publisher(Writer(sessions), FakeProducer(FakeTopic()))
    publisher.writer.certainty.on_unproven = lambda: None
    yield publisher


async def test_a_transaction_that_waited_while_the_connection_was_lost_waits_for_the_proof(
    sessions: Sessions,
) -> None:
    done: list[str] = []

    def lose_connection(_: CommitContext) -> None:
        if not done:
            done.append("lost")
            with sessions() as session:
                end_connection(sessions, session.scalar(text("SELECT pg_backend_pid()")))
                session.execute(text("SELECT 1"))

    with a_publisher(sessions) as publisher, running_publishers(publisher):
        await until(lambda: publisher.is_direct)
        first = asyncio.create_task(retry_while_unavailable(publisher.writer, lose_connection))
        second = asyncio.create_task(
            retry_while_unavailable(publisher.writer, lambda _: done.append("second"))
        )
        await until(lambda: len(retry.waiting_since) == len((first, second)))
        waited = list(done)
        publisher.writer.certainty.mark_proven()
        await asyncio.gather(first, second)

    assert waited == ["lost"]
    assert done == ["lost", "second"]


async def test_a_transaction_on_a_connection_to_another_database_is_not_committed(
    postgres: Postgres, replaceable: Sessions
) -> None:
    """The database is replaced after the transaction began; no old connection fails."""
    query(replaceable)

    def write(commit_context: CommitContext) -> None:
        replaceable.kw["bind"].dispose()
        replace(postgres)
        migrate("order", f"{postgres.url}/{NAME}")
        with begin_transaction(replaceable, NOON, commit_context) as transaction:
            transaction.session.execute(text("CREATE TABLE written (id int)"))

    with a_publisher(replaceable) as publisher, pytest.raises(DatabaseUnprovenError):
        await publisher.writer.commit(write, RequiredCertainty.SERVED)

    with replaceable() as session:
        assert session.scalar(text("SELECT to_regclass('written')")) is None


async def test_sent_records_are_not_marked_after_the_connection_was_lost(
    sessions: Sessions, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A restored database must not contain the current end offsets of the topics."""
    mark_published = pending_outbox.mark_published

    def lose_and_mark(session: Session, *sent: Any) -> None:
        note_loss(sessions.kw["bind"].dialect)
        mark_published(session, *sent)

    with a_publisher(sessions) as publisher, running_publishers(publisher):
        await until(lambda: publisher.is_direct)
        monkeypatch.setattr(pending_outbox, "mark_published", lose_and_mark)
        await publisher.writer.commit(
            lambda commit_context: commit_messages_in(sessions, commit_context, RELEASE)
        )
        await until(lambda: not publisher.is_direct)

    with sessions() as session:
        assert pending_outbox.published_offsets(session) == {}


async def test_requests_write_while_the_broker_is_out_whatever_was_lost(sessions: Sessions) -> None:
    writer = Writer(sessions)
    async with running_batcher(sessions, writer, ReleaseRequested) as batcher:
        certainty = writer.certainty
        certainty.on_unproven = certainty.serve_without_proof
        note_loss(sessions.kw["bind"].dialect)

        assert await submit(batcher, logging_command(ORDER)) == ORDER
