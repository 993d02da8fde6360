"""The desk: many requests in one transaction, each of them whole, none answered before it."""

import asyncio
from collections.abc import AsyncIterator, Callable
from dataclasses import replace
from functools import partial
from uuid import UUID, uuid4

import pytest
from sqlalchemy import insert

from shared.contracts import Cause, ReleaseRequested
from shared.errors import CollisionError, ConflictError, NotFoundError, UnavailableError
from shared.http.command_batcher import Desk
from shared.messaging.outbox import OutboxRow
from shared.messaging.unit_of_work import MOST_COLLISIONS, Work
from shared.persistence.bulk import table_of, upsert_rows
from shared.persistence.database import Sessions
from shared.recovery.rows import RecoveryState
from tests.conftest import NOON
from tests.kernel import TENANT, count_of, note_recovery, statements, types_told, until
from tests.shared.counter import note, open_desk, serve, together
from tests.shared.ledger import ORDER, OTHER, PAGES, Page, PageRow, accepted, lines, write


@pytest.fixture
async def desk(sessions: Sessions) -> AsyncIterator[Desk]:
    """A desk that is open."""
    async with open_desk(sessions) as desk:
        yield desk


def refused(_: Work) -> None:
    raise ConflictError


async def test_the_answer_waits_for_the_commit(desk: Desk, sessions: Sessions) -> None:
    assert await serve(desk, note(ORDER)) == ORDER

    assert lines(sessions) == ["order.accepted"]
    assert types_told(sessions) == ["provisioning.release_requested.v1"]


async def test_many_requests_share_one_commit(desk: Desk, sessions: Sessions) -> None:
    orders = [uuid4() for _ in range(50)]

    with statements(sessions) as executed:
        answers = await together(desk, *map(note, orders))

    assert answers == orders
    assert count_of(sessions, OutboxRow) == 50
    writing = [each for each in executed if not each.startswith("SELECT pages")]
    assert len(writing) == 3, writing  # write, count, store


async def test_what_requests_need_is_read_for_all_of_them_at_once(
    desk: Desk, sessions: Sessions
) -> None:
    orders = [uuid4() for _ in range(20)]

    async with desk._relay.turn:  # noqa: SLF001
        asked = [
            asyncio.create_task(
                desk.serve(
                    Cause(uuid4(), uuid4(), TENANT), note(each), needs=PAGES.preload, about=each
                )
            )
            for each in orders
        ]
        await asyncio.sleep(0)
    with statements(sessions) as executed:
        await asyncio.gather(*asked)

    assert len([each for each in executed if each.startswith("SELECT pages")]) <= 2


async def test_a_refused_request_harms_nobody_and_costs_no_second_transaction(
    desk: Desk, sessions: Sessions
) -> None:
    with statements(sessions) as executed:
        answers = await together(desk, note(ORDER), refused, note(OTHER))

    assert answers[0::2] == [ORDER, OTHER]
    assert isinstance(answers[1], ConflictError)
    assert lines(sessions) == lines(sessions, OTHER) == ["order.accepted"]
    assert len([each for each in executed if each.startswith("INSERT INTO pages")]) == 1


def put_and_fail(work: Work) -> None:
    write(accepted(OTHER), work)
    raise ConflictError


def overwrite_and_fail(work: Work) -> None:
    page = PAGES.get(work.session, ORDER)
    PAGES.put(work.session, replace(page, lines=("never.v1",)))
    raise ConflictError


def tell_and_fail(work: Work) -> None:
    work.emit(ReleaseRequested(order_id=OTHER))
    raise ConflictError


def note_and_fail(work: Work) -> None:
    work.note("order", OTHER, "", "never")
    raise ConflictError


def insert_and_fail(work: Work) -> None:
    blank = {"order_id": OTHER, "lines": (), "written_at": NOON}
    work.session.execute(insert(table_of(PageRow)), blank)
    raise ConflictError


def upsert_and_fail(work: Work) -> None:
    rows = [(OTHER, (), NOON)]
    upsert_rows(work.session, PageRow, ("order_id", "lines", "written_at"), rows)
    raise ConflictError


def flush_and_fail(work: Work) -> None:
    write(accepted(OTHER), work)
    work.transaction.flush()
    raise ConflictError


@pytest.mark.parametrize(
    "failing",
    [
        put_and_fail,
        overwrite_and_fail,
        tell_and_fail,
        note_and_fail,
        insert_and_fail,
        upsert_and_fail,
        flush_and_fail,
    ],
)
async def test_a_request_that_failed_after_writing_leaves_nothing(
    desk: Desk, sessions: Sessions, failing: Callable[[Work], object]
) -> None:
    first, *others = await together(desk, note(ORDER), failing, note(UUID(int=7)))

    assert (first, type(others[0]), others[1]) == (ORDER, ConflictError, UUID(int=7))
    assert lines(sessions) == lines(sessions, UUID(int=7)) == ["order.accepted"]
    assert count_of(sessions, PageRow) == count_of(sessions, OutboxRow) == 2


@pytest.mark.parametrize("refusal", [ConflictError, NotFoundError])
@pytest.mark.parametrize(
    ("state", "answered"),
    [(RecoveryState.REPLAYING, UnavailableError), (RecoveryState.DONE, None)],
)
async def test_nothing_is_refused_for_what_is_read_again_after_a_restore(
    desk: Desk,
    sessions: Sessions,
    refusal: type[Exception],
    state: RecoveryState,
    answered: type[Exception] | None,
) -> None:
    note_recovery(sessions, NOON, state)

    def refuse(_: Work) -> None:
        raise refusal

    answers = await together(desk, note(ORDER), refuse)

    assert answers[0] == ORDER
    assert type(answers[1]) is (answered or refusal)


async def test_a_bug_in_one_request_is_its_own_and_no_others(
    desk: Desk, sessions: Sessions
) -> None:
    def stumble(work: Work) -> None:
        write(accepted(OTHER), work)
        raise ZeroDivisionError

    answers = await together(desk, note(ORDER), stumble)

    assert answers[0] == ORDER
    assert isinstance(answers[1], ZeroDivisionError)
    assert count_of(sessions, PageRow) == 1


async def test_a_request_that_collides_is_done_again_and_then_told_to_come_later(
    desk: Desk, sessions: Sessions
) -> None:
    collisions: list[int] = []

    def collide(times: int, work: Work) -> None:
        if len(collisions) < times:
            collisions.append(1)
            raise CollisionError
        write(accepted(), work)

    await serve(desk, partial(collide, MOST_COLLISIONS - 1))
    assert lines(sessions) == ["order.accepted"]
    with pytest.raises(UnavailableError, match="others are writing"):
        await serve(desk, partial(collide, 1000))


async def test_who_has_stopped_waiting_is_not_served(desk: Desk, sessions: Sessions) -> None:
    async with desk._relay.turn:  # noqa: SLF001
        held = asyncio.create_task(serve(desk, lambda _: None))
        await until(desk._waiting.empty)  # noqa: SLF001
        gone = asyncio.create_task(serve(desk, note(ORDER)))
        await asyncio.sleep(0)
        gone.cancel()
        await asyncio.sleep(0)
    await held
    await serve(desk, lambda _: None)

    assert lines(sessions) == []


async def test_a_refusal_says_why(desk: Desk) -> None:
    with pytest.raises(NotFoundError, match="there is no page"):
        await serve(desk, lambda work: PAGES.get(work.session, ORDER))


async def test_a_page_that_was_put_twice_by_two_requests_is_as_the_second_put_it(
    desk: Desk, sessions: Sessions
) -> None:
    def put(line: str, work: Work) -> None:
        page = PAGES.find(work.session, ORDER) or Page(ORDER, (), work.now)
        PAGES.put(work.session, replace(page, lines=(*page.lines, line)))

    await together(desk, partial(put, "a.v1"), partial(put, "b.v1"))

    assert lines(sessions) == ["a", "b"]
