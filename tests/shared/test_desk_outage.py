"""The desk while the database is out: told at once, told the truth, and back when it is."""

import asyncio
from collections.abc import AsyncIterator

import pytest
from sqlalchemy.exc import OperationalError

from deploy.local.postgres import Postgres
from shared.errors import UnavailableError
from shared.http import command_batcher as desk_module
from shared.http.command_batcher import Desk
from shared.messaging.unit_of_work import Transaction, Work
from shared.persistence.database import Sessions
from tests.kernel import passing_trouble
from tests.shared.counter import note, open_desk, serve, together
from tests.shared.ledger import ORDER, OTHER, lines


@pytest.fixture
async def desk(sessions: Sessions) -> AsyncIterator[Desk]:
    """A desk that is open."""
    async with open_desk(sessions) as desk:
        yield desk


async def test_passing_trouble_answers_that_the_service_is_out(desk: Desk) -> None:
    def fail(_: Work) -> None:
        raise passing_trouble()

    answers = await together(desk, fail, note(ORDER))

    assert all(isinstance(each, UnavailableError) for each in answers)
    assert await serve(desk, note(ORDER)) == ORDER


async def test_what_was_committed_before_an_outage_is_answered_as_done(
    desk: Desk, sessions: Sessions
) -> None:
    """A bug halves the batch; the first half commits, the second meets an outage."""
    tries: list[int] = []

    def stumble_then_fail(_: Work) -> None:
        tries.append(1)
        if len(tries) == 1:
            raise ZeroDivisionError
        raise passing_trouble()

    answers = await together(desk, note(ORDER), stumble_then_fail)

    assert answers[0] == ORDER
    assert isinstance(answers[1], UnavailableError)
    assert lines(sessions) == ["order.accepted"]


async def test_a_database_that_hangs_is_answered_for_in_time(
    desk: Desk, sessions: Sessions, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(desk_module, "TIMEOUT_S", 0.2)

    with sessions.begin() as session:
        session.connection().exec_driver_sql("LOCK TABLE pages")
        async with asyncio.timeout(5):
            with pytest.raises(UnavailableError):
                await serve(desk, note(ORDER))

    monkeypatch.undo()
    assert await serve(desk, note(OTHER)) == OTHER


async def test_a_lost_database_answers_at_once_and_service_goes_on_when_it_is_back(
    desk: Desk, sessions: Sessions, databases: dict[str, Sessions], postgres: Postgres
) -> None:
    await serve(desk, note(ORDER))
    for other in databases.values():
        if other is not sessions:
            other.kw["bind"].dispose()
    postgres.kill()
    try:
        for _ in range(3):
            async with asyncio.timeout(8):
                with pytest.raises(UnavailableError) as told:
                    await serve(desk, note(OTHER))
            assert isinstance(told.value.__cause__, OperationalError | TimeoutError)
    finally:
        postgres.start()

    assert await serve_when_it_is_back(desk) == OTHER


async def serve_when_it_is_back(desk: Desk) -> object:
    """Ask again, as a caller is told to, while connections of the old server are in the pool."""
    for _ in range(20):
        try:
            return await serve(desk, note(OTHER))
        except UnavailableError:
            await asyncio.sleep(0.1)
    return None


async def test_a_request_whose_commit_fails_is_not_answered_as_done(
    desk: Desk, sessions: Sessions, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fail(*_: object) -> None:
        raise passing_trouble()

    monkeypatch.setattr(Transaction, "finish", fail)

    with pytest.raises(UnavailableError):
        await serve(desk, note(ORDER))

    assert lines(sessions) == []
