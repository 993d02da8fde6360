"""What came too early is tried again by itself, until its cause is there."""

import asyncio
from datetime import UTC, datetime

import pytest

from shared.contracts import OrderMessage
from shared.errors import TooEarlyError
from shared.messaging.automatic_redelivery import Redelivery
from shared.messaging.dead_letters import EARLY_FOR
from shared.messaging.dispatcher import on, subscribe
from shared.messaging.publisher import Relay
from shared.messaging.unit_of_work import Work
from shared.persistence.database import Sessions
from tests.conftest import NOON
from tests.kernel import Broker, hear, parked, until
from tests.shared.ledger import SUBSCRIPTIONS, accepted, assigned, lines, write


@pytest.fixture
def is_there() -> list[bool]:
    """What the early message waits for: there once this holds something."""
    return []


async def test_an_early_message_is_handled_once_its_cause_is_there(
    sessions: Sessions, is_there: list[bool]
) -> None:
    def need(message: OrderMessage, work: Work) -> None:
        if not is_there:
            raise TooEarlyError
        write(message, work)

    needy = SUBSCRIPTIONS | subscribe(on(type(assigned()), need))
    redelivery = Redelivery(sessions, Relay(sessions, Broker()), needy)
    running = asyncio.ensure_future(redelivery.run())
    hear(sessions, needy, assigned(), now=datetime.now(UTC))
    redelivery.wake()
    await until(lambda: "TooEarly" in parked(sessions)[0].error)
    assert lines(sessions) == []

    is_there.append(True)
    await until(lambda: lines(sessions) == ["resources.assigned"])

    running.cancel()


async def test_after_some_minutes_it_is_left_to_a_person(sessions: Sessions) -> None:
    tried = []

    def too_early(_: OrderMessage, __: Work) -> None:
        tried.append(True)
        raise TooEarlyError

    needy = SUBSCRIPTIONS | subscribe(on(type(accepted()), too_early))
    hear(sessions, needy, accepted(), now=NOON - EARLY_FOR)
    before = len(tried)
    redelivery = Redelivery(sessions, Relay(sessions, Broker()), needy)

    assert await redelivery.once(datetime.now(UTC) - EARLY_FOR) == {}
    assert len(tried) == before
