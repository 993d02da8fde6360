"""Orders that wait start once, whatever comes between: crashes, repetitions, races, restores."""

import asyncio
from collections.abc import Iterable
from datetime import UTC, datetime
from uuid import UUID, uuid4

import msgspec
import pytest
from httpx import AsyncClient

from services.order.app import SERVICE
from services.order.domain.acceptance.queued_order import with_content
from services.order.domain.fulfilment.product import Product, unlock
from services.order.domain.fulfilment.product_locks import lock
from services.order.domain.scheduled_messages import ProductsFree
from services.order.handlers import SUBSCRIPTIONS
from services.order.store import order_queue, orders, products
from services.order.tables import AwaitedProductRow, ProductRow, QueuedOrderRow
from shared.contracts import (
    Causation,
    OrderAccepted,
    OrderQueued,
    OrderStateChanged,
    OrderTerms,
)
from shared.http.collection_paths import ORDERS_PATH
from shared.persistence.database import Sessions
from shared.scheduling.timer_store import TimerRow
from tests.callers import AsRole
from tests.erasure import fire_timers
from tests.kernel import TENANT, consume, consume_records, count_of, published, record_of
from tests.order.builders import (
    a_disconnection,
    a_fibre,
    a_product,
    order_id,
    service_completed_for,
)
from tests.order.queueing import (
    LATER,
    Crm,
    a_change,
    complete,
    fail,
    rows_of_queue,
    stored,
    terms_of,
)
from tests.order.test_erasure import erase, personal_columns, with_personal_data
from tests.order.test_related_products_api import keep
from tests.order.test_takeover import lose_the_orders
from tests.order.waiting import until_a_transaction_waits


@pytest.fixture
def crm(client: AsyncClient, as_role: AsRole) -> Crm:
    return Crm(client, as_role("crm"))


async def test_a_process_that_dies_between_two_orders_loses_neither(
    crm: Crm, stocked: Sessions
) -> None:
    fibre = a_fibre()
    keep(stocked, [fibre])
    first = await crm.place(a_change(fibre, "ftth-1000"))
    second = await crm.place(a_disconnection(fibre.id))
    terms = terms_of(stocked, first)
    assert isinstance(terms, OrderAccepted)

    consume(stocked, SUBSCRIPTIONS, service_completed_for(terms))

    assert await crm.states(first, second) == ["completed", "pending"]
    assert (stored(stocked, fibre).busy_with, count_of(stocked, TimerRow)) == (second, 1)
    assert (await crm.post(a_disconnection(fibre.id), waits=False)).status_code == 409
    fire_timers(stocked, SUBSCRIPTIONS, LATER)
    assert await crm.states(second) == ["acknowledged"]


async def test_an_order_starts_though_its_last_two_products_become_free_at_one_moment(
    crm: Crm, stocked: Sessions
) -> None:
    one, other = a_fibre(1), a_product(2)
    keep(stocked, [one, other])
    await crm.place(a_change(one, "ftth-1000"))
    await crm.place(a_change(other, callerId=True))
    third = await crm.place(a_disconnection(one.id), a_disconnection(other.id, "2"))

    def waits_after_taking_the_other() -> bool:
        with stocked.begin() as session:
            assert order_queue.take_first(session, other.id) == third
            return order_queue.waits(session, third)

    with stocked.begin() as session:
        assert order_queue.take_first(session, one.id) == third
        assert order_queue.waits(session, third)
        taking = asyncio.create_task(asyncio.to_thread(waits_after_taking_the_other))
        await until_a_transaction_waits(stocked)

    assert not await taking


async def test_messages_that_come_again_or_too_early_start_nothing(
    crm: Crm, stocked: Sessions
) -> None:
    fibre = a_fibre()
    keep(stocked, [fibre])
    first = await crm.place(a_change(fibre, "ftth-1000"))
    second = await crm.place(a_disconnection(fibre.id))

    due_again(stocked, second)
    assert await crm.states(second) == ["pending"]
    complete(stocked, first)
    due_again(stocked, second)

    assert [type(each) for each in published(stocked) if each.key == second] == [
        OrderQueued,
        OrderAccepted,
    ]


def due_again(sessions: Sessions, order: UUID) -> None:
    """Deliver the message that the products of an order are free, once more."""
    cause = Causation(uuid4(), order, TENANT)
    record = record_of(ProductsFree(order_id=order), cause)
    consume_records(sessions, SUBSCRIPTIONS, [record], now=LATER)


async def test_an_order_that_comes_while_the_one_before_ends_does_not_wait_for_ever(
    crm: Crm, stocked: Sessions
) -> None:
    """It waits for the product's row, and finds the product free."""
    fibre = lock(a_fibre(), order_id(9), is_ended=False)
    keep(stocked, [fibre])
    with stocked.begin() as session:
        products.preload(session, [fibre.id])
        placing = asyncio.create_task(crm.post(a_disconnection(fibre.id)))
        await until_a_transaction_waits(stocked)
        products.put_all(session, changed=[unlock(fibre)])
        products.PRODUCTS.write(session)

    answer = await placing

    assert answer.json()["state"] == "acknowledged"


async def test_an_order_that_waits_is_taken_over_and_starts(crm: Crm, stocked: Sessions) -> None:
    fibre = a_fibre()
    keep(stocked, [fibre])
    first = await crm.place(a_change(fibre, "ftth-1000"))
    answer = await crm.post(a_disconnection(fibre.id), externalId="CRM-2")
    second = UUID(answer.json()["id"])
    shown = await crm.read(second)
    messages = published(stocked)
    lose_everything_but(stocked, [fibre])

    consume(stocked, SERVICE.takeover.subscriptions, *messages)

    assert await crm.read(second) == shown
    again = await crm.post(a_disconnection(fibre.id), externalId="CRM-2")
    assert (again.status_code, again.content) == (201, answer.content)
    accepted = next(each for each in messages if isinstance(each, OrderAccepted))
    consume(stocked, SUBSCRIPTIONS, service_completed_for(accepted))
    fire_timers(stocked, SUBSCRIPTIONS, LATER)
    assert await crm.states(first, second) == ["completed", "acknowledged"]


async def test_an_order_that_had_started_is_taken_over_as_started(
    crm: Crm, stocked: Sessions
) -> None:
    fibre = a_fibre()
    keep(stocked, [fibre])
    first = await crm.place(a_change(fibre, "ftth-1000"))
    second = await crm.place(a_disconnection(fibre.id))
    fail(stocked, first)
    messages = published(stocked)
    lose_everything_but(stocked, [fibre])

    for each in messages:
        if isinstance(each, OrderTerms):
            consume(stocked, SERVICE.takeover.subscriptions, each)

    assert await crm.states(second) == ["acknowledged"]
    assert stored(stocked, fibre).busy_with == second
    assert rows_of_queue(stocked) == (0, 0)


def lose_everything_but(sessions: Sessions, left: Iterable[Product]) -> None:
    """Restore the database to when there were only these products."""
    lose_the_orders(sessions)
    with sessions.begin() as session:
        for table in (QueuedOrderRow, AwaitedProductRow, ProductRow):
            session.query(table).delete()
    keep(sessions, left)


async def test_an_order_that_waits_is_erased_and_starts_without_personal_data(
    crm: Crm, client: AsyncClient, stocked: Sessions
) -> None:
    fibre = a_fibre()
    keep(stocked, [fibre])
    first = await crm.place(a_change(fibre, "ftth-1000"))
    item = a_change(fibre, "ftth-100")
    body = with_personal_data(productOrderItem=[item], afterOpenOrder=True)
    answer = await client.post(ORDERS_PATH, json=body, headers=crm.headers)
    assert personal_columns(stocked) == {"orders.content", "submissions.answer", "outbox.body"}

    erase(stocked, until=datetime.now(UTC))
    complete(stocked, first)

    second = UUID(answer.json()["id"])
    assert await crm.states(second) == ["acknowledged"]
    assert terms_of(stocked, second).customer.name == ""
    assert personal_columns(stocked) == set()


async def test_an_erasure_while_an_order_starts_leaves_its_new_terms(
    crm: Crm, stocked: Sessions
) -> None:
    fibre = a_fibre()
    keep(stocked, [fibre])
    await crm.place(a_change(fibre, "ftth-1000"))
    body = with_personal_data(productOrderItem=[a_disconnection(fibre.id)], afterOpenOrder=True)
    answer = await crm.client.post(ORDERS_PATH, json=body, headers=crm.headers)
    second = UUID(answer.json()["id"])

    with stocked.begin() as session:
        order = orders.get_queued_for_update(session, second)
        content = msgspec.structs.replace(order.content, priority=0)
        orders.put_queued(session, with_content(order, content))
        orders.QUEUED.write(session)
        erasing = asyncio.create_task(asyncio.to_thread(erase, stocked, until=datetime.now(UTC)))
        await until_a_transaction_waits(stocked)
    await erasing

    assert (await crm.read(second))["priority"] == "0"
    assert personal_columns(stocked) == set()


async def test_an_order_that_was_rejected_after_it_had_waited_is_taken_over_as_rejected(
    crm: Crm, stocked: Sessions
) -> None:
    fibre = a_fibre()
    keep(stocked, [fibre])
    first = await crm.place(a_disconnection(fibre.id))
    second = await crm.place(a_change(fibre, "ftth-1000"))
    complete(stocked, first)
    shown = await crm.read(second)
    messages = published(stocked)
    lose_everything_but(stocked, [fibre])

    for each in messages:
        if isinstance(each, OrderTerms | OrderStateChanged):
            record = record_of(each, published_at=datetime.now(UTC))
            consume_records(stocked, SERVICE.takeover.subscriptions, [record])

    assert (await crm.read(second))["state"] == shown["state"] == "rejected"
    assert stored(stocked, fibre).busy_with == first
    assert rows_of_queue(stocked) == (0, 0)
