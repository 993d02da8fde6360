"""After an erasure no personal data of the party are left; its orders stay unchanged."""

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID, uuid4

import msgspec
import pytest
from httpx import AsyncClient
from sqlalchemy import select

from services.customer.commands.customers import erase_and_publish
from services.customer.handlers import SUBSCRIPTIONS as CUSTOMERS
from services.order.domain.order_id_time import placed_at
from services.order.handlers import SUBSCRIPTIONS
from services.order.store import orders
from services.order.tables import OrderRow, SubmissionRow
from services.provisioning.handlers import SUBSCRIPTIONS as PLANS
from shared.contracts import (
    Causation,
    OrderAccepted,
    PartyErased,
    ResourcesAssigned,
    party_key,
    read_envelope,
)
from shared.contracts.personal import with_personal_data_blanked
from shared.errors import ConflictError
from shared.http.collection_paths import ORDERS_PATH
from shared.kafka.record_types import ConsumedRecord, OutboxRecord
from shared.messaging.commit_context import CommitContext
from shared.messaging.dispatcher import Subscriptions, index_subscriptions, on
from shared.messaging.outbox import OutboxRow
from shared.messaging.unit_of_work import UnitOfWork, begin_transaction
from shared.persistence.database import Sessions, metadata_of
from shared.privacy.erasure import BATCH_SIZE, REPEAT_AFTER
from tests.callers import AsRole
from tests.conftest import NOON, SERVICES, delete_all_rows
from tests.erasure import columns_with, fire_timers
from tests.kernel import (
    TENANT,
    consume,
    consume_records,
    dead_letter_rows,
    envelopes,
    history,
    published,
)
from tests.order.builders import IDENTITY, PARTY, Json, a_body, accepted, an_item, identified
from tests.order.test_api_idempotency import post

UNTIL = NOON + timedelta(days=60)
"""Later than every order of a test."""

SECRETS = ("张小凤", "13851237788", "feng@example.cn", "320102199003078515", "三楼右手", "狗很凶")
PERSONAL = {"orders.content", "submissions.answer", "outbox.body"}


def with_personal_data(party: str = PARTY, **differences: Any) -> Json:
    """Return an order with all personal data that it can contain."""
    name, phone, mail, identity, description, note = SECRETS
    media = [("phone", {"phoneNumber": phone}), ("email", {"emailAddress": mail})]
    person = {
        "id": party,
        "role": "customer",
        "name": name,
        "individualIdentification": [{"identificationId": identity}],
        "contactMedium": [{"mediumType": kind, "characteristic": it} for kind, it in media],
    }
    remarks: Json = {"description": description, "note": [{"text": note}]}
    return a_body(**({"relatedParty": [person]} | remarks | differences))


def erase(sessions: Sessions, tenant: str = TENANT, until: datetime = UNTIL) -> int:
    """Consume an erasure in the order service, and fire its due timers."""
    message = PartyErased(party_key=party_key(tenant, PARTY), party_id=PARTY, until=until)
    consume(sessions, SUBSCRIPTIONS, message, tenant=tenant)
    return fire_timers(sessions, SUBSCRIPTIONS, NOON)


def personal_columns(sessions: Sessions, *more: str) -> set[str]:
    """Return the columns that contain the person's data, or further ones."""
    with sessions() as session:
        return columns_with(session.connection(), *SECRETS, *more)


def records_in(sessions: Sessions) -> list[ConsumedRecord]:
    """Return the Kafka records of all messages that a service has published."""
    with sessions() as session:
        rows = session.execute(select(OutboxRow).order_by(OutboxRow.position)).scalars()
        return [
            ConsumedRecord(f"{row.topic}/0", number, row.key.bytes, row.body, row.type)
            for number, row in enumerate(rows, 1)
        ]


def rows_in(sessions: Sessions) -> list[object]:
    """Return the stored orders, answers and outbox records."""
    with sessions() as session:
        kinds = (OrderRow.content, SubmissionRow.answer, OutboxRow.body)
        return [list(session.scalars(select(kind).order_by(kind))) for kind in kinds]


async def test_personal_data_of_an_erased_party_are_blanked_everywhere_and_its_orders_stay(
    client: AsyncClient, stocked: Sessions, as_role: AsRole
) -> None:
    order = (await post(client, as_role("crm"), with_personal_data())).json()
    consume(stocked, SUBSCRIPTIONS, ResourcesAssigned(order_id=UUID(order["id"]), items=()))
    before = history(stocked)
    assert personal_columns(stocked) == PERSONAL

    erase(stocked)

    assert personal_columns(stocked) == set()
    assert history(stocked) == before
    shown = (await client.get(f"{ORDERS_PATH}/{order['id']}", headers=as_role("crm"))).json()
    assert (shown["state"], shown["relatedParty"][0]["id"]) == ("inProgress", PARTY)
    same = ("id", "orderDate", "orderTotalPrice", "channel", "priority")
    assert [shown[name] for name in same] == [order[name] for name in same]


async def test_all_columns_that_are_marked_personal_are_blanked(
    client: AsyncClient, stocked: Sessions, as_role: AsRole
) -> None:
    await post(client, as_role("crm"), with_personal_data())
    plan = an_item("1", "plan-20", place={"role": "installation address", "localNetwork": "025"})
    await post(client, as_role("crm"), identified(a_body(plan)))
    marked = {
        f"{table.name}.{column.name}"
        for table in metadata_of("services.order").sorted_tables
        for column in table.columns
        if column.info.get("personal")
    }

    assert marked | {"outbox.body"} == personal_columns(stocked, IDENTITY)


async def test_outbox_records_keep_all_but_the_personal_data(
    client: AsyncClient, stocked: Sessions, as_role: AsRole
) -> None:
    await post(client, as_role("crm"), with_personal_data())
    (before,), (message,) = envelopes(stocked), published(stocked)

    erase(stocked)

    ((after,), (opened,)) = envelopes(stocked), published(stocked)
    assert msgspec.structs.replace(after, data=before.data) == before
    assert opened == with_personal_data_blanked(message) != message


async def test_to_erase_twice_changes_nothing(
    client: AsyncClient, stocked: Sessions, as_role: AsRole
) -> None:
    await post(client, as_role("crm"), with_personal_data(), "key-1")
    erase(stocked)
    before = rows_in(stocked)

    erase(stocked, until=UNTIL + timedelta(days=1))

    assert rows_in(stocked) == before


async def test_a_party_of_another_tenant_with_the_same_id_is_untouched(
    client: AsyncClient, stocked: Sessions, as_role: AsRole
) -> None:
    await post(client, as_role("crm", tenant="zhejiang"), with_personal_data())

    erase(stocked)

    assert personal_columns(stocked) == PERSONAL


@pytest.mark.parametrize(("spare", "left"), [(0, set[str]()), (1, PERSONAL)])
async def test_orders_accepted_after_an_erasure_keep_their_personal_data(
    client: AsyncClient, stocked: Sessions, as_role: AsRole, spare: int, left: set[str]
) -> None:
    order = (await post(client, as_role("crm"), with_personal_data())).json()
    accepted_at = placed_at(UUID(order["id"]))

    erase(stocked, until=accepted_at - spare * timedelta(milliseconds=1))

    assert personal_columns(stocked) == left


async def test_an_order_that_was_under_way_is_blanked_when_the_erasure_is_repeated(
    client: AsyncClient, stocked: Sessions, as_role: AsRole
) -> None:
    erase(stocked)
    await post(client, as_role("crm"), with_personal_data())

    fire_timers(stocked, SUBSCRIPTIONS, NOON + REPEAT_AFTER[0])

    assert personal_columns(stocked) == set()


def test_many_orders_are_blanked_in_batches(stocked: Sessions) -> None:
    with begin_transaction(stocked, NOON, CommitContext(uuid4())) as transaction:
        for n in range(2 * BATCH_SIZE + 1):
            made = accepted(with_personal_data(), n)
            orders.add(transaction.session, made.order, made.progress)

    fired = erase(stocked)

    assert fired == 3
    assert personal_columns(stocked) == set()


@pytest.fixture
def everywhere(databases: dict[str, Sessions], stocked: Sessions) -> Iterator[dict[str, Sessions]]:
    """The databases of all services, empty except for the catalogue."""
    for service in SERVICES:
        if databases[service] is not stocked:
            delete_all_rows(databases[service])
    yield databases
    for service in SERVICES:
        delete_all_rows(databases[service])


def refuse(_: OrderAccepted, __: UnitOfWork) -> None:
    raise ConflictError


def erase_at_customer(sessions: Sessions) -> list[OutboxRecord]:
    """Erase the party in the customer service; return the published records."""
    commit_context = CommitContext(uuid4())
    with begin_transaction(sessions, datetime.now(UTC), commit_context) as transaction:
        work = transaction.unit_of_work(Causation(uuid4(), uuid4(), TENANT))
        erase_and_publish(PARTY, "li-na", "request 2026-17", b"a key", work)
    return [record for result in commit_context.results for record in result.records]


async def test_nothing_of_an_erased_person_is_left_in_any_database_or_comes_back(
    client: AsyncClient, everywhere: dict[str, Sessions], as_role: AsRole
) -> None:
    body, headers = with_personal_data(externalId="CRM-1"), as_role("crm")
    for key in ("key-1", "key-2"):
        await post(client, headers, body, key)
    refusing = PLANS | index_subscriptions(on(OrderAccepted, refuse))
    readers: dict[str, Subscriptions] = {"provisioning": refusing, "customer": CUSTOMERS}
    accepted_records = records_in(everywhere["order"])
    for service, subscriptions in readers.items():
        consume_records(everywhere[service], subscriptions, accepted_records)
    assert [row.type for row in dead_letter_rows(everywhere["provisioning"])] == [
        "order.accepted.v1"
    ]
    assert all(personal_columns(everywhere[service]) for service in (*readers, "order"))

    erased = erase_at_customer(everywhere["customer"])

    assert [read_envelope(record.body).type for record in erased] == ["customer.party_erased.v1"]
    erasure_records = records_in(everywhere["customer"])
    for service, subscriptions in {"order": SUBSCRIPTIONS, **readers}.items():
        consume_records(everywhere[service], subscriptions, erasure_records)
        fire_timers(everywhere[service], subscriptions, NOON)
    assert [personal_columns(everywhere[service]) for service in SERVICES] == [set()] * len(
        SERVICES
    )
    for records in (accepted_records, records_in(everywhere["order"])):
        for service, subscriptions in readers.items():
            consume_records(everywhere[service], subscriptions, records)
            assert personal_columns(everywhere[service]) == set()
