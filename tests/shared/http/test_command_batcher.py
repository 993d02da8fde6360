"""Group commit: many commands in one transaction, each atomic, answered after the commit."""

import asyncio
from collections.abc import AsyncIterator, Callable
from dataclasses import replace
from functools import partial
from uuid import UUID, uuid4

import pytest
from sqlalchemy import insert

from shared.contracts import Causation, ReleaseRequested
from shared.errors import ConflictError, ConflictOnWriteError, NotFoundError, UnavailableError
from shared.http.command_batcher import CommandBatcher
from shared.messaging.outbox import OutboxRow
from shared.messaging.unit_of_work import MAX_CONFLICTS, UnitOfWork
from shared.persistence.bulk import table_of, upsert_rows
from shared.persistence.database import Sessions
from shared.recovery.recovery_store import RecoveryState
from tests.conftest import NOON
from tests.kernel import TENANT, count_of, note_recovery, published_types, statements, until
from tests.shared.batcher_client import logging_command, running_batcher, submit, submit_together
from tests.shared.order_log import (
    ORDER,
    ORDER_LOGS,
    OTHER,
    OrderLog,
    OrderLogRow,
    accepted,
    log_message,
    logged_types,
)


@pytest.fixture
async def batcher(sessions: Sessions) -> AsyncIterator[CommandBatcher]:
    """A running batcher."""
    async with running_batcher(sessions) as batcher:
        yield batcher


def refused(_: UnitOfWork) -> None:
    raise ConflictError


async def test_the_answer_waits_for_the_commit(batcher: CommandBatcher, sessions: Sessions) -> None:
    assert await submit(batcher, logging_command(ORDER)) == ORDER

    assert logged_types(sessions) == ["order.accepted"]
    assert published_types(sessions) == ["provisioning.release_requested.v1"]


async def test_many_requests_share_one_commit(batcher: CommandBatcher, sessions: Sessions) -> None:
    orders = [uuid4() for _ in range(50)]

    with statements(sessions) as executed:
        answers = await submit_together(batcher, *map(logging_command, orders))

    assert answers == orders
    assert count_of(sessions, OutboxRow) == 50
    writing = [each for each in executed if not each.startswith("SELECT order_logs")]
    assert len(writing) == 3, writing  # write, count, store


async def test_what_requests_need_is_read_for_all_of_them_at_once(
    batcher: CommandBatcher, sessions: Sessions
) -> None:
    orders = [uuid4() for _ in range(20)]

    async with batcher._writer.lock:  # noqa: SLF001
        submitted = [
            asyncio.create_task(
                batcher.execute(
                    Causation(uuid4(), uuid4(), TENANT),
                    logging_command(each),
                    preload=ORDER_LOGS.preload,
                    preload_key=each,
                )
            )
            for each in orders
        ]
        await asyncio.sleep(0)
    with statements(sessions) as executed:
        await asyncio.gather(*submitted)

    assert len([each for each in executed if each.startswith("SELECT order_logs")]) <= 2


async def test_a_refused_request_affects_no_other_and_costs_no_second_transaction(
    batcher: CommandBatcher, sessions: Sessions
) -> None:
    with statements(sessions) as executed:
        answers = await submit_together(
            batcher, logging_command(ORDER), refused, logging_command(OTHER)
        )

    assert answers[0::2] == [ORDER, OTHER]
    assert isinstance(answers[1], ConflictError)
    assert logged_types(sessions) == logged_types(sessions, OTHER) == ["order.accepted"]
    assert len([each for each in executed if each.startswith("INSERT INTO order_logs")]) == 1


def put_and_fail(work: UnitOfWork) -> None:
    log_message(accepted(OTHER), work)
    raise ConflictError


def overwrite_and_fail(work: UnitOfWork) -> None:
    found = ORDER_LOGS.get_for_update(work.session, ORDER)
    ORDER_LOGS.put(work.session, replace(found, lines=("never.v1",)))
    raise ConflictError


def publish_and_fail(work: UnitOfWork) -> None:
    work.publish(ReleaseRequested(order_id=OTHER))
    raise ConflictError


def record_change_and_fail(work: UnitOfWork) -> None:
    work.record_change("order", OTHER, "", "never")
    raise ConflictError


def insert_and_fail(work: UnitOfWork) -> None:
    blank = {"order_id": OTHER, "lines": (), "written_at": NOON}
    work.session.execute(insert(table_of(OrderLogRow)), blank)
    raise ConflictError


def upsert_and_fail(work: UnitOfWork) -> None:
    rows = [(OTHER, (), NOON)]
    upsert_rows(work.session, OrderLogRow, ("order_id", "lines", "written_at"), rows)
    raise ConflictError


def flush_and_fail(work: UnitOfWork) -> None:
    log_message(accepted(OTHER), work)
    work.transaction.flush()
    raise ConflictError


@pytest.mark.parametrize(
    "failing",
    [
        put_and_fail,
        overwrite_and_fail,
        publish_and_fail,
        record_change_and_fail,
        insert_and_fail,
        upsert_and_fail,
        flush_and_fail,
    ],
)
async def test_a_request_that_failed_after_writing_leaves_nothing(
    batcher: CommandBatcher, sessions: Sessions, failing: Callable[[UnitOfWork], object]
) -> None:
    first, *others = await submit_together(
        batcher, logging_command(ORDER), failing, logging_command(UUID(int=7))
    )

    assert (first, type(others[0]), others[1]) == (ORDER, ConflictError, UUID(int=7))
    assert logged_types(sessions) == logged_types(sessions, UUID(int=7)) == ["order.accepted"]
    assert count_of(sessions, OrderLogRow) == count_of(sessions, OutboxRow) == 2


@pytest.mark.parametrize("refusal", [ConflictError, NotFoundError])
@pytest.mark.parametrize(
    ("state", "answered"),
    [(RecoveryState.REPLAYING, UnavailableError), (RecoveryState.DONE, None)],
)
async def test_no_request_is_refused_while_messages_are_replayed_after_a_restore(
    batcher: CommandBatcher,
    sessions: Sessions,
    refusal: type[Exception],
    state: RecoveryState,
    answered: type[Exception] | None,
) -> None:
    note_recovery(sessions, NOON, state)

    def refuse(_: UnitOfWork) -> None:
        raise refusal

    answers = await submit_together(batcher, logging_command(ORDER), refuse)

    assert answers[0] == ORDER
    assert type(answers[1]) is (answered or refusal)


async def test_a_bug_in_one_request_affects_no_other(
    batcher: CommandBatcher, sessions: Sessions
) -> None:
    def fail(work: UnitOfWork) -> None:
        log_message(accepted(OTHER), work)
        raise ZeroDivisionError

    answers = await submit_together(batcher, logging_command(ORDER), fail)

    assert answers[0] == ORDER
    assert isinstance(answers[1], ZeroDivisionError)
    assert count_of(sessions, OrderLogRow) == 1


async def test_a_request_with_a_write_conflict_is_retried_and_then_answered_as_unavailable(
    batcher: CommandBatcher, sessions: Sessions
) -> None:
    conflicts: list[int] = []

    def conflict(times: int, work: UnitOfWork) -> None:
        if len(conflicts) < times:
            conflicts.append(1)
            raise ConflictOnWriteError
        log_message(accepted(), work)

    await submit(batcher, partial(conflict, MAX_CONFLICTS - 1))
    assert logged_types(sessions) == ["order.accepted"]
    with pytest.raises(UnavailableError, match="others are writing"):
        await submit(batcher, partial(conflict, 1000))


async def test_a_cancelled_request_is_not_executed(
    batcher: CommandBatcher, sessions: Sessions
) -> None:
    async with batcher._writer.lock:  # noqa: SLF001
        first = asyncio.create_task(submit(batcher, lambda _: None))
        await until(batcher._waiting.empty)  # noqa: SLF001
        cancelled = asyncio.create_task(submit(batcher, logging_command(ORDER)))
        await asyncio.sleep(0)
        cancelled.cancel()
        await asyncio.sleep(0)
    await first
    await submit(batcher, lambda _: None)

    assert logged_types(sessions) == []


async def test_a_refusal_says_why(batcher: CommandBatcher) -> None:
    with pytest.raises(NotFoundError, match="there is no order log"):
        await submit(batcher, lambda work: ORDER_LOGS.get_for_update(work.session, ORDER))


async def test_a_row_that_two_requests_put_is_as_the_second_put_it(
    batcher: CommandBatcher, sessions: Sessions
) -> None:
    def put(line: str, work: UnitOfWork) -> None:
        found = ORDER_LOGS.find_for_update(work.session, ORDER) or OrderLog(ORDER, (), work.now)
        ORDER_LOGS.put(work.session, replace(found, lines=(*found.lines, line)))

    await submit_together(batcher, partial(put, "a.v1"), partial(put, "b.v1"))

    assert logged_types(sessions) == ["a", "b"]
