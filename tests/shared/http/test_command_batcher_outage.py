"""The batcher while the database is out: quick, truthful answers, and service afterwards."""

import asyncio
from collections.abc import AsyncIterator

import pytest
from sqlalchemy.exc import OperationalError

from deploy.local.postgres import Postgres
from shared.errors import UnavailableError
from shared.http import command_batcher as batcher_module
from shared.http.command_batcher import CommandBatcher
from shared.messaging.unit_of_work import Transaction, UnitOfWork
from shared.persistence.database import Sessions
from tests.kernel import database_outage
from tests.shared.batcher_client import logging_command, running_batcher, submit, submit_together
from tests.shared.order_log import ORDER, OTHER, logged_types


@pytest.fixture
async def batcher(sessions: Sessions) -> AsyncIterator[CommandBatcher]:
    """A running batcher."""
    async with running_batcher(sessions) as batcher:
        yield batcher


async def test_a_transient_failure_is_answered_as_unavailable(batcher: CommandBatcher) -> None:
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

    def fail_twice(_: UnitOfWork) -> None:
        tries.append(1)
        if len(tries) == 1:
            raise ZeroDivisionError
        raise database_outage()

    answers = await submit_together(batcher, logging_command(ORDER), fail_twice)

    assert answers[0] == ORDER
    assert isinstance(answers[1], UnavailableError)
    assert logged_types(sessions) == ["order.accepted"]


async def test_a_request_is_answered_in_time_while_the_database_hangs(
    batcher: CommandBatcher, sessions: Sessions, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(batcher_module, "TIMEOUT_S", 0.2)

    with sessions.begin() as session:
        session.connection().exec_driver_sql("LOCK TABLE order_logs")
        async with asyncio.timeout(5):
            with pytest.raises(UnavailableError):
                await submit(batcher, logging_command(ORDER))

    monkeypatch.undo()
    assert await submit(batcher, logging_command(OTHER)) == OTHER


async def test_a_request_is_answered_at_once_while_the_database_is_out_and_served_when_it_is_back(
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
                with pytest.raises(UnavailableError) as refused:
                    await submit(batcher, logging_command(OTHER))
            assert isinstance(refused.value.__cause__, OperationalError | TimeoutError)
    finally:
        postgres.start()

    assert await retry_until_served(batcher) == OTHER


async def retry_until_served(batcher: CommandBatcher) -> object:
    """Retry, as a client does, while connections of the old server are in the pool."""
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
