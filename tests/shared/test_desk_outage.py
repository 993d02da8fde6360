"""The desk while the database is out: told at once, told the truth, and back when it is."""

import asyncio
from collections.abc import AsyncIterator

import pytest
from sqlalchemy.exc import OperationalError

from deploy.local.postgres import Postgres
from shared.errors import UnavailableError
from shared.http import command_batcher as desk_module
from shared.http.command_batcher import CommandBatcher
from shared.messaging.unit_of_work import Transaction, UnitOfWork
from shared.persistence.database import Sessions
from tests.kernel import database_outage
from tests.shared.batcher_client import logging_command, running_batcher, submit, submit_together
from tests.shared.order_log import ORDER, OTHER, logged_types


@pytest.fixture
async def batcher(sessions: Sessions) -> AsyncIterator[CommandBatcher]:
    """A desk that is open."""
    async with running_batcher(sessions) as batcher:
        yield batcher


async def test_passing_trouble_answers_that_the_service_is_out(batcher: CommandBatcher) -> None:
    def fail(_: UnitOfWork) -> None:
        raise database_outage()

    answers = await submit_together(batcher, fail, logging_command(ORDER))

    assert all(isinstance(each, UnavailableError) for each in answers)
    assert await submit(batcher, logging_command(ORDER)) == ORDER


async def test_what_was_committed_before_an_outage_is_answered_as_done(
    batcher: CommandBatcher, sessions: Sessions
) -> None:
    """A bug halves the batch; the first half commits, the second meets an outage."""
    tries: list[int] = []

    def stumble_then_fail(_: UnitOfWork) -> None:
        tries.append(1)
        if len(tries) == 1:
            raise ZeroDivisionError
        raise database_outage()

    answers = await submit_together(batcher, logging_command(ORDER), stumble_then_fail)

    assert answers[0] == ORDER
    assert isinstance(answers[1], UnavailableError)
    assert logged_types(sessions) == ["order.accepted"]


async def test_a_database_that_hangs_is_answered_for_in_time(
    batcher: CommandBatcher, sessions: Sessions, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(desk_module, "TIMEOUT_S", 0.2)

    with sessions.begin() as session:
        session.connection().exec_driver_sql("LOCK TABLE pages")
        async with asyncio.timeout(5):
            with pytest.raises(UnavailableError):
                await submit(batcher, logging_command(ORDER))

    monkeypatch.undo()
    assert await submit(batcher, logging_command(OTHER)) == OTHER


async def test_a_lost_database_answers_at_once_and_service_goes_on_when_it_is_back(
    batcher: CommandBatcher, sessions: Sessions, databases: dict[str, Sessions], postgres: Postgres
) -> None:
    await submit(batcher, logging_command(ORDER))
    for other in databases.values():
        if other is not sessions:
            other.kw["bind"].dispose()
    postgres.kill()
    try:
        for _ in range(3):
            async with asyncio.timeout(8):
                with pytest.raises(UnavailableError) as told:
                    await submit(batcher, logging_command(OTHER))
            assert isinstance(told.value.__cause__, OperationalError | TimeoutError)
    finally:
        postgres.start()

    assert await serve_when_it_is_back(batcher) == OTHER


async def serve_when_it_is_back(batcher: CommandBatcher) -> object:
    """Ask again, as a caller is told to, while connections of the old server are in the pool."""
    for _ in range(20):
        try:
            return await submit(batcher, logging_command(OTHER))
        except UnavailableError:
            await asyncio.sleep(0.1)
    return None


async def test_a_request_whose_commit_fails_is_not_answered_as_done(
    batcher: CommandBatcher, sessions: Sessions, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fail(*_: object) -> None:
        raise database_outage()

    monkeypatch.setattr(Transaction, "finish", fail)

    with pytest.raises(UnavailableError):
        await submit(batcher, logging_command(ORDER))

    assert logged_types(sessions) == []
