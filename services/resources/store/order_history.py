"""What befell numbers and items on an order's journey.

The history has them by their own names. An index by order would be written for every change
there ever is, and read for the few orders that somebody looks at; but what an order was given
stands in what it was told, and that leads to them.
"""

from collections.abc import Iterable
from uuid import UUID

from sqlalchemy.orm import Session

from shared.contracts import ResourcesAssigned
from shared.messaging import archive_reader
from shared.persistence import history
from shared.persistence.history import HistoryEntry


def read_order_history(session: Session, tenant: str, order_id: UUID) -> list[HistoryEntry]:
    """Return what befell numbers and items because of one order, oldest first."""
    told = archive_reader.read_published(session, tenant, order_id, ResourcesAssigned)
    if not told:
        return []
    begin, _ = told[0]
    names = assigned_values(message for _, message in told)
    return history.read_many(session, tenant, names, part=str(order_id), begin=begin)


def assigned_values(messages: Iterable[ResourcesAssigned]) -> set[str]:
    """Return the names of all things that were assigned or are to be given back."""
    return {held.value for each in messages for item in each.items for held in item.held}
