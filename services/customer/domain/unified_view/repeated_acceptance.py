"""Orders accepted twice: the same content is harmless, different content is refused."""

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import replace
from datetime import datetime
from typing import TypeAlias
from uuid import UUID

from services.customer.domain.parties.party import Account, account_from_order
from services.customer.domain.parties.source_record import (
    PARTY_FIELDS,
    VERSION_FIELDS,
    PartySourceRecord,
    source_record_from_order,
)
from services.customer.domain.unified_view.order import Order
from shared.contracts import OrderAccepted, OrderQueued, OrderTerms
from shared.errors import ConflictError

AcceptedMessage: TypeAlias = tuple[OrderTerms, str, datetime]
"""An accepted or queued order, its tenant, and when its message was published."""

SourceRecordKey: TypeAlias = tuple[str, str, str]
"""The key of a source record: tenant, party, client."""


def split_new_and_known(
    received: Sequence[AcceptedMessage], new: Collection[UUID]
) -> tuple[Sequence[AcceptedMessage], Sequence[AcceptedMessage]]:
    """Return the messages of new orders, and those of orders that were accepted already.

    Args:
        received: the messages, in the order received.
        new: ids of the orders that are new: only the first message of each counts as new.
    """
    if len(new) == len(received):
        return received, ()
    remaining = set(new)
    first: list[AcceptedMessage] = []
    repeated: list[AcceptedMessage] = []
    for each in received:
        (first if each[0].order_id in remaining else repeated).append(each)
        remaining.discard(each[0].order_id)
    return first, repeated


def replaces_terms(message: OrderTerms) -> bool:
    """Tell whether the terms of an order replace those with which it was queued."""
    return isinstance(message, OrderAccepted) and message.has_waited


def must_repeat_terms(message: OrderTerms) -> bool:
    """Tell whether a message about a known order must have the stored terms."""
    return not isinstance(message, OrderQueued) and not replaces_terms(message)


def check_same_content(stored: Mapping[UUID, Order], received: Iterable[Order]) -> None:
    """Check that orders have the same content as stored.

    Their acceptance times may differ, and the versions that published them.

    Raises:
        ConflictError: if the content of one differs.
    """
    for each in received:
        before = stored[each.order_id]
        published_before = replace(
            each, accepted_at=before.accepted_at, publishes_states=before.publishes_states
        )
        if published_before != before:
            raise content_differs_error(each.order_id)


def check_same_customer_data(
    repeated: Sequence[AcceptedMessage],
    stored: Mapping[SourceRecordKey, PartySourceRecord],
    new_accounts: Collection[Account],
) -> None:
    """Check that repeated orders report the same of their customers as before.

    Args:
        repeated: the messages of orders that are stored already.
        stored: the source records of their clients and customers.
        new_accounts: accounts that they name, and that are not stored for their customers.

    Raises:
        ConflictError: if one reports something else.
    """
    for each in repeated:
        received = source_record_from_order(*each)
        names_another = (
            bool(each[0].customer.account_id) and account_from_order(*each) in new_accounts
        )
        before = stored.get(received.key)
        if names_another or (before and contradicts(before, received)):
            raise content_differs_error(received.told_by)


def contradicts(stored: PartySourceRecord, received: PartySourceRecord) -> bool:
    """Tell whether an order reports something else of its customer than before.

    Its first values may be gone: later orders reported others, or they were erased. Values that
    an erasure has blanked in the message contradict nothing.
    """
    of_this_order = f"/{received.told_by}"
    return any(
        getattr(received, field) not in {"", getattr(stored, field)}
        for field, version in zip(PARTY_FIELDS, VERSION_FIELDS, strict=True)
        if getattr(stored, version).endswith(of_this_order)
    )


def content_differs_error(order_id: UUID) -> ConflictError:
    """Return the error for an order that is accepted again with different content."""
    msg = f"order {order_id} was accepted already, with other content; the stored one is kept"
    return ConflictError(
        msg, remedy="find out what publishes it twice; this message stays parked as evidence"
    )
