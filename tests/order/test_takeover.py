"""An order that was answered with 201 is taken over from the topics, with its answer."""

from datetime import UTC, datetime, timedelta
from uuid import uuid4

import pytest
from httpx import AsyncClient
from sqlalchemy import text

from services.order.app import SERVICE
from services.order.tables import OrderRow
from shared.config.settings import Settings
from shared.contracts import OrderAccepted
from shared.http.collection_paths import ORDERS_PATH
from shared.messaging.dead_letters import DeadLetterReason
from shared.messaging.outbox import PendingRow
from shared.messaging.publisher import Publisher
from shared.messaging.writer import Writer
from shared.persistence.database import Sessions
from shared.recovery.recovery_store import RecoveryState
from tests.callers import AsRole, api_client
from tests.conftest import NOON
from tests.kernel import FakeBroker, consume, count_of, dead_letter_rows, note_recovery, published
from tests.order.builders import a_body, a_bundle, a_disconnection, an_item
from tests.order.related_products import on_product, television

BODY = a_body(
    externalId="CRM-1",
    description="ring twice",
    note=[{"text": "the dog bites"}],
    requestedCompletionDate="2099-01-31T12:00:00+08:00",
)
LOST = (
    *("orders", "order_progress", "submissions", "outbox", "sequences", "unsent", "history"),
    *("inbox", "billing_lines", "identity_holdings"),
)


def lose_the_orders(sessions: Sessions) -> None:
    """Restore the database to when there was only the catalogue."""
    with sessions.begin() as session:
        session.execute(text("SET LOCAL session_replication_role = replica"))
        for table in LOST:
            session.execute(text(f"DELETE FROM {table}"))  # noqa: S608  our own names


async def test_an_order_is_taken_over_unchanged_and_is_answered_as_before(
    client: AsyncClient, stocked: Sessions, as_role: AsRole
) -> None:
    named = as_role("crm") | {"Idempotency-Key": "key-1"}
    first = await client.post(ORDERS_PATH, json=BODY, headers=named)
    assert first.status_code == 201, first.text
    shown = await client.get(first.headers["location"], headers=as_role("crm"))
    (accepted,) = published(stocked)
    lose_the_orders(stocked)

    consume(stocked, SERVICE.takeover.subscriptions, accepted)

    by_key = await client.post(ORDERS_PATH, json=BODY, headers=named)
    by_external_id = await client.post(ORDERS_PATH, json=BODY, headers=as_role("crm"))
    assert first.status_code == by_key.status_code == by_external_id.status_code == 201
    assert first.content == by_key.content == by_external_id.content
    again = await client.get(first.headers["location"], headers=as_role("crm"))
    assert again.json() == shown.json()
    assert count_of(stocked, OrderRow) == 1


async def test_a_bundle_is_taken_over_with_its_items_and_prices(
    client: AsyncClient, stocked: Sessions, as_role: AsRole
) -> None:
    first = await client.post(ORDERS_PATH, json=a_body(a_bundle()), headers=as_role("crm"))
    shown = await client.get(first.headers["location"], headers=as_role("crm"))
    (accepted,) = published(stocked)
    lose_the_orders(stocked)

    consume(stocked, SERVICE.takeover.subscriptions, accepted)

    again = await client.get(first.headers["location"], headers=as_role("crm"))
    assert again.json() == shown.json()


async def test_an_order_that_was_sent_again_meanwhile_becomes_its_own_repetition(
    client: AsyncClient, stocked: Sessions, as_role: AsRole
) -> None:
    first = await client.post(ORDERS_PATH, json=BODY, headers=as_role("crm"))
    (accepted,) = published(stocked)
    lose_the_orders(stocked)
    named = as_role("crm") | {"Idempotency-Key": "key-2"}
    again = await client.post(ORDERS_PATH, json=BODY, headers=named)
    assert again.headers["location"] != first.headers["location"]

    consume(stocked, SERVICE.takeover.subscriptions, accepted)

    assert (published(stocked), count_of(stocked, PendingRow), dead_letter_rows(stocked)) == (
        [],
        0,
        [],
    )
    assert count_of(stocked, OrderRow) == 1
    for headers in (named, as_role("crm")):
        repeated = await client.post(ORDERS_PATH, json=BODY, headers=headers)
        assert (repeated.status_code, repeated.content) == (201, first.content)
    shown = await client.get(again.headers["location"], headers=as_role("crm"))
    assert (shown.status_code, shown.json()["id"]) == (200, first.json()["id"])


async def test_another_order_under_the_same_external_id_is_withdrawn_and_not_hidden(
    client: AsyncClient, stocked: Sessions, as_role: AsRole
) -> None:
    await client.post(ORDERS_PATH, json=BODY, headers=as_role("crm"))
    (accepted,) = published(stocked)
    lose_the_orders(stocked)
    other = BODY | {"description": "ring once"}
    again = await client.post(ORDERS_PATH, json=other, headers=as_role("crm"))
    note_recovery(stocked, datetime.now(UTC))

    consume(stocked, SERVICE.takeover.subscriptions, accepted)

    assert count_of(stocked, PendingRow) == 0
    shown = await client.get(again.headers["location"], headers=as_role("crm"))
    assert (shown.status_code, "restored" in shown.json()["remedy"]) == (404, True)
    sent_again = await client.post(ORDERS_PATH, json=other, headers=as_role("crm"))
    assert (sent_again.status_code, sent_again.json()["code"]) == (409, "external-id-taken")


async def test_an_order_that_others_may_have_consumed_is_a_dead_letter(
    client: AsyncClient, stocked: Sessions, as_role: AsRole
) -> None:
    await client.post(ORDERS_PATH, json=BODY, headers=as_role("crm"))
    (accepted,) = published(stocked)
    lose_the_orders(stocked)
    await client.post(ORDERS_PATH, json=BODY, headers=as_role("crm"))
    with stocked.begin() as session:
        session.execute(text("DELETE FROM unsent"))  # as after publication

    consume(stocked, SERVICE.takeover.subscriptions, accepted)

    (row,) = dead_letter_rows(stocked)
    assert row.why is DeadLetterReason.RULE_BROKEN
    assert (count_of(stocked, OrderRow), len(published(stocked))) == (1, 1)


async def test_an_order_that_was_published_without_a_record_is_taken_over(
    client: AsyncClient, stocked: Sessions, as_role: AsRole
) -> None:
    await client.post(ORDERS_PATH, json=a_body(an_item()), headers=as_role("crm"))
    (accepted,) = published(stocked)
    assert isinstance(accepted, OrderAccepted)
    lose_the_orders(stocked)
    values = {name: getattr(accepted, name) for name in accepted.__struct_fields__}

    consume(stocked, SERVICE.takeover.subscriptions, OrderAccepted(**(values | {"record": None})))

    assert count_of(stocked, OrderRow) == 1


@pytest.mark.parametrize(("is_in_time", "says"), [(True, "send it again"), (False, "check the id")])
async def test_an_order_that_is_missing_since_a_restore_is_to_be_sent_again(
    client: AsyncClient, stocked: Sessions, as_role: AsRole, *, is_in_time: bool, says: str
) -> None:
    first = await client.post(ORDERS_PATH, json=BODY, headers=as_role("crm"))
    lose_the_orders(stocked)
    note_recovery(stocked, datetime.now(UTC) if is_in_time else NOON - timedelta(days=40))

    answer = await client.get(first.headers["location"], headers=as_role("crm"))

    assert answer.status_code == 404
    assert says in answer.json()["remedy"]


@pytest.mark.parametrize(
    ("state", "status"), [(RecoveryState.REPLAYING, 503), (RecoveryState.DONE, 400)]
)
async def test_a_product_that_a_restored_database_lacks_is_refused_only_after_recovery(
    client: AsyncClient, stocked: Sessions, as_role: AsRole, state: RecoveryState, status: int
) -> None:
    """The order of the product may still be consumed again, so a refusal would be false."""
    note_recovery(stocked, datetime.now(UTC), state)

    for item in (a_disconnection(uuid4()), television(**on_product(uuid4()))):
        answer = await client.post(ORDERS_PATH, json=a_body(item), headers=as_role("crm"))
        assert answer.status_code == status, item


async def test_a_fault_that_no_restore_explains_is_refused_at_once(
    client: AsyncClient, stocked: Sessions, as_role: AsRole
) -> None:
    note_recovery(stocked, datetime.now(UTC), RecoveryState.REPLAYING)
    body = a_body(an_item(offering="no-such"))

    answer = await client.post(ORDERS_PATH, json=body, headers=as_role("crm"))

    assert answer.status_code == 400


async def test_an_order_is_refused_until_the_database_is_proven_and_accepted_while_kafka_is_out(
    stocked: Sessions, own_settings: Settings, as_role: AsRole
) -> None:
    publisher = Publisher(Writer(stocked), FakeBroker())
    publisher.writer.certainty.start_unproven()
    async with api_client(SERVICE, stocked, own_settings, publisher) as client:
        refused = await client.post(ORDERS_PATH, json=BODY, headers=as_role("crm"))
        list_refused = await client.get(ORDERS_PATH, headers=as_role("crm"))
        recoveries = await client.get("/ops/v1/recoveries", headers=as_role("crm"))
        publisher.writer.certainty.serve_without_proof()
        accepted = await client.post(ORDERS_PATH, json=BODY, headers=as_role("crm"))

    assert refused.status_code == list_refused.status_code == 503
    assert int(refused.headers["Retry-After"]) > 0
    assert "/ops/v1/recoveries" in refused.json()["detail"]
    assert recoveries.status_code == 200
    assert accepted.status_code == 201
