"""An order that is accepted twice: the same content is harmless, other content is a dead letter."""

from typing import Any

import pytest
from sqlalchemy import select

from services.customer.handlers import SUBSCRIPTIONS
from services.customer.tables import (
    AccountSourceRow,
    ContestedAccountRow,
    OrderRow,
    PartyRow,
    PartySourceRow,
)
from shared.contracts import Causation, OrderAccepted
from shared.kafka.record_types import ConsumedRecord
from shared.messaging.dead_letters import DeadLetterReason
from shared.persistence.database import Sessions
from tests.conftest import delete_all_rows
from tests.customer.builders import TENANT, a_customer, accepted, an_item, at, order_id
from tests.kernel import consume_records, dead_letter_rows, record_of

TABLES = (OrderRow, PartyRow, PartySourceRow, AccountSourceRow, ContestedAccountRow)

WU = accepted(2, a_customer(id="wu", account_id=""))
LI = accepted(3, a_customer(id="li", account_id="acc-3"))

CHANGED = {
    "client": accepted(1, client="another"),
    "customer": accepted(1, a_customer(id="li-na", account_id="")),
    "items": accepted(1, items=(an_item(2),)),
    "price": accepted(1, monthly_cents=9900),
    "number of the CRM": accepted(1, external_id="CRM-9"),
    "priority": accepted(1, priority=0),
    "name": accepted(1, a_customer(name="李娜")),
    "phone": accepted(1, a_customer(phone="13900000009")),
    "account": accepted(1, a_customer(account_id="acc-9")),
}


def order_record(order: OrderAccepted, minute: int) -> ConsumedRecord:
    """Return the record of an accepted order, published in that minute with an id of its own."""
    cause = Causation(order_id(100 + minute), order.order_id, TENANT)
    return record_of(order, cause, published_at=at(minute))


def stored_rows(sessions: Sessions) -> list[Any]:
    """Return all rows of orders, parties and accounts."""
    with sessions() as session:
        rows = [session.execute(select(each.__table__)).all() for each in TABLES]
        return [sorted(map(repr, each)) for each in rows]


@pytest.mark.parametrize("together", [True, False])
@pytest.mark.parametrize("second", CHANGED.values(), ids=CHANGED)
def test_a_known_order_that_is_accepted_with_other_content_is_parked_and_changes_nothing(
    sessions: Sessions, second: OrderAccepted, *, together: bool
) -> None:
    first, again, another = (
        order_record(accepted(1), 1),
        order_record(second, 2),
        order_record(LI, 3),
    )
    consume_records(sessions, SUBSCRIPTIONS, [order_record(WU, 0)])

    for batch in [[first, again, another]] if together else [[first], [again], [another]]:
        consume_records(sessions, SUBSCRIPTIONS, batch)

    (row,) = dead_letter_rows(sessions)
    assert row.why is DeadLetterReason.RULE_BROKEN
    assert f"order {order_id(1)} was accepted already, with other content" in row.error
    rows = stored_rows(sessions)
    assert rows == without_the_second(sessions)


def without_the_second(sessions: Sessions) -> list[Any]:
    """Return the rows that result without the second message."""
    delete_all_rows(sessions)
    for minute, order in enumerate((WU, accepted(1))):
        consume_records(sessions, SUBSCRIPTIONS, [order_record(order, minute)])
    consume_records(sessions, SUBSCRIPTIONS, [order_record(LI, 3)])
    return stored_rows(sessions)


@pytest.mark.parametrize("together", [True, False])
def test_a_known_order_that_is_accepted_with_the_same_content_is_harmless(
    sessions: Sessions, *, together: bool
) -> None:
    first, again = order_record(accepted(1), 1), order_record(accepted(1), 2)
    consume_records(sessions, SUBSCRIPTIONS, [first])
    before = stored_rows(sessions)

    for batch in [[again, first]] if together else [[again], [first]]:
        consume_records(sessions, SUBSCRIPTIONS, batch)

    assert dead_letter_rows(sessions) == []
    assert stored_rows(sessions) == before


def test_an_order_that_later_ones_have_overtaken_may_be_accepted_again(sessions: Sessions) -> None:
    later = accepted(2, a_customer(name="张卫", phone="13900000002", account_id="acc-2"))
    consume_records(sessions, SUBSCRIPTIONS, [order_record(accepted(1), 1), order_record(later, 2)])
    before = stored_rows(sessions)

    consume_records(sessions, SUBSCRIPTIONS, [order_record(accepted(1), 3)])

    assert dead_letter_rows(sessions) == []
    assert stored_rows(sessions) == before
