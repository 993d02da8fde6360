"""Kafka is out and a connection was lost: what may be told of a database that may be older."""

from collections.abc import AsyncIterator
from uuid import UUID

import pytest

from shared.contracts import ReleaseRequested
from shared.errors import UnavailableError
from shared.http import command_batcher as desk_module
from shared.http.command_batcher import CommandBatcher
from shared.messaging.publisher import Publisher
from shared.messaging.unit_of_work import UnitOfWork
from shared.persistence.database import Sessions
from tests.kernel import FakeBroker
from tests.shared.batcher_client import logging_command, running_batcher, submit, submit_together
from tests.shared.order_log import ORDER, OTHER, accepted, log_message, logged_types


@pytest.fixture
async def publisher(sessions: Sessions) -> AsyncIterator[Publisher]:
    """A publisher that cannot know whether its database was set back."""
    publisher = Publisher(sessions, FakeBroker())
    publisher.certainty.start_unproven()
    publisher.certainty.mark_unprovable()
    yield publisher
    await publisher.close()


@pytest.fixture
async def batcher(sessions: Sessions, publisher: Publisher) -> AsyncIterator[CommandBatcher]:
    """A desk of a service that can withdraw nothing."""
    async with running_batcher(sessions, publisher) as batcher:
        yield batcher


def keep(work: UnitOfWork) -> UUID:
    """Write a line that no other service hears of."""
    log_message(accepted(OTHER), work)
    return OTHER


async def test_what_others_would_hear_is_refused_for_now_and_what_is_beside_it_is_done(
    batcher: CommandBatcher, sessions: Sessions
) -> None:
    """They may have been told something else under the same number already."""
    refused, kept = await submit_together(batcher, logging_command(ORDER), keep)

    assert isinstance(refused, UnavailableError)
    assert "Kafka is out" in str(refused)
    assert kept == OTHER
    assert logged_types(sessions, ORDER) == []


async def test_it_is_done_once_the_database_is_proven(
    batcher: CommandBatcher, publisher: Publisher
) -> None:
    with pytest.raises(UnavailableError):
        await submit(batcher, logging_command(ORDER))

    publisher.certainty.mark_proven()

    assert await submit(batcher, logging_command(ORDER)) == ORDER


async def test_what_a_recovery_withdraws_is_told_all_the_same(
    sessions: Sessions, publisher: Publisher
) -> None:
    async with running_batcher(sessions, publisher, ReleaseRequested) as batcher:
        assert await submit(batcher, logging_command(ORDER)) == ORDER


async def test_a_request_that_waits_for_too_long_is_told_that_the_database_is_compared(
    batcher: CommandBatcher,
    publisher: Publisher,
    sessions: Sessions,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(desk_module, "TIMEOUT_S", 0.1)
    publisher.certainty.mark_provable()

    with pytest.raises(UnavailableError, match="GET /ops/v1/recoveries says how far"):
        await submit(batcher, keep)

    publisher.certainty.mark_proven()
    assert await submit(batcher, logging_command(ORDER)) == ORDER
    assert logged_types(sessions, OTHER) == []
