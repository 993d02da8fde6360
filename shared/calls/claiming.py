"""Claiming: leases calls that may be made now, within the limits of each element.

A call is leased in the transaction that requests it, if its element has a free slot and
no other call waits for one: that saves the query and the transaction that would lease it
a moment later. Calls without a slot wait, and are leased by `aged_queue_time`.
"""

from collections.abc import Callable, Collection, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any

from sqlalchemy.orm import Session

from shared.calls import call_store
from shared.calls.call_store import CallRequest
from shared.calls.element_limits import LimitConfiguration
from shared.calls.lease import EndedLease, LeasedCall
from shared.calls.outbound_call import aged_queue_time
from shared.calls.rate_limits import ElementTokenBuckets, read_token_buckets
from shared.contracts import ElementName

MAX_CALLS = 200
"""Calls under way at a time in this process."""

LIMITS_TTL = timedelta(seconds=1)
"""How long the limits of elements are cached."""

LONG_AGO = datetime.min.replace(tzinfo=UTC)


@dataclass(slots=True)
class CallClaimer:
    """Claims calls for one process."""

    read_limits: Callable[[Session], LimitConfiguration]
    active_calls: Collection[Any]
    """Those under way in this process."""

    ended_leases: Collection[EndedLease]
    """Leases of answered calls, not committed yet: their slots are free."""

    clock: Callable[[], datetime]
    """Returns the time: a transaction may be old when it leases."""

    limits: LimitConfiguration = field(default_factory=LimitConfiguration)
    _limits_until: datetime = LONG_AGO
    _full_elements: frozenset[ElementName] = frozenset()
    """Elements at which calls may wait for a slot."""

    _is_at_capacity: bool = False
    """This process can handle no more calls."""

    @property
    def may_have_waiting_calls(self) -> bool:
        """Whether due calls may wait for a slot: the end of a call may free one."""
        return self._is_at_capacity or bool(self._full_elements)

    def enqueue(
        self, session: Session, requests: Sequence[CallRequest], now: datetime
    ) -> list[LeasedCall]:
        """Store requested calls; return those that are leased, to be made after the commit."""
        by_id = {each.call.id: each for each in requests}
        queue = sorted(by_id.values(), key=lambda each: aged_queue_time(each.call, now))
        leased_calls = self._lease_new(session, queue, now)
        leases = {leased_call.call.id: leased_call.until for leased_call in leased_calls}
        new = call_store.enqueue(session, queue, now, leases)
        return [leased_call for leased_call in leased_calls if leased_call.call.id in new]

    def _lease_new(
        self, session: Session, queue: Sequence[CallRequest], wanted_at: datetime
    ) -> list[LeasedCall]:
        """Lease calls that overtake no other, unless another process is claiming just now."""
        # By the clock: a transaction that waited for locks would give leases that have expired.
        now = self.clock()
        candidates = [each for each in queue if each.call.element not in self._full_elements][
            : self._remaining_capacity()
        ]
        if self._is_at_capacity or not candidates or not call_store.try_lock_claims(session):
            return []
        capacity = self._element_capacity(session, now)
        leased_calls = [
            LeasedCall.new(call, cause, wanted_at, now)
            for call, cause in candidates
            if capacity.try_acquire(call.element)
        ]
        capacity.token_buckets.write(session)
        return leased_calls

    def claim(
        self, session: Session, now: datetime, *, check_due_first: bool
    ) -> tuple[list[LeasedCall], datetime | None]:
        """Lease due calls within the limits of elements; else return when the next is due.

        `check_due_first` saves the rest of the work if nothing is due.
        """
        free = self._remaining_capacity()
        next_due = call_store.next_due(session, now) if check_due_first else now
        if next_due is None or next_due > now or not free:
            self._is_at_capacity, self._full_elements = not free, frozenset()
            return [], next_due
        call_store.lock_claims(session)
        now = self.clock()  # however long the lock was waited for
        capacity = self._element_capacity(session, now)
        full = {
            element
            for element in capacity.elements | self._full_elements
            if not capacity.remaining(element)
        }
        due_calls = call_store.due_calls(session, now, full, free)
        leased_calls = [
            due_call for due_call in due_calls if capacity.try_acquire(due_call.call.element)
        ]
        call_store.lease(session, leased_calls)
        capacity.token_buckets.write(session)
        self._is_at_capacity = len(due_calls) == free
        waiting = {
            due_call.call.element
            for due_call in due_calls
            if not capacity.remaining(due_call.call.element)
        }
        self._full_elements = frozenset(full | waiting)
        return leased_calls, now if leased_calls else call_store.next_due(session, now)

    def _remaining_capacity(self) -> int:
        return max(0, MAX_CALLS - len(self.active_calls))

    def _element_capacity(self, session: Session, now: datetime) -> "ElementCapacity":
        # Copied in one step: the event loop adds to it meanwhile.
        calling = call_store.count_leased(session, now, tuple(self.ended_leases))
        if now >= self._limits_until:
            self.limits, self._limits_until = self.read_limits(session), now + LIMITS_TTL
        return ElementCapacity(
            self.limits, calling, read_token_buckets(session, self.limits.by_element, now)
        )


class ElementCapacity:
    """How many more calls each element can handle at this moment."""

    def __init__(
        self,
        limits: LimitConfiguration,
        calling: dict[str, int],
        token_buckets: ElementTokenBuckets,
    ) -> None:
        self._limits, self._calling, self.token_buckets = limits, calling, token_buckets
        self._left: dict[str, int] = {}
        self.elements = set(limits.by_element) | set(calling)

    def remaining(self, element: str) -> int:
        """Return how many more calls it can handle."""
        if element not in self._left:
            self._left[element] = self._count_free_slots(element)
        return self._left[element]

    def try_acquire(self, element: str) -> bool:
        """Take one of its slots, if one is free; return whether one was."""
        left = self.remaining(element)
        self._left[element] = max(0, left - 1)
        if left:
            self.token_buckets.spend(self._limits.configured_name(element))
        return left > 0

    def _count_free_slots(self, element: str) -> int:
        free = self._limits.free_slots(element, self._calling.get(element, 0))
        return min(free, self.token_buckets.available(self._limits.configured_name(element), free))
