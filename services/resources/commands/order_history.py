"""The history of numbers and items in one order.

The history is indexed by resource. An index by order would be written for every change, and
read for few orders; the published `resources.assigned` of an order names its resources, and
leads to their history.
"""

from collections.abc import Iterable
from uuid import UUID

from sqlalchemy.orm import Session

from shared.contracts import ResourcesAssigned
from shared.messaging import archive_reader
from shared.persistence import history
from shared.persistence.history import HistoryEntry


def read_order_history(session: Session, tenant: str, order_id: UUID) -> list[HistoryEntry]:
    """Return the changes of numbers and items by one order, oldest first."""
    published = archive_reader.read_published(session, tenant, order_id, ResourcesAssigned)
    if not published:
        return []
    begin, _ = published[0]
    names = changed_resource_values(message for _, message in published)
    return history.read_many(session, tenant, names, part=str(order_id), begin=begin)


def changed_resource_values(messages: Iterable[ResourcesAssigned]) -> set[str]:
    """Return the names of all resources that were reserved or pre-released."""
    return {
        held.value for each in messages for item in each.items for held in item.changed_holdings
    }
