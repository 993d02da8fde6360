"""Messages owned by the order service."""

from datetime import datetime

from shared.contracts.base import OrderMessage, published
from shared.contracts.message_parts import Cents, Customer, HeldProduct, OrderedItem
from shared.contracts.order_record import OrderRecord
from shared.contracts.order_states import OrderState, PublishedItemState
from shared.contracts.resource_parts import RefusalCode


@published("order.accepted", 1)
class OrderAccepted(OrderMessage, frozen=True, kw_only=True):
    """An order is accepted; provisioning is to make its plan."""

    client: str
    """The client of the API that placed it."""

    customer: Customer
    items: tuple[OrderedItem, ...]
    external_id: str = ""
    """The CRM's number of the order."""

    channel: str = ""
    priority: int = 4
    """TMF622: 0 is the most urgent, 4 the least."""

    one_off_cents: Cents = 0
    monthly_cents: Cents = 0
    publishes_states: bool = False
    """Whether `order.state_changed` is published for it; false in messages of earlier versions."""

    requested_start: datetime | None = None
    requested_completion: datetime | None = None
    """Both dates are those that the customer wants; blueprints can wait for them."""

    record: OrderRecord | None = None
    """The order service's own data, for itself alone: a restored database reads it back."""


@published("order.state_changed", 1, topic="order.states")
class OrderStateChanged(OrderMessage, frozen=True, kw_only=True):
    """The state of the order or of an item has changed, in a way that no other message says.

    `order.accepted` says that the order and all its items are acknowledged; `order.completed`,
    `order.failed` and `order.rejected` say that the order and all its items have ended so.
    """

    customer_id: str
    state: OrderState
    """The state of the order from now on."""

    items: tuple[PublishedItemState, ...]
    """All its items, changed or not."""

    code: str = ""
    """Why it is in this state; empty if it needs no reason."""

    reason: str = ""
    step: str = ""
    """The step of the plan at which the order is held."""


@published("order.completed", 1)
class OrderCompleted(OrderMessage, frozen=True, kw_only=True):
    """The customer has what was ordered. Final."""

    customer_id: str
    products: tuple[HeldProduct, ...]


@published("order.failed", 1)
class OrderFailed(OrderMessage, frozen=True, kw_only=True):
    """The order will not be fulfilled, and nothing is held for it. Final."""

    customer_id: str
    code: str
    reason: str


@published("order.rejected", 1)
class OrderRejected(OrderMessage, frozen=True, kw_only=True):
    """The order cannot be fulfilled; this was found before work began. Final."""

    customer_id: str
    code: RefusalCode
    reason: str
