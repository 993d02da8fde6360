"""After a restore of the customer service: erased parties stay blank, and the loss is named."""

import pytest
from httpx import AsyncClient
from sqlalchemy import select, text

from services.customer.app import SERVICE
from services.customer.handlers import SUBSCRIPTIONS
from services.customer.tables import PartyRow, PartySourceRow
from shared.contracts import Envelope, OrderAccepted, encode
from shared.kafka.record_types import ConsumedRecord
from shared.persistence.database import Sessions
from shared.persistence.history import TAKEN_OVER_REASON, HistoryRow
from shared.recovery.recovery_store import last_change_time
from tests.callers import AsRole
from tests.customer.builders import ZHANG, a_customer, accepted
from tests.customer.test_erase import ERASE, REASON, TOMORROW, VIEW, YESTERDAY, consume_at
from tests.customer.test_grants import share
from tests.kernel import consume, consume_records, dead_letter_rows, envelopes

KEPT = ("parties", "party_tellings", "orders", "account_tellings")
FROM_THE_KERNEL = ("inbox", "outbox", "sequences", "unsent", "history", "timers", "forgotten")


def restore(sessions: Sessions, *restored: OrderAccepted) -> list[Envelope]:
    """Restore the database to when only these orders were known; return what it had published."""
    published = envelopes(sessions)
    with sessions.begin() as session:
        session.execute(text("SET LOCAL session_replication_role = replica"))
        for table in (*KEPT, *FROM_THE_KERNEL):
            session.execute(text(f"DELETE FROM {table}"))  # noqa: S608
    consume_at(sessions, YESTERDAY, *restored)
    return published


def take_over(sessions: Sessions, published: list[Envelope]) -> None:
    """Take over published messages, each with its time of publication."""
    records = [
        ConsumedRecord("customer/0", place, each.subject.bytes, encode(each), each.type)
        for place, each in enumerate(published)
    ]
    consume_records(sessions, SERVICE.takeover.subscriptions, records)


def personal(sessions: Sessions) -> set[str]:
    """Return all stored personal data."""
    found = set()
    with sessions() as session:
        for row in (*session.scalars(select(PartyRow)), *session.scalars(select(PartySourceRow))):
            columns = row.__table__.columns
            found |= {getattr(row, each.name) for each in columns if each.info.get("personal")}
    return found - {""}


async def profile_of(client: AsyncClient, as_role: AsRole) -> dict[str, object]:
    view = (await client.get(VIEW, headers=as_role("viewer"))).json()
    profile: dict[str, object] = view["profile"]
    return profile


BEFORE_AND_AFTER = pytest.mark.parametrize(
    ("restored", "replayed"),
    [
        ((accepted(1), accepted(2, client="another-crm")), ()),
        ((accepted(1),), (accepted(2, client="another-crm"),)),
        ((), (accepted(1), accepted(2, client="another-crm"))),
    ],
)
"""The orders in the restored tables, and those that are consumed again after the takeover."""


@BEFORE_AND_AFTER
async def test_after_a_restore_an_erased_customer_is_blank_wherever_the_orders_come_in_the_sequence(
    client: AsyncClient,
    sessions: Sessions,
    as_role: AsRole,
    restored: tuple[OrderAccepted, ...],
    replayed: tuple[OrderAccepted, ...],
) -> None:
    consume_at(sessions, YESTERDAY, *restored, *replayed)
    await client.post(ERASE, json=REASON, headers=as_role("admin"))
    before = await profile_of(client, as_role)
    published = restore(sessions, *restored)

    take_over(sessions, published)
    consume_at(sessions, YESTERDAY, *replayed)

    assert personal(sessions) == set()
    assert await profile_of(client, as_role) == before
    assert before["erasedAt"]
    assert dead_letter_rows(sessions) == []


@BEFORE_AND_AFTER
async def test_after_a_restore_an_erased_person_is_recognised_under_a_new_id(
    client: AsyncClient,
    sessions: Sessions,
    as_role: AsRole,
    restored: tuple[OrderAccepted, ...],
    replayed: tuple[OrderAccepted, ...],
) -> None:
    consume_at(sessions, YESTERDAY, *restored, *replayed)
    await client.post(ERASE, json=REASON, headers=as_role("admin"))
    published = restore(sessions, *restored)
    take_over(sessions, published)
    consume_at(sessions, YESTERDAY, *replayed)

    consume(sessions, SUBSCRIPTIONS, accepted(3, a_customer(id="new", phone="1", email="")))

    answer = await client.get("/ops/v1/customers/new/view", headers=as_role("viewer"))
    assert answer.json()["profile"]["knownBeforeAs"] == [ZHANG]


@pytest.mark.parametrize("is_read_first", [True, False])
async def test_after_a_restore_an_order_after_the_erasure_makes_the_customer_known(
    client: AsyncClient, sessions: Sessions, as_role: AsRole, *, is_read_first: bool
) -> None:
    consume_at(sessions, YESTERDAY, accepted(1))
    await client.post(ERASE, json=REASON, headers=as_role("admin"))
    published = restore(sessions, accepted(1))

    if is_read_first:
        consume_at(sessions, TOMORROW, accepted(2, a_customer(email="")))
    take_over(sessions, published)
    if not is_read_first:
        consume_at(sessions, TOMORROW, accepted(2, a_customer(email="")))

    profile = await profile_of(client, as_role)
    assert (profile["name"], profile["email"]) == ("张伟", "")
    assert profile["erasedAt"]
    assert "zhang@example.cn" not in personal(sessions)


async def test_the_history_says_that_an_erasure_was_taken_over(
    client: AsyncClient, sessions: Sessions, as_role: AsRole
) -> None:
    consume_at(sessions, YESTERDAY, accepted(1))
    await client.post(ERASE, json=REASON, headers=as_role("admin"))
    published = restore(sessions)

    take_over(sessions, published)

    with sessions() as session:
        (row,) = session.scalars(select(HistoryRow))
    assert (row.kind, row.subject, row.became) == ("party", ZHANG, "erased")
    assert row.reason == TAKEN_OVER_REASON


async def test_what_is_lost_begins_with_the_last_message_that_was_handled_and_not_with_a_grant(
    client: AsyncClient, sessions: Sessions, as_role: AsRole
) -> None:
    await share(client, as_role("admin"))
    consume(sessions, SUBSCRIPTIONS, accepted(1), now=TOMORROW)

    with sessions() as session:
        assert last_change_time(session) == TOMORROW


async def test_what_is_lost_begins_with_a_grant_that_came_after_the_last_message(
    client: AsyncClient, sessions: Sessions, as_role: AsRole
) -> None:
    consume(sessions, SUBSCRIPTIONS, accepted(1), now=YESTERDAY)
    await share(client, as_role("admin"))

    with sessions() as session:
        found = last_change_time(session)
    assert found
    assert found > YESTERDAY
