"""Orders that had waited are taken over after a restore, with what they count and lock."""

from datetime import UTC, datetime
from uuid import UUID

import pytest
from httpx import AsyncClient

from services.order.app import SERVICE
from services.order.handlers import SUBSCRIPTIONS
from shared.contracts import OrderAccepted, OrderStateChanged, OrderTerms
from shared.persistence.database import Sessions
from tests.callers import AsRole
from tests.kernel import consume, consume_records, published, record_of
from tests.order.builders import (
    DOCUMENT_NUMBERS,
    a_body,
    a_disconnection,
    service_completed_for,
)
from tests.order.queueing import Crm, complete, rows_of_queue
from tests.order.test_api_idempotency import post
from tests.order.test_identity_holdings import a_plan_order, a_transfer, completed, held
from tests.order.test_order_queue_recovery import lose_everything_but


@pytest.fixture
def crm(client: AsyncClient, as_role: AsRole) -> Crm:
    return Crm(client, as_role("crm"))


async def test_an_order_that_was_rejected_after_it_had_waited_counts_for_nobody_after_a_restore(
    crm: Crm, stocked: Sessions
) -> None:
    plan = await completed(crm.client, stocked, crm.headers, a_plan_order(1))
    ending = await post(crm.client, crm.headers, a_body(a_disconnection(plan), party="C-1"))
    new = DOCUMENT_NUMBERS[1]
    transfer = a_transfer(plan, "C-1", "C-2", new) | {"afterOpenOrder": True}
    waiting = await post(crm.client, crm.headers, transfer)
    assert (waiting.json()["state"], held(stocked, new)) == ("pending", {plan})
    complete(stocked, UUID(ending.json()["id"]))
    messages = published(stocked)
    lose_everything_but(stocked, [])

    first, *later = (each for each in messages if isinstance(each, OrderTerms | OrderStateChanged))
    assert isinstance(first, OrderAccepted)
    consume(stocked, SERVICE.takeover.subscriptions, first)
    consume(stocked, SUBSCRIPTIONS, service_completed_for(first))
    records = [record_of(each, published_at=datetime.now(UTC)) for each in later]
    consume_records(stocked, SERVICE.takeover.subscriptions, records)

    assert await crm.states(UUID(waiting.json()["id"])) == ["rejected"]
    assert held(stocked, new) == set()
    assert rows_of_queue(stocked) == (0, 0)
