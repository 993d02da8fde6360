"""Kafka is out and a connection was lost: what may be told of a database that may be older."""

from collections.abc import AsyncIterator
from uuid import UUID

import pytest

from shared.contracts import ReleaseRequested
from shared.errors import UnavailableError
from shared.http import command_batcher as desk_module
from shared.http.command_batcher import Desk
from shared.messaging.publisher import Relay
from shared.messaging.unit_of_work import Work
from shared.persistence.database import Sessions
from tests.kernel import Broker
from tests.shared.counter import note, open_desk, serve, together
from tests.shared.ledger import ORDER, OTHER, accepted, lines, write


@pytest.fixture
async def relay(sessions: Sessions) -> AsyncIterator[Relay]:
    """A relay that cannot know whether its database was set back."""
    relay = Relay(sessions, Broker())
    relay.certainty.begin()
    relay.certainty.cannot_prove()
    yield relay
    await relay.close()


@pytest.fixture
async def desk(sessions: Sessions, relay: Relay) -> AsyncIterator[Desk]:
    """A desk of a service that can withdraw nothing."""
    async with open_desk(sessions, relay) as desk:
        yield desk


def keep(work: Work) -> UUID:
    """Write a line that no other service hears of."""
    write(accepted(OTHER), work)
    return OTHER


async def test_what_others_would_hear_is_refused_for_now_and_what_is_beside_it_is_done(
    desk: Desk, sessions: Sessions
) -> None:
    """They may have been told something else under the same number already."""
    refused, kept = await together(desk, note(ORDER), keep)

    assert isinstance(refused, UnavailableError)
    assert "Kafka is out" in str(refused)
    assert kept == OTHER
    assert lines(sessions, ORDER) == []


async def test_it_is_done_once_the_database_is_proven(desk: Desk, relay: Relay) -> None:
    with pytest.raises(UnavailableError):
        await serve(desk, note(ORDER))

    relay.certainty.prove()

    assert await serve(desk, note(ORDER)) == ORDER


async def test_what_a_recovery_withdraws_is_told_all_the_same(
    sessions: Sessions, relay: Relay
) -> None:
    async with open_desk(sessions, relay, ReleaseRequested) as desk:
        assert await serve(desk, note(ORDER)) == ORDER


async def test_a_request_that_waits_for_too_long_is_told_that_the_database_is_compared(
    desk: Desk, relay: Relay, sessions: Sessions, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(desk_module, "TIMEOUT_S", 0.1)
    relay.certainty.can_prove()

    with pytest.raises(UnavailableError, match="GET /ops/v1/recoveries says how far"):
        await serve(desk, keep)

    relay.certainty.prove()
    assert await serve(desk, note(ORDER)) == ORDER
    assert lines(sessions, OTHER) == []
