"""Messages that resources schedules for itself. No other service consumes them."""

from datetime import datetime
from uuid import UUID

from services.resources.domain.pool.kinds import ResourceTable, table_of_kind
from services.resources.domain.pool.resource import ResourceName
from shared.contracts import Message, private
from shared.ids import named_id

NUMBER_NAMESPACE = UUID("4f1c2c0e-6f5d-5b0a-9a83-6a3f4f0a7d11")
"""The namespace of the message keys of numbers."""

ITEM_NAMESPACE = UUID("0c7e4d1b-93a2-5f68-8d55-1f2b6a9e3c44")
"""The namespace of the message keys of pool items."""

REVIEW_KEY = UUID("a3b7f6f2-0f6a-5d55-8f3c-7f0d6c5b1e02")
"""The key of the review of old reservations."""


class NumberMessage(Message, frozen=True, kw_only=True):
    """A message about one number, which is its key."""

    e164: str
    until: datetime
    """The end of the state; if the number's state was extended or left since, nothing happens."""

    @property
    def key(self) -> UUID:
        """The id of the number."""
        return named_id(NUMBER_NAMESPACE, self.e164)


@private("resources.hold_expired", 1)
class SelectionExpired(NumberMessage, frozen=True, kw_only=True):
    """The client that selected the number has not ordered it in time."""


@private("resources.quarantine_ended", 1)
class QuarantineEnded(NumberMessage, frozen=True, kw_only=True):
    """The quarantine of the number is over."""


@private("resources.item_quarantine_ended", 1)
class ItemQuarantineEnded(Message, frozen=True, kw_only=True):
    """The quarantine of a pool item is over."""

    kind: str
    pool: str
    value: str
    until: datetime
    """The end of the state, as in messages about numbers."""

    @property
    def key(self) -> UUID:
        """The id of the pool item."""
        return named_id(ITEM_NAMESPACE, f"{self.kind}/{self.pool}/{self.value}")


def item_name(tenant: str, message: ItemQuarantineEnded) -> ResourceName:
    """Return the name of the pool item that a message is about."""
    return ResourceName(tenant, message.kind, message.pool, message.value)


def quarantine_ended(name: ResourceName, until: datetime) -> QuarantineEnded | ItemQuarantineEnded:
    """Return the message that the quarantine of a resource is over."""
    if table_of_kind(name.kind) is ResourceTable.NUMBERS:
        return QuarantineEnded(e164=name.value, until=until)
    return ItemQuarantineEnded(kind=name.kind, pool=name.pool, value=name.value, until=until)


@private("resources.reservations_due", 1)
class ReservationReviewDue(Message, frozen=True, kw_only=True):
    """The review of old reservations is due."""

    @property
    def key(self) -> UUID:
        """Always the same: there is one review at a time."""
        return REVIEW_KEY
