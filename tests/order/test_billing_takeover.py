"""What was handed over to billing stays in its file when the database was restored."""

from datetime import timedelta
from uuid import uuid4

from httpx import AsyncClient
from sqlalchemy import text

from services.order.handlers import SUBSCRIPTIONS
from services.order.tables import BillingLineRow
from shared.contracts import OrderAccepted, OrderState
from shared.http.collection_paths import ORDERS_PATH
from shared.messaging.commit_context import CommitContext
from shared.messaging.dispatcher import Dispatcher
from shared.persistence.database import Sessions
from tests.callers import AsRole
from tests.kernel import consume, count_of, envelopes, published, record_of
from tests.order.builders import a_body, service_completed_for
from tests.order.completing import DAY_BEFORE, a_new, handed_over
from tests.order.test_reconciliation import fetch
from tests.order.test_state_takeover import consume_own
from tests.order.test_takeover import lose_the_orders


async def test_a_restored_database_has_the_same_file_and_hands_nothing_over_again(
    client: AsyncClient, stocked: Sessions, as_role: AsRole
) -> None:
    first = await client.post(ORDERS_PATH, json=a_body(a_new()), headers=as_role("crm"))
    (accepted,) = published(stocked)
    assert isinstance(accepted, OrderAccepted)
    completed = service_completed_for(accepted)
    consume(stocked, SUBSCRIPTIONS, completed, now=DAY_BEFORE)
    file, own = await fetch(client, as_role), envelopes(stocked)
    lose_the_orders(stocked)
    with stocked.begin() as session:
        session.execute(text("DELETE FROM products"))

    for _ in range(2):
        consume_own(stocked, own)
    commit_context = CommitContext(uuid4(), taken_over=frozenset(each.id for each in own))
    Dispatcher(stocked, SUBSCRIPTIONS).handle_batch(
        [record_of(completed)], DAY_BEFORE + timedelta(hours=3), commit_context
    )

    shown = await client.get(first.headers["location"], headers=as_role("crm"))
    assert shown.json()["state"] == OrderState.COMPLETED
    assert handed_over(stocked) == []
    assert count_of(stocked, BillingLineRow) == 1
    assert (await fetch(client, as_role)).content == file.content
