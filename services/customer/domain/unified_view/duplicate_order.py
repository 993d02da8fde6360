"""Orders that are accepted twice: the same again is harmless, other content is refused."""

from collections.abc import Collection, Mapping, Sequence
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
from shared.contracts import OrderAccepted
from shared.errors import ConflictError

AcceptedMessage: TypeAlias = tuple[OrderAccepted, str, datetime]
"""What was accepted, of which tenant, and when that was told."""

SourceRecordKey: TypeAlias = tuple[str, str, str]
"""The key of a telling."""


def split_new_and_known(
    received: Sequence[AcceptedMessage], new: Collection[UUID]
) -> tuple[Sequence[AcceptedMessage], Sequence[AcceptedMessage]]:
    """Return what came of new orders, and what came of orders that were accepted already.

    Args:
        received: what came, in its order.
        new: ids of the orders that are new: the first message about each makes it known.
    """
    if len(new) == len(received):
        return received, ()
    left = set(new)
    first: list[AcceptedMessage] = []
    again: list[AcceptedMessage] = []
    for each in received:
        (first if each[0].order_id in left else again).append(each)
        left.discard(each[0].order_id)
    return first, again


def check_same_content(known: Order, told: Order) -> None:
    """Let an order that is known be told again with the same content, whenever that was told.

    Raises:
        ConflictError: if its content is another one.
    """
    if replace(told, accepted_at=known.accepted_at) != known:
        raise content_differs_error(told.order_id)


def check_same_customer_data(
    again: Sequence[AcceptedMessage],
    known: Mapping[SourceRecordKey, PartySourceRecord],
    unknown: Collection[Account],
) -> None:
    """Let orders that are known say of their customers what they have said before.

    Args:
        again: what came of orders that are known.
        known: what their clients have told of their customers.
        unknown: accounts that they name, and that are not known of their customers.

    Raises:
        ConflictError: if one says something else.
    """
    for each in again:
        told = source_record_from_order(*each)
        names_another = bool(each[0].customer.account_id) and account_from_order(*each) in unknown
        before = known.get(told.key)
        if names_another or (before and contradicts(before, told)):
            raise content_differs_error(told.told_by)


def contradicts(known: PartySourceRecord, told: PartySourceRecord) -> bool:
    """Tell whether an order says something else of its customer than it has said before.

    What it said first may be unknown by now: later orders have said something else, or it was
    erased. What an erasure has blanked in the message contradicts nothing.
    """
    of_this_order = f"/{told.told_by}"
    return any(
        getattr(told, field) not in {"", getattr(known, field)}
        for field, mark in zip(PARTY_FIELDS, VERSION_FIELDS, strict=True)
        if getattr(known, mark).endswith(of_this_order)
    )


def content_differs_error(order_id: UUID) -> ConflictError:
    """Return the error for an order that is accepted twice, the second time with other content."""
    msg = f"order {order_id} was accepted already, with other content; what is kept stays as it is"
    return ConflictError(
        msg, remedy="find out who tells it twice; this message stays parked as evidence"
    )
