"""A party that was erased is told of nowhere any more; its orders stay what they were."""

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID, uuid4

import msgspec
import pytest
from httpx import AsyncClient
from sqlalchemy import select

from services.customer.api.routes.customers import erase_and_publish
from services.customer.handlers import SUBSCRIPTIONS as CUSTOMERS
from services.order import tables
from services.order.api.views.base import ORDERS_PATH
from services.order.domain.order_ids import placed_at
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
from shared.contracts.personal import blank_personal_data
from shared.errors import ConflictError
from shared.kafka.records import ConsumedRecord, OutboxRecord
from shared.messaging.after_commit import AfterCommit
from shared.messaging.dispatcher import Subscriptions, on, subscribe
from shared.messaging.outbox import OutboxRow
from shared.messaging.unit_of_work import UnitOfWork, begin_transaction
from shared.persistence.database import Base, Sessions
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
from tests.order.builders import PARTY, Json, a_body, accepted
from tests.order.test_api_idempotency import post

UNTIL = NOON + timedelta(days=60)
"""After whatever is accepted in a test."""

SECRETS = ("张小凤", "13851237788", "feng@example.cn", "320102199003078515", "三楼右手", "狗很凶")
PERSONAL = {"orders.content", "submissions.answer", "outbox.body"}


def telling(party: str = PARTY, **differences: Any) -> Json:
    """Return an order with all that one can tell of a person."""
    name, phone, mail, identity, description, note = SECRETS
    media = [("phone", {"phoneNumber": phone}), ("email", {"emailAddress": mail})]
    person = {
        "id": party,
        "role": "customer",
        "name": name,
        "individualIdentification": [{"identificationId": identity}],
        "contactMedium": [{"mediumType": kind, "characteristic": it} for kind, it in media],
    }
    said: Json = {"description": description, "note": [{"text": note}]}
    return a_body(**({"relatedParty": [person]} | said | differences))


def forget(sessions: Sessions, tenant: str = TENANT, until: datetime = UNTIL) -> int:
    """Let the order service hear of an erasure, and do what is to be done at once."""
    message = PartyErased(party_key=party_key(tenant, PARTY), party_id=PARTY, until=until)
    consume(sessions, SUBSCRIPTIONS, message, tenant=tenant)
    return fire_timers(sessions, SUBSCRIPTIONS, NOON)


def told_in(sessions: Sessions) -> set[str]:
    """Return the columns that tell of the person."""
    with sessions() as session:
        return columns_with(session.connection(), *SECRETS)


def records_in(sessions: Sessions) -> list[ConsumedRecord]:
    """Return all that a service has told, as it comes from Kafka."""
    with sessions() as session:
        rows = session.execute(select(OutboxRow).order_by(OutboxRow.position)).scalars()
        return [
            ConsumedRecord(f"{row.topic}/0", number, row.key.bytes, row.body, row.type)
            for number, row in enumerate(rows, 1)
        ]


def rows_in(sessions: Sessions) -> list[object]:
    """Return all that is kept of orders, and that was told of them."""
    with sessions() as session:
        kinds = (OrderRow.content, SubmissionRow.answer, OutboxRow.body)
        return [list(session.scalars(select(kind).order_by(kind))) for kind in kinds]


async def test_an_erased_party_is_told_of_nowhere_and_its_orders_stay(
    client: AsyncClient, stocked: Sessions, as_role: AsRole
) -> None:
    order = (await post(client, as_role("crm"), telling())).json()
    consume(stocked, SUBSCRIPTIONS, ResourcesAssigned(order_id=UUID(order["id"]), items=()))
    before = history(stocked)
    assert told_in(stocked) == PERSONAL

    forget(stocked)

    assert told_in(stocked) == set()
    assert history(stocked) == before
    shown = (await client.get(f"{ORDERS_PATH}/{order['id']}", headers=as_role("crm"))).json()
    assert (shown["state"], shown["relatedParty"][0]["id"]) == ("inProgress", PARTY)
    same = ("id", "orderDate", "orderTotalPrice", "channel", "priority")
    assert [shown[name] for name in same] == [order[name] for name in same]


async def test_all_columns_that_are_marked_personal_are_blanked(
    client: AsyncClient, stocked: Sessions, as_role: AsRole
) -> None:
    await post(client, as_role("crm"), telling())
    rows = [each for each in vars(tables).values() if isinstance(each, type) and each is not Base]
    marked = {
        f"{column.table.name}.{column.name}"
        for each in rows
        if issubclass(each, Base)
        for column in each.__table__.columns
        if column.info.get("personal")
    }

    assert marked | {"outbox.body"} == told_in(stocked)


async def test_letters_keep_all_but_what_they_told_of_the_person(
    client: AsyncClient, stocked: Sessions, as_role: AsRole
) -> None:
    await post(client, as_role("crm"), telling())
    (sealed,), (message,) = envelopes(stocked), published(stocked)

    forget(stocked)

    ((after,), (opened,)) = envelopes(stocked), published(stocked)
    assert msgspec.structs.replace(after, data=sealed.data) == sealed
    assert opened == blank_personal_data(message) != message


async def test_to_erase_twice_changes_nothing(
    client: AsyncClient, stocked: Sessions, as_role: AsRole
) -> None:
    await post(client, as_role("crm"), telling(), "key-1")
    forget(stocked)
    before = rows_in(stocked)

    forget(stocked, until=UNTIL + timedelta(days=1))

    assert rows_in(stocked) == before


async def test_a_party_of_another_tenant_with_the_same_id_is_untouched(
    client: AsyncClient, stocked: Sessions, as_role: AsRole
) -> None:
    await post(client, as_role("crm", tenant="zhejiang"), telling())

    forget(stocked)

    assert told_in(stocked) == PERSONAL


@pytest.mark.parametrize(("spare", "left"), [(0, set[str]()), (1, PERSONAL)])
async def test_orders_accepted_after_an_erasure_keep_what_they_tell(
    client: AsyncClient, stocked: Sessions, as_role: AsRole, spare: int, left: set[str]
) -> None:
    order = (await post(client, as_role("crm"), telling())).json()
    accepted_at = placed_at(UUID(order["id"]))

    forget(stocked, until=accepted_at - spare * timedelta(milliseconds=1))

    assert told_in(stocked) == left


async def test_an_order_that_was_on_its_way_is_blanked_when_it_is_looked_for_again(
    client: AsyncClient, stocked: Sessions, as_role: AsRole
) -> None:
    forget(stocked)
    await post(client, as_role("crm"), telling())

    fire_timers(stocked, SUBSCRIPTIONS, NOON + REPEAT_AFTER[0])

    assert told_in(stocked) == set()


def test_many_orders_are_blanked_part_by_part(stocked: Sessions) -> None:
    with begin_transaction(stocked, NOON, AfterCommit(uuid4())) as transaction:
        for n in range(2 * BATCH_SIZE + 1):
            made = accepted(telling(), n)
            orders.add(transaction.session, made.order, made.progress)

    rung = forget(stocked)

    assert rung == 3
    assert told_in(stocked) == set()


@pytest.fixture
def everywhere(databases: dict[str, Sessions], stocked: Sessions) -> Iterator[dict[str, Sessions]]:
    """The databases of all services, empty but for what is sold."""
    for service in SERVICES:
        if databases[service] is not stocked:
            delete_all_rows(databases[service])
    yield databases
    for service in SERVICES:
        delete_all_rows(databases[service])


def refuse(_: OrderAccepted, __: UnitOfWork) -> None:
    raise ConflictError


def erase_at_customer(sessions: Sessions) -> list[OutboxRecord]:
    """Erase the party where it is known; return what is told of it."""
    after_commit = AfterCommit(uuid4())
    with begin_transaction(sessions, datetime.now(UTC), after_commit) as transaction:
        work = transaction.unit_of_work(Causation(uuid4(), uuid4(), TENANT))
        erase_and_publish(PARTY, "li-na", "request 2026-17", b"a key", work)
    return [record for told in after_commit.results for record in told.records]


async def test_nothing_of_an_erased_person_is_left_in_any_database_or_comes_back(
    client: AsyncClient, everywhere: dict[str, Sessions], as_role: AsRole
) -> None:
    body, headers = telling(externalId="CRM-1"), as_role("crm")
    for key in ("key-1", "key-2"):
        await post(client, headers, body, key)
    refusing = PLANS | subscribe(on(OrderAccepted, refuse))
    readers: dict[str, Subscriptions] = {"provisioning": refusing, "customer": CUSTOMERS}
    came = records_in(everywhere["order"])
    for service, subscriptions in readers.items():
        consume_records(everywhere[service], subscriptions, came)
    assert [row.type for row in dead_letter_rows(everywhere["provisioning"])] == [
        "order.accepted.v1"
    ]
    assert all(told_in(everywhere[service]) for service in (*readers, "order"))

    erased = erase_at_customer(everywhere["customer"])

    assert [read_envelope(record.body).type for record in erased] == ["customer.party_erased.v1"]
    news = records_in(everywhere["customer"])
    for service, subscriptions in {"order": SUBSCRIPTIONS, **readers}.items():
        consume_records(everywhere[service], subscriptions, news)
        fire_timers(everywhere[service], subscriptions, NOON)
    assert [told_in(everywhere[service]) for service in SERVICES] == [set()] * len(SERVICES)
    for records in (came, records_in(everywhere["order"])):
        for service, subscriptions in readers.items():
            consume_records(everywhere[service], subscriptions, records)
            assert told_in(everywhere[service]) == set()
