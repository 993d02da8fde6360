"""Messages owned by the order service."""

from uuid import UUID

from shared.contracts.base import OrderMessage, published
from shared.contracts.message_parts import Cents, Customer, HeldProduct, OrderedItem
from shared.contracts.order_record import OrderRecord
from shared.contracts.order_states import OrderState, PublishedItemState
from shared.contracts.resource_parts import RefusalCode


class OrderTerms(OrderMessage, frozen=True, kw_only=True):
    """What is ordered, by whom, and at which prices."""

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

    record: OrderRecord | None = None
    """The order service's own data, for itself alone: a restored database reads it back."""


@published("order.accepted", 1)
class OrderAccepted(OrderTerms, frozen=True, kw_only=True):
    """An order is accepted; provisioning is to make its plan."""

    has_waited: bool = False
    """Whether `order.queued` came before: these terms replace those."""


@published("order.queued", 1)
class OrderQueued(OrderTerms, frozen=True, kw_only=True):
    """An order waits until other orders for its products have ended; all its items are pending.

    It is validated again then: `order.accepted` follows, perhaps with other terms, or it is
    rejected.
    """

    waits_for: tuple[UUID, ...]
    """The orders directly before it, for one product or several each."""

    requested: bytes = b""
    """The order service's own data, for itself alone: the request, without personal data."""

    is_tenant_wide: bool = False
    """The same: whether the client may change the products of all clients."""


@published("order.state_changed", 1, topic="order.states")
class OrderStateChanged(OrderMessage, frozen=True, kw_only=True):
    """The state of the order or of an item has changed, in a way that no other message says.

    `order.accepted` says that the order and all its items are acknowledged, `order.queued` that
    they are pending; `order.completed`, `order.failed` and `order.rejected` say that the order and
    all its items have ended so. Of an order that was queued this message says that it is rejected.
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
