"""The repository: one at a time for the code, all together for the database."""

import threading
from dataclasses import replace
from functools import partial
from typing import Any
from uuid import UUID, uuid4

import pytest
from sqlalchemy import event

from shared.errors import ConflictOnWriteError, NotFoundError
from shared.messaging.after_commit import AfterCommit
from shared.messaging.unit_of_work import begin_transaction
from shared.persistence.database import Sessions, is_write
from shared.persistence.repository import ExistsAlreadyError, Repository, type_label
from tests.conftest import NOON
from tests.kernel import statements
from tests.shared.order_log import ORDER, ORDER_LOGS, OTHER, OrderLog, OrderLogRow, logged_types


def put(sessions: Sessions, *pages: OrderLog) -> None:
    """Commit pages, read together before."""
    with begin_transaction(sessions, NOON, AfterCommit(uuid4())) as transaction:
        ORDER_LOGS.preload(transaction.session, [page.order_id for page in pages])
        for page in pages:
            ORDER_LOGS.put(transaction.session, page)


def a_page(order_id: UUID = ORDER, *lines: str) -> OrderLog:
    return OrderLog(order_id, lines, NOON)


def test_what_is_put_is_found_before_it_is_written(sessions: Sessions) -> None:
    with begin_transaction(sessions, NOON, AfterCommit(uuid4())) as transaction:
        ORDER_LOGS.put(transaction.session, a_page())
        ORDER_LOGS.put(transaction.session, a_page(ORDER, "b.v1"))
        assert ORDER_LOGS.get_for_update(transaction.session, ORDER).lines == ("b.v1",)

    assert logged_types(sessions) == ["b"]


def test_many_are_read_and_written_with_two_statements(sessions: Sessions) -> None:
    keys = [uuid4() for _ in range(100)]
    put(sessions, *map(a_page, keys))

    with (
        statements(sessions) as executed,
        begin_transaction(sessions, NOON, AfterCommit(uuid4())) as transaction,
    ):
        ORDER_LOGS.preload(transaction.session, keys)
        for key in keys:
            page = ORDER_LOGS.get_for_update(transaction.session, key)
            ORDER_LOGS.put(transaction.session, replace(page, lines=("b.v1",)))

    assert len(executed) == 2
    assert all(logged_types(sessions, key) == ["b"] for key in keys)


def test_what_is_not_there_is_looked_for_once(sessions: Sessions) -> None:
    with statements(sessions) as executed, sessions() as session:
        ORDER_LOGS.preload(session, [ORDER])
        assert ORDER_LOGS.find_for_update(session, ORDER) is None
        with pytest.raises(NotFoundError, match="there is no page"):
            ORDER_LOGS.get_for_update(session, ORDER)

    assert len(executed) == 1


def test_what_is_lent_is_kept_from_others_until_the_end(sessions: Sessions) -> None:
    put(sessions, a_page())
    other = threading.Thread(target=partial(put, sessions, a_page(ORDER, "second.v1")))

    with begin_transaction(sessions, NOON, AfterCommit(uuid4())) as transaction:
        page = ORDER_LOGS.get_for_update(transaction.session, ORDER)
        other.start()
        other.join(0.1)
        assert other.is_alive()
        ORDER_LOGS.put(transaction.session, replace(page, lines=("first.v1",)))
    other.join(20)

    assert logged_types(sessions) == ["second"]


def test_to_show_one_keeps_it_from_nobody(sessions: Sessions) -> None:
    put(sessions, a_page(ORDER, "a.v1"))

    with (
        begin_transaction(sessions, NOON, AfterCommit(uuid4())) as transaction,
        sessions() as reading,
    ):
        ORDER_LOGS.put(transaction.session, a_page(ORDER, "b.v1"))
        transaction.flush()
        assert ORDER_LOGS.get(reading, ORDER).lines == ("a.v1",)


def test_two_transactions_that_add_the_same_collide(sessions: Sessions) -> None:
    def be_overtaken() -> None:
        with begin_transaction(sessions, NOON, AfterCommit(uuid4())) as slow:
            ORDER_LOGS.put(slow.session, a_page(ORDER, "slow.v1"))
            put(sessions, a_page(ORDER, "quick.v1"))

    with pytest.raises(ConflictOnWriteError):
        be_overtaken()

    assert logged_types(sessions) == ["quick"]


def test_what_must_be_new_and_is_there_is_named_and_not_tried_again(sessions: Sessions) -> None:
    put(sessions, a_page(ORDER, "first.v1"))

    def add() -> None:
        with begin_transaction(sessions, NOON, AfterCommit(uuid4())) as transaction:
            ORDER_LOGS.add(transaction.session, a_page(OTHER, "other.v1"))
            ORDER_LOGS.add(transaction.session, a_page(ORDER, "second.v1"))

    with pytest.raises(ExistsAlreadyError, match=f"there is a page {ORDER} already"):
        add()

    assert (logged_types(sessions), logged_types(sessions, OTHER)) == (["first"], [])


def test_what_must_be_new_is_added_once_in_a_transaction(sessions: Sessions) -> None:
    def add() -> None:
        with begin_transaction(sessions, NOON, AfterCommit(uuid4())) as transaction:
            ORDER_LOGS.add(transaction.session, a_page(ORDER, "first.v1"))
            ORDER_LOGS.add(transaction.session, a_page(ORDER, "second.v1"))

    with pytest.raises(ExistsAlreadyError):
        add()


def test_rows_are_written_in_the_order_of_their_keys(sessions: Sessions) -> None:
    """So two transactions that add the same never wait for each other in a circle."""
    written: list[list[UUID]] = []

    def look(*execution: Any) -> None:
        if is_write(execution[2]):
            written.append(next(each for each in execution[3].values() if isinstance(each, list)))

    engine = sessions.kw["bind"]
    event.listen(engine, "before_cursor_execute", look)
    put(sessions, *(a_page(uuid4()) for _ in range(100)))
    event.remove(engine, "before_cursor_execute", look)

    assert [len(each) for each in written] == [100]
    assert written == [sorted(each) for each in written]


def test_what_was_flushed_and_put_again_is_written_again(sessions: Sessions) -> None:
    with begin_transaction(sessions, NOON, AfterCommit(uuid4())) as transaction:
        for line in ("a.v1", "b.v1"):
            ORDER_LOGS.put(transaction.session, a_page(ORDER, line))
            transaction.flush()

    assert logged_types(sessions) == ["b"]


def test_a_shelf_of_what_never_changes_locks_nothing(sessions: Sessions) -> None:
    put(sessions, a_page(ORDER, "a.v1"), a_page(OTHER, "b.v1"))
    unlocked = Repository(OrderLogRow, OrderLog, is_mutable=False)

    with statements(sessions) as executed, sessions() as session:
        unlocked.preload(session, [ORDER, OTHER])

    assert "FOR" not in executed[0].split()


def test_a_thing_is_called_by_the_words_of_its_name() -> None:
    assert [type_label(each) for each in (OrderLog, TwoWords)] == ["page", "two words"]


class TwoWords:
    """A thing of two words."""
