"""Early dead letters, and those behind them, are notices for the first minutes."""

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta

import pytest
from sqlalchemy import select

from shared.calls.element_limits import no_limits
from shared.contracts import OrderMessage
from shared.errors import ConflictError, EarlyMessageError
from shared.health.database_checker import DatabaseChecker
from shared.messaging.dead_letters import EARLY_RETRY_PERIOD, DeadLetterReason, DeadLetterRow
from shared.messaging.dispatcher import index_subscriptions, on
from shared.messaging.unit_of_work import UnitOfWork
from shared.observability.troubles import Trouble
from shared.persistence.database import Sessions
from shared.persistence.write_probe import WRITE_REFUSALS
from tests.kernel import consume
from tests.shared.order_log import ORDER, OTHER, SUBSCRIPTIONS, accepted, assigned, completed

MOMENT = timedelta(seconds=10)


@pytest.fixture(autouse=True)
def nothing_refused() -> Iterator[None]:
    """Forget the write refusals of other tests."""
    WRITE_REFUSALS.clear()
    yield
    WRITE_REFUSALS.clear()


def too_early(_: OrderMessage, __: UnitOfWork) -> None:
    raise EarlyMessageError


def refuse(_: OrderMessage, __: UnitOfWork) -> None:
    raise ConflictError


EARLY = SUBSCRIPTIONS | index_subscriptions(on(type(accepted()), too_early))
REFUSED = SUBSCRIPTIONS | index_subscriptions(on(type(accepted()), refuse))


async def found(sessions: Sessions) -> list[Trouble]:
    """Return the troubles that a watch finds in this database."""
    return (await DatabaseChecker("order", sessions, (), no_limits).check()).troubles


async def test_what_waits_behind_an_early_message_is_a_notice_like_it(sessions: Sessions) -> None:
    consume(sessions, EARLY, accepted(), assigned(), completed(), now=datetime.now(UTC) - MOMENT)

    behind, early = await found(sessions)

    assert (early.part, early.count, early.is_notice) == (DeadLetterReason.EARLY, 1, True)
    assert (behind.part, behind.count, behind.is_notice) == (DeadLetterReason.BEHIND, 2, True)
    assert "automatically" in behind.remedy


async def test_after_the_same_minutes_neither_is_a_notice(sessions: Sessions) -> None:
    now = datetime.now(UTC)
    consume(sessions, EARLY, accepted(), now=now - EARLY_RETRY_PERIOD - MOMENT)
    consume(sessions, EARLY, assigned(), now=now)

    assert {(each.part, each.is_notice) for each in await found(sessions)} == {
        (DeadLetterReason.EARLY, False),
        (DeadLetterReason.BEHIND, False),
    }


async def test_what_waits_behind_another_message_is_counted_apart(sessions: Sessions) -> None:
    now = datetime.now(UTC) - MOMENT
    consume(sessions, EARLY, accepted(ORDER), assigned(ORDER), completed(ORDER), now=now)
    consume(sessions, REFUSED, accepted(OTHER), assigned(OTHER), now=now)

    assert {(each.part, each.count, each.is_notice) for each in await found(sessions)} == {
        (DeadLetterReason.RULE_BROKEN, 1, False),
        (DeadLetterReason.BEHIND, 1, False),
        (DeadLetterReason.EARLY, 1, True),
        (DeadLetterReason.BEHIND, 2, True),
    }


async def test_a_message_behind_two_others_needs_a_person_if_one_of_them_does(
    sessions: Sessions,
) -> None:
    now = datetime.now(UTC) - MOMENT
    consume(sessions, EARLY, accepted(), assigned(), completed(), now=now)
    with sessions.begin() as session:
        second = select(DeadLetterRow).order_by(DeadLetterRow.position).offset(1).limit(1)
        session.scalars(second).one().why = DeadLetterReason.RULE_BROKEN  # as a redelivery sets it

    assert {(each.part, each.is_notice) for each in await found(sessions)} == {
        (DeadLetterReason.EARLY, True),
        (DeadLetterReason.RULE_BROKEN, False),
        (DeadLetterReason.BEHIND, False),
    }
