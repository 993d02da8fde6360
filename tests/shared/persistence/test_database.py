"""The database: transient failures, write counts, and bulk statements."""

from datetime import timedelta
from typing import Any
from uuid import UUID, uuid4

import pytest
from sqlalchemy import text
from sqlalchemy.exc import DBAPIError, IntegrityError, OperationalError
from sqlalchemy.orm import Mapped, mapped_column

from deploy.local.postgres import Postgres
from shared.errors import UnprocessableError
from shared.messaging.unit_of_work import TRANSIENT
from shared.persistence.bulk import insert_new_rows, update_rows, upsert_rows
from shared.persistence.database import (
    SERVER_TIMEOUTS,
    Base,
    Sessions,
    is_write,
    make_sessions,
    metadata_of,
    write_count,
)
from shared.persistence.statements import CompiledStatement
from tests.conftest import NOON
from tests.shared.order_log import ORDER, OTHER, OrderLogRow, logged_types

NAMES = ("order_id", "lines", "written_at")


@pytest.mark.parametrize(
    ("statement", "writes"),
    [
        ("SELECT 1", False),
        ("SELECT updated FROM inserted ORDER BY deleted", False),
        ("SELECT 1 FROM order_logs FOR UPDATE", False),
        ("SELECT 1 FROM order_logs FOR NO KEY UPDATE SKIP LOCKED", False),
        ("INSERT INTO order_logs VALUES (1)", True),
        ("update order_logs set a = 1", True),
        ("WITH removed AS (DELETE FROM order_logs RETURNING 1) SELECT * FROM removed", True),
        ("WITH held AS (SELECT 1 FOR UPDATE) UPDATE order_logs SET a = 1", True),
        ("MERGE INTO order_logs USING news ON true", True),
    ],
)
def test_a_statement_that_writes_is_recognised(statement: str, writes: object) -> None:
    assert is_write(statement) is writes


def test_writing_statements_are_counted_on_their_connection(sessions: Sessions) -> None:
    with sessions() as session, sessions() as other:
        before, others = write_count(session), write_count(other)
        session.execute(text("SELECT 1"))
        insert_new_rows(session, OrderLogRow, NAMES, [(ORDER, (), NOON)])

        assert (write_count(session) - before, write_count(other) - others) == (1, 0)


def test_what_is_too_large_for_an_index_is_refused_and_no_outage(sessions: Sessions) -> None:
    long = "".join(uuid4().hex for _ in range(400))

    with sessions() as session, pytest.raises(UnprocessableError) as refused:
        session.execute(
            text("INSERT INTO parked VALUES (1, :long, '', 0, '', '', '', '', '', now(), NULL)"),
            {"long": long},
        )

    assert not isinstance(refused.value, TRANSIENT)
    assert refused.value.code == "too-large"


def test_a_server_that_is_not_there_is_a_transient_failure() -> None:
    nowhere = make_sessions("postgresql+psycopg://a:b@127.0.0.1:1/none")

    with nowhere() as session, pytest.raises(TRANSIENT):
        session.execute(text("SELECT 1"))


def test_a_lock_that_is_held_too_long_is_a_transient_failure(sessions: Sessions) -> None:
    with sessions() as first, sessions() as second:
        first.execute(text("LOCK TABLE order_logs"))
        second.execute(text("SET LOCAL lock_timeout = '10ms'"))
        with pytest.raises(TRANSIENT):
            second.execute(text("SELECT 1 FROM order_logs"))


@pytest.mark.parametrize(
    ("limit", "query"),
    [
        ("statement_timeout", lambda session: session.execute(text("SELECT pg_sleep(60)"))),
        ("statement_timeout", CompiledStatement(text("SELECT pg_sleep(60)")).rows),
        ("idle_in_transaction_session_timeout", lambda session: session.execute(text("SELECT 1"))),
        ("idle_in_transaction_session_timeout", CompiledStatement(text("SELECT 1")).rows),
    ],
)
def test_a_statement_or_transaction_that_times_out_is_a_transient_failure(
    postgres: Postgres, monkeypatch: pytest.MonkeyPatch, limit: str, query: Any
) -> None:
    monkeypatch.setitem(SERVER_TIMEOUTS, limit, timedelta(milliseconds=50))
    sessions = make_sessions(f"{postgres.url}/postgres")
    watcher = make_sessions(f"{postgres.url}/postgres")

    with sessions() as session, watcher() as other:
        pid = session.scalar(text("SELECT pg_backend_pid()"))
        if limit != "statement_timeout":
            while other.scalar(text("SELECT 1 FROM pg_stat_activity WHERE pid = :it"), {"it": pid}):
                other.rollback()
        with pytest.raises(TRANSIENT):
            query(session)

    for each in (sessions, watcher):
        each.kw["bind"].dispose()


def test_a_constraint_violation_is_no_transient_failure(sessions: Sessions) -> None:
    with sessions() as session, pytest.raises(IntegrityError) as broken:
        session.execute(text("INSERT INTO order_logs (order_id) VALUES (NULL)"))

    assert isinstance(broken.value, DBAPIError)
    assert not isinstance(broken.value, OperationalError)


def test_services_may_have_tables_of_one_name() -> None:
    """Each has its own database."""

    class Twin(Base):
        """A table of another service."""

        __module__ = "a.b.c"
        __tablename__ = "order_logs"

        id: Mapped[UUID] = mapped_column(primary_key=True)

    assert Twin.metadata is metadata_of("a.b")
    assert set(metadata_of("a.b").tables) == {"order_logs"}
    assert OrderLogRow.metadata is metadata_of("tests.shared")


def test_rows_are_inserted_overwritten_and_updated_many_at_once(sessions: Sessions) -> None:
    def row(order_id: UUID, line: str) -> tuple[object, ...]:
        return (order_id, (line,), NOON)

    with sessions.begin() as session:
        both = [row(ORDER, "a.v1"), row(OTHER, "a.v1")]
        assert insert_new_rows(session, OrderLogRow, NAMES, both[:1]) == 1
        assert insert_new_rows(session, OrderLogRow, NAMES, both) == 1
        assert upsert_rows(session, OrderLogRow, NAMES, [row(ORDER, "b.v1")]) == 1
        assert (
            update_rows(session, OrderLogRow, NAMES, [row(uuid4(), "c.v1"), row(OTHER, "c.v1")])
            == 1
        )
        assert insert_new_rows(session, OrderLogRow, NAMES, []) == 0

    assert (logged_types(sessions), logged_types(sessions, OTHER)) == (["b"], ["c"])
