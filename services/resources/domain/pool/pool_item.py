"""One pool item: its state, its holder, and the end of its quarantine."""

from datetime import datetime
from typing import NamedTuple
from uuid import UUID

from services.resources.domain.pool.resource import Resource
from services.resources.domain.pool.states import ResourceState, Transition


class PoolItem(NamedTuple):
    """One resource of a pool other than a number."""

    resource: Resource
    state: ResourceState
    order_id: UUID | None = None
    """The order that changed it last; None without a holder."""

    service_id: UUID | None = None
    until: datetime | None = None
    """When its state ends by itself, if it does."""


def free_if_quarantine_over(item: PoolItem, until: datetime) -> PoolItem | None:
    """Return the item after its quarantine; None if it is not in one that ends then."""
    life_cycle = item.resource.pool.life_cycle
    became = life_cycle.next_state(item.state, Transition.END_QUARANTINE)
    if became is None or item.until != until:
        return None
    return item._replace(state=became, until=None)
