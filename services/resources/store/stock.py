"""Locking of the free resources that a batch of orders is allocated (配线配号).

Rows are locked with SKIP LOCKED. If that is too little, and more rows are still seen free,
other transactions hold locks on them and may release them: the batch releases its locks of free
resources, takes the assignment lock, and waits for those rows. Only one transaction has the
assignment lock, so only one waits at a time, and those that it waits for never wait: free
resources cannot deadlock, in whatever order they are locked. The exceptions, which PostgreSQL
ends, are in docs/flows/assignment.md.
"""

from collections import Counter
from collections.abc import Mapping
from datetime import datetime
from typing import NamedTuple

from sqlalchemy import text
from sqlalchemy.orm import Session

from services.resources.domain.allocation.allocation import Demand, Stock
from services.resources.domain.pool.resource import Pool
from services.resources.store import customer_picked_resources, free_resources
from shared.persistence.statements import CompiledStatement

SAVEPOINT = CompiledStatement(text("SAVEPOINT assigning"))
ROLLBACK_TO_SAVEPOINT = CompiledStatement(text("ROLLBACK TO SAVEPOINT assigning"))
ADVISORY_LOCK = CompiledStatement(text("SELECT pg_advisory_xact_lock(hashtext('retaking.seat'))"))


class LockedStock(NamedTuple):
    """The resources that were locked, and the number requested of each pool."""

    stock: Stock
    requested: Mapping[Pool, int]


def lock_stock(session: Session, demand: Demand, now: datetime) -> Stock:
    """Lock what the batch requires, if it is there: no resource is missed because of a lock."""
    SAVEPOINT.run(session)  # ends with the transaction
    locked = lock_free_resources(session, demand, now, wait=False)
    while is_short_by_locks(session, demand, locked):
        ROLLBACK_TO_SAVEPOINT.run(session)
        take_assignment_lock(session)
        locked = lock_free_resources(session, demand, now, wait=True)
    return locked.stock


def take_assignment_lock(session: Session) -> None:
    """Take the assignment lock. Only its holder may wait for row locks, or add resources.

    Take it before any other lock, or after all others are released.
    """
    ADVISORY_LOCK.run(session)


def lock_free_resources(
    session: Session, demand: Demand, now: datetime, *, wait: bool
) -> LockedStock:
    """Lock what the batch requires, as far as it is free."""
    picked = customer_picked_resources.lock_picked(session, demand.picked, wait=wait)
    # A picked resource may also be the lowest of a pool: one more must be locked then.
    overlap = Counter(pick.resource.pool for pick in picked.values() if pick.is_free)
    requested = {pool: count + overlap[pool] for pool, count in demand.pools.items()}
    return LockedStock(
        Stock(free_resources.lock_lowest(session, requested, wait=wait), picked, now), requested
    )


def is_short_by_locks(session: Session, demand: Demand, locked: LockedStock) -> bool:
    """Tell whether the batch lacks resources that are free but locked by others."""
    stock, requested = locked
    locked_counts = {pool: len(stock.free.get(pool, ())) for pool in requested}
    short = {pool: count for pool, count in requested.items() if locked_counts[pool] < count}
    missing = [key for key in demand.picked if key not in stock.picked]
    if any(
        count > locked_counts[pool]
        for pool, count in free_resources.count_free_up_to(session, short).items()
    ):
        return True
    return bool(customer_picked_resources.find_pickable(session, missing))
