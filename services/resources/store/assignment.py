"""Assignment (配线配号): a whole batch of orders, each of which gets everything or nothing.

What is taken is taken past the locks of others. When that comes short of something that
is still seen free, those others may yet leave it: the batch lets go of all it took, takes
the seat, and waits for them. There is one seat, so only one transaction waits at a time,
and those it waits for wait for nobody: no circle can close, in whatever order things are
locked.
"""

from collections import Counter
from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import NamedTuple

from sqlalchemy import text
from sqlalchemy.orm import Session

from services.resources.domain.allocation.allocation import (
    Allocation,
    Demand,
    Stock,
    allocate,
    total_demand,
)
from services.resources.domain.allocation.requirements import AssignmentRequest, resolve_orders
from services.resources.domain.pool.resource import Pool
from services.resources.domain.pool.states import NumberState
from services.resources.store import free_items, picked_numbers
from services.resources.store.allocation_context import read_context
from services.resources.store.holdings import save_changes
from shared.persistence.statements import CompiledStatement

SAVEPOINT = CompiledStatement(text("SAVEPOINT assigning"))
ROLLBACK_TO_SAVEPOINT = CompiledStatement(text("ROLLBACK TO SAVEPOINT assigning"))
ADVISORY_LOCK = CompiledStatement(text("SELECT pg_advisory_xact_lock(hashtext('retaking.seat'))"))


class LockedStock(NamedTuple):
    """What was taken, and what was wanted of each pool."""

    stock: Stock
    wanted: Mapping[Pool, int]


def assign(
    session: Session, requests: Sequence[AssignmentRequest], now: datetime
) -> list[Allocation]:
    """Hold for each order all that it needs, or nothing; return what each is told.

    The outcome is that of serving them one by one, in their order.

    Raises:
        PoisonError: if one needs a kind of thing that there is no pool of.
    """
    wanted = resolve_orders(requests, read_context(session, requests))
    SAVEPOINT.run(session)  # gone with the transaction
    allocations = allocate(wanted, lock_stock(session, total_demand(wanted), now))
    save_changes(session, [change for allocation in allocations for change in allocation.changes])
    return allocations


def lock_stock(session: Session, asked: Demand, now: datetime) -> Stock:
    """Take what is asked for, as far as there is any: none of it is missed for a lock."""
    taken = lock_unlocked(session, asked, now, patient=False)
    while is_short_by_locks(session, asked, taken):
        ROLLBACK_TO_SAVEPOINT.run(session)
        take_assignment_lock(session)
        taken = lock_unlocked(session, asked, now, patient=True)
    return taken.stock


def take_assignment_lock(session: Session) -> None:
    """Become the one transaction that may wait for what others have locked, or bring in more.

    To be done before anything else is locked, or after all that was is let go.
    """
    ADVISORY_LOCK.run(session)


def lock_unlocked(session: Session, asked: Demand, now: datetime, *, patient: bool) -> LockedStock:
    """Lock what is asked for, as far as it is there."""
    picked = picked_numbers.lock_picked(session, asked.picked, patient=patient)
    # A picked number may be the lowest of a pool as well: another is to be at hand then.
    both = Counter(pick.resource.pool for pick in picked.values() if pick.state is NumberState.IDLE)
    wanted = {pool: count + both[pool] for pool, count in asked.pools.items()}
    return LockedStock(
        Stock(free_items.lock_lowest(session, wanted, patient=patient), picked, now), wanted
    )


def is_short_by_locks(session: Session, asked: Demand, taken: LockedStock) -> bool:
    """Tell whether something is seen free that others have locked, and that we came short of."""
    stock, wanted = taken
    got = {pool: len(stock.free.get(pool, ())) for pool in wanted}
    short = {pool: count for pool, count in wanted.items() if got[pool] < count}
    missing = [key for key in asked.picked if key not in stock.picked_numbers]
    if any(count > got[pool] for pool, count in free_items.count_free(session, short).items()):
        return True
    return bool(picked_numbers.find_pickable(session, missing))
