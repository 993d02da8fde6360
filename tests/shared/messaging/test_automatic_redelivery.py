"""Early messages are redelivered automatically until their cause is there."""

import asyncio
from datetime import UTC, datetime

import pytest

from shared.contracts import OrderMessage
from shared.errors import EarlyMessageError
from shared.messaging.automatic_redelivery import AutomaticRedelivery
from shared.messaging.dead_letters import EARLY_RETRY_PERIOD
from shared.messaging.dispatcher import index_subscriptions, on
from shared.messaging.unit_of_work import UnitOfWork
from shared.messaging.writer import Writer
from shared.persistence.database import Sessions
from tests.conftest import NOON
from tests.kernel import consume, dead_letter_rows, until
from tests.shared.order_log import SUBSCRIPTIONS, accepted, assigned, log_message, logged_types


@pytest.fixture
def cause() -> list[bool]:
    """The cause of the early message: it is there once the list has an item."""
    return []


async def test_an_early_message_is_handled_once_its_cause_is_there(
    sessions: Sessions, cause: list[bool]
) -> None:
    def require_cause(message: OrderMessage, work: UnitOfWork) -> None:
        if not cause:
            raise EarlyMessageError
        log_message(message, work)

    subscriptions = SUBSCRIPTIONS | index_subscriptions(on(type(assigned()), require_cause))
    redelivery = AutomaticRedelivery(sessions, Writer(sessions), subscriptions)
    running = asyncio.ensure_future(redelivery.run())
    consume(sessions, subscriptions, assigned(), now=datetime.now(UTC))
    redelivery.wake()
    await until(lambda: "EarlyMessageError" in dead_letter_rows(sessions)[0].error)
    assert logged_types(sessions) == []

    cause.append(True)
    await until(lambda: logged_types(sessions) == ["resources.assigned"])

    running.cancel()


async def test_after_some_minutes_it_is_left_to_a_person(sessions: Sessions) -> None:
    tries = []

    def too_early(_: OrderMessage, __: UnitOfWork) -> None:
        tries.append(True)
        raise EarlyMessageError

    subscriptions = SUBSCRIPTIONS | index_subscriptions(on(type(accepted()), too_early))
    consume(sessions, subscriptions, accepted(), now=NOON - EARLY_RETRY_PERIOD)
    before = len(tries)
    redelivery = AutomaticRedelivery(sessions, Writer(sessions), subscriptions)

    assert await redelivery.redeliver_once(datetime.now(UTC) - EARLY_RETRY_PERIOD) == {}
    assert len(tries) == before
