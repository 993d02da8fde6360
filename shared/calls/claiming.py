"""Leases: what may be called now, within what each element bears.

A wish is leased in the transaction that wants it, where its element has a place and
nobody waits for one: that saves the look, and the transaction, that would lease it a
moment later. What finds no place waits, and is leased in the order of its rank.
"""

from collections.abc import Callable, Collection, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any

from sqlalchemy.orm import Session

from shared.calls import call_store
from shared.calls.call_store import CallRequest
from shared.calls.element_limits import Limits
from shared.calls.lease import Answered, Claim
from shared.calls.outbound_call import rank
from shared.calls.rate_limits import Rates, read_rates
from shared.contracts import ElementName

MOST_CALLS = 200
"""Calls under way at a time in this process."""

LIMITS_HOLD = timedelta(seconds=1)
"""So long what elements bear is not read again."""

LONG_AGO = datetime.min.replace(tzinfo=UTC)


@dataclass(slots=True)
class Leases:
    """Gives out leases for one process."""

    read_limits: Callable[[Session], Limits]
    calls: Collection[Any]
    """Those under way in this process."""

    answered: Collection[Answered]
    """Calls whose answers are there and not committed yet: their places are free."""

    clock: Callable[[], datetime]
    """Tells the time: a transaction may be old when it comes to leasing."""

    limits: Limits = field(default_factory=Limits)
    _limits_until: datetime = LONG_AGO
    _short: frozenset[ElementName] = frozenset()
    """Elements at which something may wait for a place."""

    _is_crowded: bool = False
    """This process bears no more calls."""

    @property
    def is_short(self) -> bool:
        """Whether something may be due that found no place: the end of a call may make one."""
        return self._is_crowded or bool(self._short)

    def enqueue(
        self, session: Session, wanted: Sequence[CallRequest], now: datetime
    ) -> list[Claim]:
        """Write down what is wanted; return what of it is leased, to be called after the commit."""
        once = {each.attempt.id: each for each in wanted}
        queue = sorted(once.values(), key=lambda each: rank(each.attempt, now))
        claims = self._of_new(session, queue, now)
        until = {claim.attempt.id: claim.until for claim in claims}
        new = call_store.enqueue(session, queue, now, until)
        return [claim for claim in claims if claim.attempt.id in new]

    def _of_new(
        self, session: Session, queue: Sequence[CallRequest], wanted_at: datetime
    ) -> list[Claim]:
        """Claim what overtakes nobody, unless another process is claiming just now."""
        # By the clock: a transaction that waited for locks would lease what has expired already.
        now = self.clock()
        first = [each for each in queue if each.attempt.element not in self._short][: self._room()]
        if self._is_crowded or not first or not call_store.may_claim(session):
            return []
        places = self._places(session, now)
        claims = [
            call_store.claim(attempt, cause, wanted_at, now)
            for attempt, cause in first
            if places.take(attempt.element)
        ]
        places.rates.write(session)
        return claims

    def claim(
        self, session: Session, now: datetime, *, look_first: bool
    ) -> tuple[list[Claim], datetime | None]:
        """Lease what is due and what the elements bear; else return when the next is due.

        A look before saves the rest of the work where there is nothing to do.
        """
        room = self._room()
        next_due = call_store.next_due(session, now) if look_first else now
        if next_due is None or next_due > now or not room:
            self._is_crowded, self._short = not room, frozenset()
            return [], next_due
        call_store.wait_to_claim(session)
        now = self.clock()  # however long the turn was waited for
        places = self._places(session, now)
        full = {element for element in places.known | self._short if not places.left(element)}
        wishes = call_store.wishes(session, now, full, room)
        claims = [wish for wish in wishes if places.take(wish.attempt.element)]
        call_store.lease(session, claims)
        places.rates.write(session)
        self._is_crowded = len(wishes) == room
        waiting = {wish.attempt.element for wish in wishes if not places.left(wish.attempt.element)}
        self._short = frozenset(full | waiting)
        return claims, now if claims else call_store.next_due(session, now)

    def _room(self) -> int:
        return max(0, MOST_CALLS - len(self.calls))

    def _places(self, session: Session, now: datetime) -> "Places":
        # Copied in one step: the event loop adds to it meanwhile.
        calling = call_store.calling(session, now, tuple(self.answered))
        if now >= self._limits_until:
            self.limits, self._limits_until = self.read_limits(session), now + LIMITS_HOLD
        return Places(self.limits, calling, read_rates(session, self.limits.set, now))


class Places:
    """How many more calls each element bears at this moment."""

    def __init__(self, limits: Limits, calling: dict[str, int], rates: Rates) -> None:
        self._limits, self._calling, self.rates = limits, calling, rates
        self._left: dict[str, int] = {}
        self.known = set(limits.set) | set(calling)

    def left(self, element: str) -> int:
        """Return how many more calls it bears."""
        if element not in self._left:
            self._left[element] = self._count(element)
        return self._left[element]

    def take(self, element: str) -> bool:
        """Take one of its places, if there is one."""
        left = self.left(element)
        self._left[element] = max(0, left - 1)
        if left:
            self.rates.spend(self._limits.name_of(element))
        return left > 0

    def _count(self, element: str) -> int:
        free = self._limits.free_places(element, self._calling.get(element, 0))
        return min(free, self.rates.left(self._limits.name_of(element), free))
