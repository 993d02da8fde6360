"""What came too early is tried again by itself, until its cause is there."""

import asyncio
from datetime import UTC, datetime

import pytest

from shared.contracts import OrderMessage
from shared.errors import TooEarlyError
from shared.messaging.automatic_redelivery import AutomaticRedelivery
from shared.messaging.dead_letters import EARLY_RETRY_PERIOD
from shared.messaging.dispatcher import on, subscribe
from shared.messaging.publisher import Publisher
from shared.messaging.unit_of_work import UnitOfWork
from shared.persistence.database import Sessions
from tests.conftest import NOON
from tests.kernel import FakeBroker, consume, dead_letter_rows, until
from tests.shared.order_log import SUBSCRIPTIONS, accepted, assigned, log_message, logged_types


@pytest.fixture
def is_there() -> list[bool]:
    """What the early message waits for: there once this holds something."""
    return []


async def test_an_early_message_is_handled_once_its_cause_is_there(
    sessions: Sessions, is_there: list[bool]
) -> None:
    def need(message: OrderMessage, work: UnitOfWork) -> None:
        if not is_there:
            raise TooEarlyError
        log_message(message, work)

    needy = SUBSCRIPTIONS | subscribe(on(type(assigned()), need))
    redelivery = AutomaticRedelivery(sessions, Publisher(sessions, FakeBroker()), needy)
    running = asyncio.ensure_future(redelivery.run())
    consume(sessions, needy, assigned(), now=datetime.now(UTC))
    redelivery.wake()
    await until(lambda: "TooEarly" in dead_letter_rows(sessions)[0].error)
    assert logged_types(sessions) == []

    is_there.append(True)
    await until(lambda: logged_types(sessions) == ["resources.assigned"])

    running.cancel()


async def test_after_some_minutes_it_is_left_to_a_person(sessions: Sessions) -> None:
    tried = []

    def too_early(_: OrderMessage, __: UnitOfWork) -> None:
        tried.append(True)
        raise TooEarlyError

    needy = SUBSCRIPTIONS | subscribe(on(type(accepted()), too_early))
    consume(sessions, needy, accepted(), now=NOON - EARLY_RETRY_PERIOD)
    before = len(tried)
    redelivery = AutomaticRedelivery(sessions, Publisher(sessions, FakeBroker()), needy)

    assert await redelivery.redeliver_once(datetime.now(UTC) - EARLY_RETRY_PERIOD) == {}
    assert len(tried) == before
