"""An order that is accepted twice: the same again is harmless, other content waits for people."""

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
from shared.kafka.records import ConsumedRecord
from shared.messaging.dead_letters import DeadLetterReason
from shared.persistence.database import Sessions
from tests.conftest import delete_all_rows
from tests.customer.builders import TENANT, a_customer, accepted, an_item, at, order_id
from tests.kernel import consume_records, dead_letter_rows, record_of

TABLES = (OrderRow, PartyRow, PartySourceRow, AccountSourceRow, ContestedAccountRow)

WU = accepted(2, a_customer(id="wu", account_id=""))
LI = accepted(3, a_customer(id="li", account_id="acc-3"))

OTHERWISE = {
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


def told(order: OrderAccepted, minute: int) -> ConsumedRecord:
    """Return that an order was accepted, told in that minute under an id of its own."""
    cause = Causation(order_id(100 + minute), order.order_id, TENANT)
    return record_of(order, cause, told_at=at(minute))


def kept(sessions: Sessions) -> list[Any]:
    """Return all that is known of orders, parties and accounts."""
    with sessions() as session:
        rows = [session.execute(select(each.__table__)).all() for each in TABLES]
        return [sorted(map(repr, each)) for each in rows]


@pytest.mark.parametrize("together", [True, False])
@pytest.mark.parametrize("second", OTHERWISE.values(), ids=OTHERWISE)
def test_a_known_order_that_is_accepted_with_other_content_is_parked_and_changes_nothing(
    sessions: Sessions, second: OrderAccepted, *, together: bool
) -> None:
    first, again, another = told(accepted(1), 1), told(second, 2), told(LI, 3)
    consume_records(sessions, SUBSCRIPTIONS, [told(WU, 0)])

    for batch in [[first, again, another]] if together else [[first], [again], [another]]:
        consume_records(sessions, SUBSCRIPTIONS, batch)

    (row,) = dead_letter_rows(sessions)
    assert row.why is DeadLetterReason.RULE_BROKEN
    assert f"order {order_id(1)} was accepted already, with other content" in row.error
    as_parked = kept(sessions)
    assert as_parked == without_the_second(sessions)


def without_the_second(sessions: Sessions) -> list[Any]:
    """Return what is kept where the second message never came."""
    delete_all_rows(sessions)
    for minute, order in enumerate((WU, accepted(1))):
        consume_records(sessions, SUBSCRIPTIONS, [told(order, minute)])
    consume_records(sessions, SUBSCRIPTIONS, [told(LI, 3)])
    return kept(sessions)


@pytest.mark.parametrize("together", [True, False])
def test_a_known_order_that_is_accepted_with_the_same_content_is_harmless(
    sessions: Sessions, *, together: bool
) -> None:
    first, again = told(accepted(1), 1), told(accepted(1), 2)
    consume_records(sessions, SUBSCRIPTIONS, [first])
    before = kept(sessions)

    for batch in [[again, first]] if together else [[again], [first]]:
        consume_records(sessions, SUBSCRIPTIONS, batch)

    assert dead_letter_rows(sessions) == []
    assert kept(sessions) == before


def test_an_order_that_later_ones_have_overtaken_may_be_told_again(sessions: Sessions) -> None:
    later = accepted(2, a_customer(name="张卫", phone="13900000002", account_id="acc-2"))
    consume_records(sessions, SUBSCRIPTIONS, [told(accepted(1), 1), told(later, 2)])
    before = kept(sessions)

    consume_records(sessions, SUBSCRIPTIONS, [told(accepted(1), 3)])

    assert dead_letter_rows(sessions) == []
    assert kept(sessions) == before
