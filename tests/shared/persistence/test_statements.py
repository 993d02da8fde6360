"""A compiled statement runs in the session like any other, only faster."""

import re
from datetime import UTC, datetime
from pathlib import Path
from uuid import uuid4

import pytest
from sqlalchemy import bindparam, event, func, select, text, update
from sqlalchemy.dialects.postgresql import ARRAY
from sqlalchemy.exc import IntegrityError, OperationalError
from sqlalchemy.orm import sessionmaker

from shared.errors import UnprocessableError
from shared.messaging.dead_letters import DeadLetterReason, DeadLetterRow, NewDeadLetter, add
from shared.messaging.unit_of_work import TRANSIENT, WRITE_CONFLICTS
from shared.persistence.bulk import insert_new_rows, table_of
from shared.persistence.database import Sessions, write_count
from shared.persistence.statements import CompiledStatement
from tests.conftest import NOON
from tests.kernel import count_of
from tests.shared.order_log import ORDER, OTHER, OrderLogRow

ROOT = Path(__file__).parents[3]
LOGS = table_of(OrderLogRow)
PARKED = table_of(DeadLetterRow)
NAMES = ("order_id", "lines", "written_at")
IDS = bindparam("ids", type_=ARRAY(LOGS.c.order_id.type))
READ = CompiledStatement(
    select(LOGS.c.order_id, LOGS.c.lines)
    .where(LOGS.c.order_id == func.any(IDS))
    .order_by(LOGS.c.order_id)
)


def test_it_runs_in_the_transaction_of_its_session(sessions: Sessions) -> None:
    with sessions() as session:
        insert_new_rows(session, OrderLogRow, NAMES, [(ORDER, (), NOON)])
        assert READ.column(session, {"ids": [ORDER]}) == [ORDER]
        session.rollback()

    assert count_of(sessions, OrderLogRow) == 0


def test_it_is_prepared_at_its_first_run_and_stays_so_after_reads(sessions: Sessions) -> None:
    prepared = text("SELECT count(*) FROM pg_prepared_statements WHERE statement LIKE :part")
    with sessions.kw["bind"].connect() as connection:
        on_connection = sessionmaker(**{**sessions.kw, "bind": connection})
        with on_connection.begin() as session:
            READ.column(session, {"ids": [ORDER]})

        for _ in range(2):
            with on_connection.begin() as session:
                assert session.scalar(prepared, {"part": "%order_logs%any%"}) == 1


def test_every_read_ends_with_a_commit_so_that_statements_stay_prepared() -> None:
    modules = [each for folder in ("shared", "services") for each in (ROOT / folder).rglob("*.py")]
    closed = {each.name for each in modules if re.search(r"essions\(\) as", each.read_text())}

    assert closed == {"recovery.py"}, "of these only the lock of a recovery runs no transaction"


def test_values_go_in_and_come_out_as_their_types_say(sessions: Sessions) -> None:
    dead_letter = NewDeadLetter(
        "one", "order/1", 5, "type", b"key", b"body", DeadLetterReason.BUG, "it broke"
    )
    reading = CompiledStatement(select(PARKED.c.why, PARKED.c.parked_at, PARKED.c.released_at))

    with sessions.begin() as session:
        insert_new_rows(session, OrderLogRow, NAMES, [(ORDER, ("a", "b"), NOON)])
        add(session, [dead_letter], NOON)
        assert READ.rows(session, {"ids": [ORDER]}) == [(ORDER, ("a", "b"))]
        (row,) = reading.rows(session)

    assert row == (DeadLetterReason.BUG, NOON, None)
    assert isinstance(row[0], DeadLetterReason)


def test_constants_of_a_statement_are_given_with_it(sessions: Sessions) -> None:
    counting = CompiledStatement(
        select(func.count()).select_from(LOGS).where(LOGS.c.order_id == ORDER)
    )
    with sessions.begin() as session:
        insert_new_rows(session, OrderLogRow, NAMES, [(ORDER, (), NOON), (OTHER, (), NOON)])

        assert counting.value(session) == 1


def test_null_is_a_constant_too(sessions: Sessions) -> None:
    dead_letter = NewDeadLetter(
        "one", "order/1", 5, "type", b"key", b"body", DeadLetterReason.BUG, "it broke"
    )
    reset = CompiledStatement(update(PARKED).values(released_at=None))
    with sessions.begin() as session:
        add(session, [dead_letter], NOON)

        assert reset.run(session) == 1


def test_it_returns_how_many_rows_it_wrote(sessions: Sessions) -> None:
    change = CompiledStatement(text("UPDATE order_logs SET written_at = :now"))
    with sessions.begin() as session:
        insert_new_rows(session, OrderLogRow, NAMES, [(ORDER, (), NOON), (OTHER, (), NOON)])

        assert change.run(session, {"now": datetime.now(UTC)}) == 2


def test_nothing_found_is_no_value(sessions: Sessions) -> None:
    with sessions() as session:
        assert READ.value(session, {"ids": [uuid4()]}) is None


def test_a_statement_whose_text_depends_on_its_values_is_refused(sessions: Sessions) -> None:
    among = CompiledStatement(select(LOGS.c.order_id).where(LOGS.c.order_id.in_([ORDER])))

    with sessions() as session, pytest.raises(TypeError, match="bind lists as arrays"):
        among.rows(session)


def test_listeners_are_called_and_its_writes_are_counted(sessions: Sessions) -> None:
    executed: list[str] = []
    engine = sessions.kw["bind"]

    def listen(*execution: object) -> None:
        executed.append(str(execution[2]))

    event.listen(engine, "before_cursor_execute", listen)
    with sessions() as session:
        before = write_count(session)
        READ.rows(session, {"ids": [ORDER]})
        assert write_count(session) == before
        insert_new_rows(session, OrderLogRow, NAMES, [(ORDER, (), NOON)])
        assert write_count(session) == before + 1
    event.remove(engine, "before_cursor_execute", listen)

    assert [each.split()[0] for each in executed] == ["SELECT", "INSERT"]


def test_a_constraint_violation_is_a_write_conflict(sessions: Sessions) -> None:
    add = CompiledStatement(text("INSERT INTO order_logs SELECT * FROM order_logs"))
    with sessions() as session:
        insert_new_rows(session, OrderLogRow, NAMES, [(ORDER, (), NOON)])
        with pytest.raises(IntegrityError) as broken:
            add.run(session)

    assert isinstance(broken.value, WRITE_CONFLICTS)


def test_what_is_too_large_for_an_index_is_refused_and_no_outage(sessions: Sessions) -> None:
    long = "".join(uuid4().hex for _ in range(400))
    dead_letter = NewDeadLetter(long, "order/1", 5, "", b"", b"", DeadLetterReason.BUG, "")

    with sessions() as session, pytest.raises(UnprocessableError) as refused:
        add(session, [dead_letter], NOON)

    assert refused.value.code == "too-large"


def test_a_lost_connection_is_a_transient_failure_and_the_next_transaction_has_another(
    sessions: Sessions,
) -> None:
    """All pooled connections are replaced then: as a rule the server was restarted."""
    own_pid = CompiledStatement(text("SELECT pg_backend_pid()"))
    with sessions() as one, sessions() as idle, sessions() as killer:
        killer.execute(text("SELECT 1"))
        pids = [own_pid.value(each) for each in (one, idle)]
        idle.close()
        for pid in pids:
            killer.execute(text("SELECT pg_terminate_backend(:pid, 5000)"), {"pid": pid})
        killer.connection().invalidate()  # only the idle one is left in the pool
        with pytest.raises(OperationalError) as lost:
            READ.rows(one, {"ids": [ORDER]})

    assert isinstance(lost.value, TRANSIENT)
    with sessions() as session:
        assert READ.rows(session, {"ids": [ORDER]}) == []
