"""The states of orders and items, as the order service publishes them."""

from enum import StrEnum

from shared.contracts.message_parts import MessagePart


class OrderState(StrEnum):
    """The state of an order or an item (TMF622 v4); `partial` is for orders only."""

    ACKNOWLEDGED = "acknowledged"
    REJECTED = "rejected"
    PENDING = "pending"
    HELD = "held"
    IN_PROGRESS = "inProgress"
    CANCELLED = "cancelled"
    COMPLETED = "completed"
    FAILED = "failed"
    PARTIAL = "partial"
    ASSESSING_CANCELLATION = "assessingCancellation"
    PENDING_CANCELLATION = "pendingCancellation"


class PublishedItemState(MessagePart, frozen=True, kw_only=True):
    """The state of one item."""

    id: str
    """The CRM's number of the item."""

    state: OrderState
