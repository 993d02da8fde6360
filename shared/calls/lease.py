"""Calls that are leased to a process, and the decisions on them."""

from datetime import datetime, timedelta
from typing import NamedTuple, Self, TypeAlias
from uuid import UUID

from shared.calls.outbound_call import CallDecision, OutboundCall
from shared.contracts import Causation

GRACE = timedelta(seconds=10)
"""A lease outlives its call's time-out by this, so that only dead processes lose theirs."""


class LeasedCall(NamedTuple):
    """A call that is leased to this process, and its cause."""

    call: OutboundCall
    cause: Causation
    until: datetime
    """The end of the lease. A process that is late finds the call claimed, and changes nothing."""

    wanted_at: datetime

    @classmethod
    def new(cls, call: OutboundCall, cause: Causation, wanted_at: datetime, now: datetime) -> Self:
        """Return a call that is leased from now on; nothing is stored."""
        return cls(call, cause, now + call.timeout + GRACE, wanted_at)

    def may_begin(self, now: datetime) -> bool:
        """Return whether a call that begins now ends, and is committed, before the lease does."""
        return now + self.call.timeout + GRACE / 2 <= self.until


EndedLease: TypeAlias = tuple[UUID, datetime]
"""The lease of an answered call: the call's id, and the end of the lease, which identifies it."""


class DecidedCall(NamedTuple):
    """The decision after one call or status query."""

    leased_call: LeasedCall
    decision: CallDecision
