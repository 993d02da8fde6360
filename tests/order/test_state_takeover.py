"""The states that were published for an order are taken over after a restore."""

from datetime import UTC, datetime
from uuid import UUID, uuid4

import pytest
from httpx import AsyncClient
from msgspec.structs import replace
from sqlalchemy import select

from services.order.app import SERVICE
from services.order.handlers import SUBSCRIPTIONS
from shared.contracts import (
    Envelope,
    Message,
    OrderMessage,
    OrderState,
    ResourcesAssigned,
    ServiceHeld,
    ServiceResumed,
    encode,
)
from shared.http.collection_paths import ORDERS_PATH
from shared.kafka.record_types import ConsumedRecord
from shared.messaging.commit_context import CommitContext
from shared.messaging.dispatcher import Dispatcher
from shared.persistence.database import Sessions
from shared.persistence.history import TAKEN_OVER_REASON, HistoryRow
from tests.callers import AsRole
from tests.conftest import NOON
from tests.kernel import (
    consume,
    consume_records,
    dead_letter_rows,
    envelopes,
    published,
    record_of,
)
from tests.order.test_takeover import BODY, lose_the_orders

ASSIGNED = ResourcesAssigned(order_id=uuid4(), items=())
HELD = ServiceHeld(order_id=uuid4(), step="1/test", code="dark", reason="no light")
RESUMED = ServiceResumed(order_id=uuid4(), step="1/test")


def consume_own(sessions: Sessions, own: list[Envelope]) -> None:
    """Take over published messages, each with its time of publication."""
    records = [
        ConsumedRecord("order/0", place, each.subject.bytes, encode(each), each.type)
        for place, each in enumerate(own)
    ]
    consume_records(sessions, SERVICE.takeover.subscriptions, records)


def consume_again(sessions: Sessions, message: Message, own: list[Envelope]) -> None:
    """Consume a message again after a restore; what was published before is not published again."""
    commit_context = CommitContext(uuid4(), taken_over=frozenset(each.id for each in own))
    records = [record_of(message)]
    Dispatcher(sessions, SUBSCRIPTIONS).handle_batch(records, NOON, commit_context)


def history_rows(sessions: Sessions) -> list[HistoryRow]:
    with sessions() as session:
        return list(session.scalars(select(HistoryRow).order_by(HistoryRow.position)))


@pytest.mark.parametrize(
    ("before", "state"),
    [((HELD,), OrderState.HELD), ((HELD, RESUMED, ASSIGNED), OrderState.IN_PROGRESS)],
)
async def test_published_states_are_taken_over_and_not_contradicted_by_what_is_consumed_again(
    client: AsyncClient,
    stocked: Sessions,
    as_role: AsRole,
    before: tuple[OrderMessage, ...],
    state: OrderState,
) -> None:
    """Before the restore provisioning had overtaken resources, whose topic is now read first."""
    first = await client.post(ORDERS_PATH, json=BODY, headers=as_role("crm"))
    order_id = UUID(first.json()["id"])
    for each in before:
        consume(stocked, SUBSCRIPTIONS, replace(each, order_id=order_id), now=datetime.now(UTC))
    own = envelopes(stocked)
    lose_the_orders(stocked)

    consume_own(stocked, own)
    for each in (ASSIGNED, *(each for each in before if each is not ASSIGNED)):
        consume_again(stocked, replace(each, order_id=order_id), own)

    assert published(stocked) == []
    shown = await client.get(first.headers["location"], headers=as_role("crm"))
    assert shown.json()["state"] == state
    reasons = [row.reason for row in history_rows(stocked) if row.kind == "order"]
    assert reasons.count(TAKEN_OVER_REASON) == len(own) - 1


async def test_a_published_state_that_the_order_has_left_since_is_not_taken_over(
    client: AsyncClient, stocked: Sessions, as_role: AsRole
) -> None:
    first = await client.post(ORDERS_PATH, json=BODY, headers=as_role("crm"))
    order_id = UUID(first.json()["id"])
    for each in (HELD, RESUMED):
        consume(stocked, SUBSCRIPTIONS, replace(each, order_id=order_id), now=datetime.now(UTC))
    own = envelopes(stocked)

    consume_own(stocked, own[:2])

    shown = await client.get(first.headers["location"], headers=as_role("crm"))
    assert shown.json()["state"] == OrderState.IN_PROGRESS


async def test_a_state_whose_order_is_not_taken_over_yet_waits_for_it(
    client: AsyncClient, stocked: Sessions, as_role: AsRole
) -> None:
    """They are on different topics."""
    first = await client.post(ORDERS_PATH, json=BODY, headers=as_role("crm"))
    held = replace(HELD, order_id=UUID(first.json()["id"]))
    consume(stocked, SUBSCRIPTIONS, held, now=datetime.now(UTC))
    _, state = envelopes(stocked)
    lose_the_orders(stocked)

    consume_own(stocked, [state])

    assert "EarlyMessageError" in dead_letter_rows(stocked)[0].error
