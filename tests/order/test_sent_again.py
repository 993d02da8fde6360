"""An order that is sent again while its service has neither its database's past nor Kafka."""

import asyncio
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager

from httpx import AsyncClient

from services.order.api.shown import ORDERS
from services.order.app import SERVICE
from services.order.tables import OrderRow
from shared.config.settings import Settings
from shared.kafka import admin
from shared.kafka.producer import Producer
from shared.kafka.records import OutboxRecord
from shared.messaging import pending_outbox
from shared.messaging.outbox import UnsentRow
from shared.messaging.publisher import Relay
from shared.persistence.database import Sessions
from shared.recovery.recovery import Recovery
from shared.runtime.worker import interest_of
from tests.callers import AsRole, calling
from tests.conftest import empty
from tests.kernel import count_of, parked, until
from tests.order.build import a_body
from tests.shared.hearing import produce

BODY = a_body(externalId="CRM-1")


async def test_an_order_that_is_sent_again_without_kafka_is_told_once_after_all(
    client: AsyncClient,
    stocked: Sessions,
    settings: Settings,
    own_settings: Settings,
    as_role: AsRole,
) -> None:
    admin.make_topics(settings)
    first = await client.post(ORDERS, json=BODY, headers=as_role("crm"))
    await produce(settings, letters(stocked))
    set_back(stocked)
    relay = Relay(stocked, Producer(settings))
    relay.certainty.begin()
    relay.certainty.cannot_prove()
    async with calling(SERVICE, stocked, own_settings, relay) as caller:
        again = await caller.post(ORDERS, json=BODY, headers=as_role("crm"))

        async with recovering(settings, stocked, relay):
            await until(lambda: relay.is_direct)
            shown = await caller.get(again.headers["location"], headers=as_role("crm"))

    assert again.status_code == 201
    assert shown.json()["id"] == first.json()["id"] != again.json()["id"]
    assert (count_of(stocked, OrderRow), count_of(stocked, UnsentRow)) == (1, 0)
    assert sum(admin.ends(settings, [f"order/{n}" for n in range(12)]).values()) == 1
    assert parked(stocked) == []


def letters(sessions: Sessions) -> Sequence[OutboxRecord]:
    """Return what waits to be sent."""
    with sessions() as session:
        return pending_outbox.oldest_letters(session, 10)


def set_back(sessions: Sessions) -> None:
    """Set the database back to when there was only the catalogue."""
    empty(sessions)
    with sessions.begin() as session:
        for step in SERVICE.on_start:
            step(session)


@asynccontextmanager
async def recovering(settings: Settings, sessions: Sessions, relay: Relay) -> AsyncIterator[None]:
    """Have Kafka be there again: compare, recover, and send what waits."""
    recovery = Recovery(settings, sessions, relay, interest_of(SERVICE), SERVICE.takeover)
    running = [asyncio.create_task(each) for each in (recovery.begin(None), relay.run())]
    async with asyncio.timeout(60):
        await recovery.is_done.wait()
    yield
    for each in running:
        each.cancel()
