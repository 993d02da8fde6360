"""Orders that had waited are taken over after a restore, with what they count and lock."""

from datetime import UTC, datetime
from uuid import UUID

import msgspec
import pytest
from httpx import AsyncClient

from services.order.app import SERVICE
from services.order.domain.fulfilment.product import Product
from services.order.handlers import SUBSCRIPTIONS
from shared.contracts import (
    OrderAccepted,
    OrderQueued,
    OrderStateChanged,
    OrderTerms,
    ServiceFailed,
)
from shared.persistence.database import Sessions
from tests.callers import AsRole
from tests.kernel import consume, consume_records, published, record_of
from tests.order.builders import (
    DOCUMENT_NUMBERS,
    a_body,
    a_disconnection,
    a_fibre,
    service_completed_for,
)
from tests.order.queueing import Crm, a_change, complete, rows_of_queue, stored, terms_of
from tests.order.related_products import on_product, television
from tests.order.test_api_idempotency import post
from tests.order.test_identity_holdings import a_plan_order, a_transfer, completed, held
from tests.order.test_order_queue_recovery import lose_everything_but
from tests.order.test_related_products_api import keep


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


async def test_an_order_that_started_with_another_base_is_taken_over_without_the_first_one(
    crm: Crm, stocked: Sessions
) -> None:
    one, other = a_fibre(1), a_fibre(2)
    keep(stocked, [one, other])
    first = await crm.place(a_change(one, "ftth-1000"))
    second = await crm.place(television(**on_product(one.id)))
    third = await crm.place(a_change(one, "ftth-100"))
    consume(stocked, SUBSCRIPTIONS, ServiceFailed(order_id=first, code="refused", reason="no"))
    assert stored(stocked, one).busy_with == second

    queued = terms_of(stocked, second, OrderQueued)
    consume(stocked, SERVICE.takeover.subscriptions, started_on(queued, other))

    assert [stored(stocked, each).busy_with for each in (one, other)] == [third, second]
    assert rows_of_queue(stocked) == (1, 0)


def started_on(queued: OrderTerms, base: Product) -> OrderAccepted:
    """Return the acceptance of an order that has waited, with another base."""
    terms = {name: getattr(queued, name) for name in OrderTerms.__struct_fields__}
    items = (
        msgspec.structs.replace(each, base_product_id=base.id, base_service_id=base.service_id)
        for each in queued.items
    )
    return OrderAccepted(**(terms | {"items": tuple(items), "has_waited": True}))
