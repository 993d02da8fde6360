"""Commands on an unproven database while Kafka is out: what may be published."""

from collections.abc import AsyncIterator
from uuid import UUID

import pytest

from shared.contracts import ReleaseRequested
from shared.errors import UnavailableError
from shared.http import command_batcher as batcher_module
from shared.http.command_batcher import CommandBatcher
from shared.messaging.publisher import Publisher
from shared.messaging.unit_of_work import UnitOfWork
from shared.messaging.writer import Writer
from shared.persistence.database import Sessions
from tests.kernel import FakeBroker
from tests.shared.batcher_client import logging_command, running_batcher, submit, submit_together
from tests.shared.order_log import ORDER, OTHER, accepted, log_message, logged_types


@pytest.fixture
async def publisher(sessions: Sessions) -> AsyncIterator[Publisher]:
    """A publisher with an unproven database."""
    publisher = Publisher(Writer(sessions), FakeBroker())
    publisher.writer.certainty.start_unproven()
    publisher.writer.certainty.serve_without_proof()
    yield publisher
    await publisher.close()


@pytest.fixture
async def batcher(sessions: Sessions, publisher: Publisher) -> AsyncIterator[CommandBatcher]:
    """A batcher of a service that can withdraw nothing."""
    async with running_batcher(sessions, publisher.writer) as batcher:
        yield batcher


def log_only(work: UnitOfWork) -> UUID:
    """Write a line, and publish nothing."""
    log_message(accepted(OTHER), work)
    return OTHER


async def test_a_command_that_publishes_is_refused_for_now_and_others_are_done(
    batcher: CommandBatcher, sessions: Sessions
) -> None:
    """Another message may have been published under the same sequence number already."""
    refused, done = await submit_together(batcher, logging_command(ORDER), log_only)

    assert isinstance(refused, UnavailableError)
    assert "Kafka is out" in str(refused)
    assert done == OTHER
    assert logged_types(sessions, ORDER) == []


async def test_it_is_done_once_the_database_is_proven(
    batcher: CommandBatcher, publisher: Publisher
) -> None:
    with pytest.raises(UnavailableError):
        await submit(batcher, logging_command(ORDER))

    publisher.writer.certainty.mark_proven()

    assert await submit(batcher, logging_command(ORDER)) == ORDER


async def test_what_a_recovery_can_withdraw_is_published_all_the_same(
    sessions: Sessions, publisher: Publisher
) -> None:
    async with running_batcher(sessions, publisher.writer, ReleaseRequested) as batcher:
        assert await submit(batcher, logging_command(ORDER)) == ORDER


async def test_a_request_that_waits_too_long_is_answered_that_the_database_is_compared(
    batcher: CommandBatcher,
    publisher: Publisher,
    sessions: Sessions,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    publisher.writer.certainty.suspend_serving_unless_proven()

    with monkeypatch.context() as patch:
        patch.setattr(batcher_module, "TIMEOUT_S", 0.1)
        with pytest.raises(UnavailableError, match="GET /ops/v1/recoveries shows the progress"):
            await submit(batcher, log_only)

    publisher.writer.certainty.mark_proven()
    assert await submit(batcher, logging_command(ORDER)) == ORDER
    assert logged_types(sessions, OTHER) == []
