"""Calls that are leased to a process, and what one led to."""

from datetime import datetime, timedelta
from typing import NamedTuple, TypeAlias
from uuid import UUID

from shared.calls.outbound_call import CallDecision, OutboundCall
from shared.contracts import Causation

GRACE = timedelta(seconds=10)
"""A lease outlives its call's time-out by this, so that only the dead lose theirs."""


class Claim(NamedTuple):
    """A call that is ours to call, and what set it going."""

    call: OutboundCall
    cause: Causation
    until: datetime
    """It is ours until then; whoever is late finds it taken, and leaves it alone."""

    wanted_at: datetime

    def may_begin(self, now: datetime) -> bool:
        """Tell whether a call that begins now is over, and written down, before the lease is."""
        return now + self.call.timeout + GRACE / 2 <= self.until


Answered: TypeAlias = tuple[UUID, datetime]
"""A call that is over: its call, and the end of its lease, which tells it from a later call."""


class Concluded(NamedTuple):
    """What one call, or question, led to."""

    leased_call: Claim
    decision: CallDecision
