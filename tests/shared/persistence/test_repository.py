"""The repository: single objects for the code, bulk statements for the database."""

import threading
from dataclasses import replace
from functools import partial
from typing import Any
from uuid import UUID, uuid4

import pytest
from sqlalchemy import event

from shared.errors import ConflictOnWriteError, NotFoundError
from shared.messaging.commit_context import CommitContext
from shared.messaging.unit_of_work import begin_transaction
from shared.persistence.database import Sessions, is_write
from shared.persistence.repository import ExistsAlreadyError, Repository, type_name_in_words
from tests.conftest import NOON
from tests.kernel import statements
from tests.shared.order_log import ORDER, ORDER_LOGS, OTHER, OrderLog, OrderLogRow, logged_types


def put(sessions: Sessions, *order_logs: OrderLog) -> None:
    """Commit order logs, preloaded together."""
    with begin_transaction(sessions, NOON, CommitContext(uuid4())) as transaction:
        ORDER_LOGS.preload(transaction.session, [each.order_id for each in order_logs])
        for each in order_logs:
            ORDER_LOGS.put(transaction.session, each)


def an_order_log(order_id: UUID = ORDER, *lines: str) -> OrderLog:
    return OrderLog(order_id, lines, NOON)


def test_what_is_put_is_found_before_it_is_written(sessions: Sessions) -> None:
    with begin_transaction(sessions, NOON, CommitContext(uuid4())) as transaction:
        ORDER_LOGS.put(transaction.session, an_order_log())
        ORDER_LOGS.put(transaction.session, an_order_log(ORDER, "b.v1"))
        assert ORDER_LOGS.get_for_update(transaction.session, ORDER).lines == ("b.v1",)

    assert logged_types(sessions) == ["b"]


def test_many_are_read_and_written_with_two_statements(sessions: Sessions) -> None:
    keys = [uuid4() for _ in range(100)]
    put(sessions, *map(an_order_log, keys))

    with (
        statements(sessions) as executed,
        begin_transaction(sessions, NOON, CommitContext(uuid4())) as transaction,
    ):
        ORDER_LOGS.preload(transaction.session, keys)
        for key in keys:
            found = ORDER_LOGS.get_for_update(transaction.session, key)
            ORDER_LOGS.put(transaction.session, replace(found, lines=("b.v1",)))

    assert len(executed) == 2
    assert all(logged_types(sessions, key) == ["b"] for key in keys)


def test_a_missing_row_is_queried_once(sessions: Sessions) -> None:
    with statements(sessions) as executed, sessions() as session:
        ORDER_LOGS.preload(session, [ORDER])
        assert ORDER_LOGS.find_for_update(session, ORDER) is None
        with pytest.raises(NotFoundError, match="there is no order log"):
            ORDER_LOGS.get_for_update(session, ORDER)

    assert len(executed) == 1


def test_a_row_read_for_update_is_locked_until_the_end(sessions: Sessions) -> None:
    put(sessions, an_order_log())
    other = threading.Thread(target=partial(put, sessions, an_order_log(ORDER, "second.v1")))

    with begin_transaction(sessions, NOON, CommitContext(uuid4())) as transaction:
        found = ORDER_LOGS.get_for_update(transaction.session, ORDER)
        other.start()
        other.join(0.1)
        assert other.is_alive()
        ORDER_LOGS.put(transaction.session, replace(found, lines=("first.v1",)))
    other.join(20)

    assert logged_types(sessions) == ["second"]


def test_a_plain_read_waits_for_no_lock(sessions: Sessions) -> None:
    put(sessions, an_order_log(ORDER, "a.v1"))

    with (
        begin_transaction(sessions, NOON, CommitContext(uuid4())) as transaction,
        sessions() as reading,
    ):
        ORDER_LOGS.put(transaction.session, an_order_log(ORDER, "b.v1"))
        transaction.flush()
        assert ORDER_LOGS.get(reading, ORDER).lines == ("a.v1",)


def test_two_transactions_that_add_the_same_collide(sessions: Sessions) -> None:
    def add_slowly() -> None:
        with begin_transaction(sessions, NOON, CommitContext(uuid4())) as slow:
            ORDER_LOGS.put(slow.session, an_order_log(ORDER, "slow.v1"))
            put(sessions, an_order_log(ORDER, "quick.v1"))

    with pytest.raises(ConflictOnWriteError):
        add_slowly()

    assert logged_types(sessions) == ["quick"]


def test_what_must_be_new_and_is_there_is_named_and_not_tried_again(sessions: Sessions) -> None:
    put(sessions, an_order_log(ORDER, "first.v1"))

    def add() -> None:
        with begin_transaction(sessions, NOON, CommitContext(uuid4())) as transaction:
            ORDER_LOGS.add(transaction.session, an_order_log(OTHER, "other.v1"))
            ORDER_LOGS.add(transaction.session, an_order_log(ORDER, "second.v1"))

    with pytest.raises(ExistsAlreadyError, match=f"there is a order log {ORDER} already"):
        add()

    assert (logged_types(sessions), logged_types(sessions, OTHER)) == (["first"], [])


def test_what_must_be_new_is_added_once_in_a_transaction(sessions: Sessions) -> None:
    def add() -> None:
        with begin_transaction(sessions, NOON, CommitContext(uuid4())) as transaction:
            ORDER_LOGS.add(transaction.session, an_order_log(ORDER, "first.v1"))
            ORDER_LOGS.add(transaction.session, an_order_log(ORDER, "second.v1"))

    with pytest.raises(ExistsAlreadyError):
        add()


def test_rows_are_written_in_the_order_of_their_keys(sessions: Sessions) -> None:
    """So two transactions that add the same rows never deadlock."""
    written: list[list[UUID]] = []

    def note_keys(*execution: Any) -> None:
        if is_write(execution[2]):
            written.append(next(each for each in execution[3].values() if isinstance(each, list)))

    engine = sessions.kw["bind"]
    event.listen(engine, "before_cursor_execute", note_keys)
    put(sessions, *(an_order_log(uuid4()) for _ in range(100)))
    event.remove(engine, "before_cursor_execute", note_keys)

    assert [len(each) for each in written] == [100]
    assert written == [sorted(each) for each in written]


def test_what_was_flushed_and_put_again_is_written_again(sessions: Sessions) -> None:
    with begin_transaction(sessions, NOON, CommitContext(uuid4())) as transaction:
        for line in ("a.v1", "b.v1"):
            ORDER_LOGS.put(transaction.session, an_order_log(ORDER, line))
            transaction.flush()

    assert logged_types(sessions) == ["b"]


def test_a_repository_of_immutable_rows_locks_nothing(sessions: Sessions) -> None:
    put(sessions, an_order_log(ORDER, "a.v1"), an_order_log(OTHER, "b.v1"))
    immutable = Repository(OrderLogRow, OrderLog, is_mutable=False)

    with statements(sessions) as executed, sessions() as session:
        immutable.preload(session, [ORDER, OTHER])

    assert "FOR" not in executed[0].split()


def test_a_type_is_labelled_by_the_words_of_its_name() -> None:
    assert [type_name_in_words(each) for each in (OrderLog, Word)] == ["order log", "word"]


class Word:
    """A class with one word."""
