"""Invariants about erasures: no personal data of an erased party remains."""

from collections.abc import Iterator, Mapping
from datetime import UTC, datetime, timedelta
from typing import Any, TypeAlias

import msgspec

from shared.contracts import Customer, Envelope, OrderAccepted, PartyErased, RealNameCheckRecord
from shared.contracts.personal import personal_fields, with_personal_data_blanked
from tools.verify.orders import CheckResult
from tools.verify.stack_data import StackData

ERASED_PARTIES = "SELECT tenant, party_id FROM parties WHERE erased_at IS NOT NULL"
PERSONAL_FIELDS = """
    SELECT tenant, party_id, field.mark
    FROM (
        SELECT tenant, party_id, name, name_mark, phone, phone_mark, email, email_mark,
               identity_number, identity_number_mark
        FROM parties
        UNION ALL
        SELECT tenant, party_id, name, name_mark, phone, phone_mark, email, email_mark,
               identity_number, identity_number_mark
        FROM party_tellings
    ) AS party
    CROSS JOIN LATERAL (
        VALUES (name, name_mark), (phone, phone_mark), (email, email_mark),
               (identity_number, identity_number_mark)
    ) AS field (value, mark)
    WHERE field.value <> ''
"""
ORDERS = "SELECT id, tenant, party_id, content FROM orders"
IDENTITIES = """
    SELECT o.id, o.tenant, o.party_id FROM orders o JOIN identity_holdings h ON h.order_id = o.id
"""
EPOCH = datetime(1970, 1, 1, tzinfo=UTC)

PartyKey: TypeAlias = tuple[str, str]
"""A tenant and the id of its customer."""

Erasures: TypeAlias = Mapping[PartyKey, datetime]
"""For each erased customer, the time up to which its personal data must be blank."""


def erased_parties_are_blank(stack_data: StackData) -> Iterator[CheckResult]:
    """Check that no personal data from before its erasure remains of an erased customer."""
    erased = erasures(stack_data)
    if not erased:
        return
    marked = {(row.tenant, row.party_id) for row in stack_data.rows("customer", ERASED_PARTIES)}
    found = dict(remaining_personal_data(stack_data, erased))
    for party in erased:
        if party not in marked:
            yield f"the erasure of customer {party[1]} was published, but its row is not erased"
        else:
            place = found.get(party)
            yield f"customer {party[1]} is erased, but {place} has its data" if place else None


def erasures(stack_data: StackData) -> Erasures:
    """Return the published erasures."""
    found: dict[PartyKey, datetime] = {}
    for each in stack_data.published["customer"]:
        match each.open():
            case PartyErased(party_id=party_id, until=until):
                key = each.tenant, party_id
                found[key] = max(until, found.get(key, until))
            case _:
                pass
    return found


def remaining_personal_data(
    stack_data: StackData, erased: Erasures
) -> Iterator[tuple[PartyKey, str]]:
    """Yield each place with personal data of an erased customer from before its erasure."""
    for row in stack_data.rows("customer", PERSONAL_FIELDS):
        key = row.tenant, row.party_id
        if key in erased and time_of_mark(row.mark) <= erased[key]:
            yield key, "the customer service"
    earlier = {
        each.subject: each
        for each in stack_data.published["order"]
        if precedes_erasure(each, erased)
    }
    for order_id, envelope in earlier.items():
        message = envelope.open()
        if isinstance(message, OrderAccepted) and message != with_personal_data_blanked(message):
            yield (envelope.tenant, message.customer.id), f"the message of order {order_id}"
    for row in stack_data.rows("order", ORDERS):
        if row.id in earlier and has_personal_data(msgspec.json.decode(row.content)):
            yield (row.tenant, row.party_id), f"order {row.id}"
    for row in stack_data.rows("order", IDENTITIES):
        if row.id in earlier:
            yield (row.tenant, row.party_id), f"what counts by order {row.id}"


def precedes_erasure(envelope: Envelope, erased: Erasures) -> bool:
    """Return whether this is an order of an erased customer, from before its erasure."""
    message = envelope.open()
    if not isinstance(message, OrderAccepted):
        return False
    until = erased.get((envelope.tenant, message.customer.id))
    return until is not None and envelope.time <= until


def has_personal_data(content: Mapping[str, Any]) -> bool:
    """Return whether customer or real-name checks of an order have personal fields left."""
    customer, checks = content["customer"], content.get("real_name_checks", ())
    return any(customer.get(name) for name in personal_fields(Customer)) or any(
        each.get(name) for each in checks for name in personal_fields(RealNameCheckRecord)
    )


def time_of_mark(mark: str) -> datetime:
    """Return when a field was published; its mark begins with microseconds since 1970."""
    return EPOCH + timedelta(microseconds=int(mark.partition("/")[0]))
