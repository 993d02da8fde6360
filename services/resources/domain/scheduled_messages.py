"""What resources tells itself, when it is due. Nobody else hears it."""

from datetime import datetime
from uuid import UUID

from shared.contracts import Message, private
from shared.ids import named_id

NUMBER_NAMESPACE = UUID("4f1c2c0e-6f5d-5b0a-9a83-6a3f4f0a7d11")
"""Names the keys of messages about one number."""


REVIEW_KEY = UUID("a3b7f6f2-0f6a-5d55-8f3c-7f0d6c5b1e02")
"""The key of the look for old reservations."""


class NumberMessage(Message, frozen=True, kw_only=True):
    """A message about one number, which is its key."""

    e164: str
    until: datetime
    """What is over: a state that has been prolonged or left since is none of its business."""

    @property
    def key(self) -> UUID:
        """The number, as an id."""
        return named_id(NUMBER_NAMESPACE, self.e164)


@private("resources.hold_expired", 1)
class HoldExpired(NumberMessage, frozen=True, kw_only=True):
    """The client that selected the number has not ordered it in time."""


@private("resources.quarantine_ended", 1)
class QuarantineEnded(NumberMessage, frozen=True, kw_only=True):
    """The number has rested long enough to be given out again."""


@private("resources.reservations_due", 1)
class ReservationsDue(Message, frozen=True, kw_only=True):
    """Old reservations are to be looked for."""

    @property
    def key(self) -> UUID:
        """Always the same: there is one such look at a time."""
        return REVIEW_KEY
