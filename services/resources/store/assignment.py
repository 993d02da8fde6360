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

from services.resources.domain.claim import Request, claims
from services.resources.domain.share import Demand, Share, Stock, demand, share_out
from services.resources.domain.states import NumberState
from services.resources.domain.things import Pool
from services.resources.store import picks, taking
from services.resources.store.holdings import write
from services.resources.store.known import read_known
from shared.persistence.statements import Prepared

SAVEPOINT = Prepared(text("SAVEPOINT assigning"))
LET_GO = Prepared(text("ROLLBACK TO SAVEPOINT assigning"))
SEAT = Prepared(text("SELECT pg_advisory_xact_lock(hashtext('retaking.seat'))"))


class Taken(NamedTuple):
    """What was taken, and what was wanted of each pool."""

    stock: Stock
    wanted: Mapping[Pool, int]


def assign(session: Session, requests: Sequence[Request], now: datetime) -> list[Share]:
    """Hold for each order all that it needs, or nothing; return what each is told.

    The outcome is that of serving them one by one, in their order.

    Raises:
        PoisonError: if one needs a kind of thing that there is no pool of.
    """
    wanted = claims(requests, read_known(session, requests))
    SAVEPOINT.run(session)  # gone with the transaction
    shares = share_out(wanted, take_all(session, demand(wanted), now))
    write(session, [change for share in shares for change in share.changes])
    return shares


def take_all(session: Session, asked: Demand, now: datetime) -> Stock:
    """Take what is asked for, as far as there is any: none of it is missed for a lock."""
    taken = take(session, asked, now, patient=False)
    while is_masked(session, asked, taken):
        LET_GO.run(session)
        take_seat(session)
        taken = take(session, asked, now, patient=True)
    return taken.stock


def take_seat(session: Session) -> None:
    """Become the one transaction that may wait for what others have locked, or bring in more.

    To be done before anything else is locked, or after all that was is let go.
    """
    SEAT.run(session)


def take(session: Session, asked: Demand, now: datetime, *, patient: bool) -> Taken:
    """Lock what is asked for, as far as it is there."""
    picked = picks.take(session, asked.picked, patient=patient)
    # A picked number may be the lowest of a pool as well: another is to be at hand then.
    both = Counter(pick.thing.pool for pick in picked.values() if pick.state is NumberState.IDLE)
    wanted = {pool: count + both[pool] for pool, count in asked.pools.items()}
    return Taken(Stock(taking.take(session, wanted, patient=patient), picked, now), wanted)


def is_masked(session: Session, asked: Demand, taken: Taken) -> bool:
    """Tell whether something is seen free that others have locked, and that we came short of."""
    stock, wanted = taken
    got = {pool: len(stock.free.get(pool, ())) for pool in wanted}
    short = {pool: count for pool, count in wanted.items() if got[pool] < count}
    missing = [key for key in asked.picked if key not in stock.picks]
    if any(count > got[pool] for pool, count in taking.seen(session, short).items()):
        return True
    return bool(picks.seen(session, missing))
