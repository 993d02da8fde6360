"""A prepared statement is the session's, like any other; only quicker."""

from datetime import UTC, datetime
from uuid import uuid4

import pytest
from sqlalchemy import bindparam, event, func, select, text, update
from sqlalchemy.dialects.postgresql import ARRAY
from sqlalchemy.exc import IntegrityError, OperationalError

from shared.errors import UnprocessableError
from shared.messaging.dead_letters import DeadLetterReason, DeadLetterRow, NewDeadLetter, add
from shared.messaging.unit_of_work import TRANSIENT, WRITE_CONFLICTS
from shared.persistence.bulk import insert_rows, table_of
from shared.persistence.database import Sessions, write_count
from shared.persistence.statements import CompiledStatement
from tests.conftest import NOON
from tests.kernel import count_of
from tests.shared.order_log import ORDER, OTHER, OrderLogRow

PAGES = table_of(OrderLogRow)
PARKED = table_of(DeadLetterRow)
NAMES = ("order_id", "lines", "written_at")
IDS = bindparam("ids", type_=ARRAY(PAGES.c.order_id.type))
READ = CompiledStatement(
    select(PAGES.c.order_id, PAGES.c.lines)
    .where(PAGES.c.order_id == func.any(IDS))
    .order_by(PAGES.c.order_id)
)


def test_it_runs_in_the_transaction_of_its_session(sessions: Sessions) -> None:
    with sessions() as session:
        insert_rows(session, OrderLogRow, NAMES, [(ORDER, (), NOON)])
        assert READ.column(session, {"ids": [ORDER]}) == [ORDER]
        session.rollback()

    assert count_of(sessions, OrderLogRow) == 0


def test_values_go_in_and_come_out_as_their_types_say(sessions: Sessions) -> None:
    parking = NewDeadLetter(
        "one", "order/1", 5, "type", b"key", b"body", DeadLetterReason.BUG, "it broke"
    )
    reading = CompiledStatement(select(PARKED.c.why, PARKED.c.parked_at, PARKED.c.released_at))

    with sessions.begin() as session:
        insert_rows(session, OrderLogRow, NAMES, [(ORDER, ("a", "b"), NOON)])
        add(session, [parking], NOON)
        assert READ.rows(session, {"ids": [ORDER]}) == [(ORDER, ("a", "b"))]
        (row,) = reading.rows(session)

    assert row == (DeadLetterReason.BUG, NOON, None)
    assert isinstance(row[0], DeadLetterReason)


def test_constants_of_a_statement_are_given_with_it(sessions: Sessions) -> None:
    mine = CompiledStatement(
        select(func.count()).select_from(PAGES).where(PAGES.c.order_id == ORDER)
    )
    with sessions.begin() as session:
        insert_rows(session, OrderLogRow, NAMES, [(ORDER, (), NOON), (OTHER, (), NOON)])

        assert mine.value(session) == 1


def test_nothing_is_a_constant_too(sessions: Sessions) -> None:
    parking = NewDeadLetter(
        "one", "order/1", 5, "type", b"key", b"body", DeadLetterReason.BUG, "it broke"
    )
    forget = CompiledStatement(update(PARKED).values(released_at=None))
    with sessions.begin() as session:
        add(session, [parking], NOON)

        assert forget.run(session) == 1


def test_it_tells_how_many_rows_it_wrote(sessions: Sessions) -> None:
    change = CompiledStatement(text("UPDATE pages SET written_at = :now"))
    with sessions.begin() as session:
        insert_rows(session, OrderLogRow, NAMES, [(ORDER, (), NOON), (OTHER, (), NOON)])

        assert change.run(session, {"now": datetime.now(UTC)}) == 2


def test_nothing_found_is_no_value(sessions: Sessions) -> None:
    with sessions() as session:
        assert READ.value(session, {"ids": [uuid4()]}) is None


def test_a_statement_whose_text_depends_on_its_values_is_refused(sessions: Sessions) -> None:
    among = CompiledStatement(select(PAGES.c.order_id).where(PAGES.c.order_id.in_([ORDER])))

    with sessions() as session, pytest.raises(TypeError, match="bind lists as arrays"):
        among.rows(session)


def test_listeners_hear_of_it_and_what_it_writes_is_counted(sessions: Sessions) -> None:
    heard: list[str] = []
    engine = sessions.kw["bind"]

    def listen(*told: object) -> None:
        heard.append(str(told[2]))

    event.listen(engine, "before_cursor_execute", listen)
    with sessions() as session:
        before = write_count(session)
        READ.rows(session, {"ids": [ORDER]})
        assert write_count(session) == before
        insert_rows(session, OrderLogRow, NAMES, [(ORDER, (), NOON)])
        assert write_count(session) == before + 1
    event.remove(engine, "before_cursor_execute", listen)

    assert [each.split()[0] for each in heard] == ["SELECT", "INSERT"]


def test_a_broken_rule_is_a_collision(sessions: Sessions) -> None:
    add = CompiledStatement(text("INSERT INTO pages SELECT * FROM pages"))
    with sessions() as session:
        insert_rows(session, OrderLogRow, NAMES, [(ORDER, (), NOON)])
        with pytest.raises(IntegrityError) as broken:
            add.run(session)

    assert isinstance(broken.value, WRITE_CONFLICTS)


def test_what_is_too_large_for_an_index_is_refused_and_no_outage(sessions: Sessions) -> None:
    long = "".join(uuid4().hex for _ in range(400))
    parking = NewDeadLetter(long, "order/1", 5, "", b"", b"", DeadLetterReason.BUG, "")

    with sessions() as session, pytest.raises(UnprocessableError) as refused:
        add(session, [parking], NOON)

    assert refused.value.code == "too-large"


def test_a_lost_connection_is_passing_trouble_and_the_next_transaction_has_another(
    sessions: Sessions,
) -> None:
    """So is every other of before: the server was started anew, as a rule."""
    me = CompiledStatement(text("SELECT pg_backend_pid()"))
    with sessions() as one, sessions() as idle, sessions() as killer:
        killer.execute(text("SELECT 1"))
        pids = [me.value(each) for each in (one, idle)]
        idle.close()
        for pid in pids:
            killer.execute(text("SELECT pg_terminate_backend(:pid, 5000)"), {"pid": pid})
        killer.connection().invalidate()  # nothing but the idle one is left to be taken
        with pytest.raises(OperationalError) as lost:
            READ.rows(one, {"ids": [ORDER]})

    assert isinstance(lost.value, TRANSIENT)
    with sessions() as session:
        assert READ.rows(session, {"ids": [ORDER]}) == []
