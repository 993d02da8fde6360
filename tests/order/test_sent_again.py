"""An order that is sent again after a restore while Kafka is out."""

import asyncio
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager

from httpx import AsyncClient

from services.order.app import SERVICE
from services.order.tables import OrderRow
from shared.config.settings import Settings
from shared.http.collection_paths import ORDERS_PATH
from shared.kafka import admin
from shared.kafka.producer import Producer
from shared.kafka.record_types import OutboxRecord
from shared.messaging import pending_outbox
from shared.messaging.outbox import PendingRow
from shared.messaging.publisher import Publisher
from shared.messaging.writer import Writer
from shared.persistence.database import Sessions
from shared.recovery.recovery import Recovery
from shared.runtime.worker import service_topics_of
from tests.callers import AsRole, api_client
from tests.conftest import delete_all_rows
from tests.kernel import count_of, dead_letter_rows, until
from tests.order.builders import a_body
from tests.shared.consuming import produce

BODY = a_body(externalId="CRM-1")


async def test_an_order_that_is_sent_again_without_kafka_is_published_once(
    client: AsyncClient,
    stocked: Sessions,
    settings: Settings,
    own_settings: Settings,
    as_role: AsRole,
) -> None:
    admin.create_topics(settings)
    first = await client.post(ORDERS_PATH, json=BODY, headers=as_role("crm"))
    await produce(settings, pending_records(stocked))
    restore(stocked)
    publisher = Publisher(Writer(stocked), Producer(settings))
    publisher.writer.certainty.start_unproven()
    publisher.writer.certainty.serve_without_proof()
    async with api_client(SERVICE, stocked, own_settings, publisher) as caller:
        again = await caller.post(ORDERS_PATH, json=BODY, headers=as_role("crm"))

        async with recovering(settings, stocked, publisher):
            await until(lambda: publisher.is_direct)
            shown = await caller.get(again.headers["location"], headers=as_role("crm"))

    assert again.status_code == 201
    assert shown.json()["id"] == first.json()["id"] != again.json()["id"]
    assert (count_of(stocked, OrderRow), count_of(stocked, PendingRow)) == (1, 0)
    assert sum(admin.end_offsets(settings, [f"order/{n}" for n in range(12)]).values()) == 1
    assert dead_letter_rows(stocked) == []


def pending_records(sessions: Sessions) -> Sequence[OutboxRecord]:
    """Return the pending outbox records."""
    with sessions() as session:
        return pending_outbox.oldest_records(session, 10)


def restore(sessions: Sessions) -> None:
    """Restore the database to when there was only the catalogue."""
    delete_all_rows(sessions)
    with sessions.begin() as session:
        for step in SERVICE.on_start:
            step(session)


@asynccontextmanager
async def recovering(
    settings: Settings, sessions: Sessions, publisher: Publisher
) -> AsyncIterator[None]:
    """Run recovery and publisher as when Kafka is back; yield after the recovery."""
    recovery = Recovery(settings, sessions, publisher, service_topics_of(SERVICE), SERVICE.takeover)
    running = [asyncio.create_task(each) for each in (recovery.run(None), publisher.run())]
    async with asyncio.timeout(60):
        await recovery.is_done.wait()
    yield
    for each in running:
        each.cancel()
