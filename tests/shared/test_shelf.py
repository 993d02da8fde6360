"""The shelf: one at a time for the code, all together for the database."""

import threading
from dataclasses import replace
from functools import partial
from typing import Any
from uuid import UUID, uuid4

import pytest
from sqlalchemy import event

from shared.errors import CollisionError, NotFoundError
from shared.messaging.after_commit import Dispatch
from shared.messaging.unit_of_work import begin
from shared.persistence.database import Sessions, is_writing
from shared.persistence.repository import ExistsAlreadyError, Shelf, spoken
from tests.conftest import NOON
from tests.kernel import statements
from tests.shared.ledger import ORDER, OTHER, PAGES, Page, PageRow, lines


def put(sessions: Sessions, *pages: Page) -> None:
    """Commit pages, read together before."""
    with begin(sessions, NOON, Dispatch(uuid4())) as transaction:
        PAGES.preload(transaction.session, [page.order_id for page in pages])
        for page in pages:
            PAGES.put(transaction.session, page)


def a_page(order_id: UUID = ORDER, *lines: str) -> Page:
    return Page(order_id, lines, NOON)


def test_what_is_put_is_found_before_it_is_written(sessions: Sessions) -> None:
    with begin(sessions, NOON, Dispatch(uuid4())) as transaction:
        PAGES.put(transaction.session, a_page())
        PAGES.put(transaction.session, a_page(ORDER, "b.v1"))
        assert PAGES.get(transaction.session, ORDER).lines == ("b.v1",)

    assert lines(sessions) == ["b"]


def test_many_are_read_and_written_with_two_statements(sessions: Sessions) -> None:
    keys = [uuid4() for _ in range(100)]
    put(sessions, *map(a_page, keys))

    with statements(sessions) as executed, begin(sessions, NOON, Dispatch(uuid4())) as transaction:
        PAGES.preload(transaction.session, keys)
        for key in keys:
            page = PAGES.get(transaction.session, key)
            PAGES.put(transaction.session, replace(page, lines=("b.v1",)))

    assert len(executed) == 2
    assert all(lines(sessions, key) == ["b"] for key in keys)


def test_what_is_not_there_is_looked_for_once(sessions: Sessions) -> None:
    with statements(sessions) as executed, sessions() as session:
        PAGES.preload(session, [ORDER])
        assert PAGES.find(session, ORDER) is None
        with pytest.raises(NotFoundError, match="there is no page"):
            PAGES.get(session, ORDER)

    assert len(executed) == 1


def test_what_is_lent_is_kept_from_others_until_the_end(sessions: Sessions) -> None:
    put(sessions, a_page())
    other = threading.Thread(target=partial(put, sessions, a_page(ORDER, "second.v1")))

    with begin(sessions, NOON, Dispatch(uuid4())) as transaction:
        page = PAGES.get(transaction.session, ORDER)
        other.start()
        other.join(0.1)
        assert other.is_alive()
        PAGES.put(transaction.session, replace(page, lines=("first.v1",)))
    other.join(20)

    assert lines(sessions) == ["second"]


def test_to_show_one_keeps_it_from_nobody(sessions: Sessions) -> None:
    put(sessions, a_page(ORDER, "a.v1"))

    with begin(sessions, NOON, Dispatch(uuid4())) as transaction, sessions() as reading:
        PAGES.put(transaction.session, a_page(ORDER, "b.v1"))
        transaction.flush()
        assert PAGES.look(reading, ORDER).lines == ("a.v1",)


def test_two_transactions_that_add_the_same_collide(sessions: Sessions) -> None:
    def be_overtaken() -> None:
        with begin(sessions, NOON, Dispatch(uuid4())) as slow:
            PAGES.put(slow.session, a_page(ORDER, "slow.v1"))
            put(sessions, a_page(ORDER, "quick.v1"))

    with pytest.raises(CollisionError):
        be_overtaken()

    assert lines(sessions) == ["quick"]


def test_what_must_be_new_and_is_there_is_named_and_not_tried_again(sessions: Sessions) -> None:
    put(sessions, a_page(ORDER, "first.v1"))

    def add() -> None:
        with begin(sessions, NOON, Dispatch(uuid4())) as transaction:
            PAGES.add(transaction.session, a_page(OTHER, "other.v1"))
            PAGES.add(transaction.session, a_page(ORDER, "second.v1"))

    with pytest.raises(ExistsAlreadyError, match=f"there is a page {ORDER} already"):
        add()

    assert (lines(sessions), lines(sessions, OTHER)) == (["first"], [])


def test_what_must_be_new_is_added_once_in_a_transaction(sessions: Sessions) -> None:
    def add() -> None:
        with begin(sessions, NOON, Dispatch(uuid4())) as transaction:
            PAGES.add(transaction.session, a_page(ORDER, "first.v1"))
            PAGES.add(transaction.session, a_page(ORDER, "second.v1"))

    with pytest.raises(ExistsAlreadyError):
        add()


def test_rows_are_written_in_the_order_of_their_keys(sessions: Sessions) -> None:
    """So two transactions that add the same never wait for each other in a circle."""
    written: list[list[UUID]] = []

    def look(*execution: Any) -> None:
        if is_writing(execution[2]):
            written.append(next(each for each in execution[3].values() if isinstance(each, list)))

    engine = sessions.kw["bind"]
    event.listen(engine, "before_cursor_execute", look)
    put(sessions, *(a_page(uuid4()) for _ in range(100)))
    event.remove(engine, "before_cursor_execute", look)

    assert [len(each) for each in written] == [100]
    assert written == [sorted(each) for each in written]


def test_what_was_flushed_and_put_again_is_written_again(sessions: Sessions) -> None:
    with begin(sessions, NOON, Dispatch(uuid4())) as transaction:
        for line in ("a.v1", "b.v1"):
            PAGES.put(transaction.session, a_page(ORDER, line))
            transaction.flush()

    assert lines(sessions) == ["b"]


def test_a_shelf_of_what_never_changes_locks_nothing(sessions: Sessions) -> None:
    put(sessions, a_page(ORDER, "a.v1"), a_page(OTHER, "b.v1"))
    unlocked = Shelf(PageRow, Page, changes=False)

    with statements(sessions) as executed, sessions() as session:
        unlocked.preload(session, [ORDER, OTHER])

    assert "FOR" not in executed[0].split()


def test_a_thing_is_called_by_the_words_of_its_name() -> None:
    assert [spoken(each) for each in (Page, TwoWords)] == ["page", "two words"]


class TwoWords:
    """A thing of two words."""
