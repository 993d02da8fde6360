"""Messages owned by the order service."""

from datetime import date, datetime
from uuid import UUID

from shared.contracts.base import Message, OrderMessage, published
from shared.contracts.billing import BillingCharge
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

    requested_start: datetime | None = None
    requested_completion: datetime | None = None
    """Both dates are those that the customer wants; blueprints can wait for them."""

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


@published("order.item_completed", 1, topic="order.billing")
class ItemCompleted(Message, frozen=True, kw_only=True):
    """An item of a completed order, for billing (报竣). Its key is the product.

    There is one for each item of a completed order, and none for an order that ended otherwise.
    """

    id: UUID
    """Derived from order and item: a message that is repeated has the same."""

    order_id: UUID
    item_id: str
    """The CRM's number of the item."""

    external_id: str = ""
    """The CRM's number of the order."""

    business_action: str
    """The operator's term for what was done to the product: `new`, `change`, `disconnect`, ..."""

    product_id: UUID
    service_id: UUID
    customer_id: str
    """The customer from now on."""

    account_id: str = ""
    """The billing account that pays from now on; empty if no order named one."""

    previous_customer_id: str = ""
    """The customer before a transfer; empty for other actions."""

    previous_account_id: str = ""
    """The account that paid before a transfer; empty for other actions, and if it had none."""

    offering_id: str
    previous_offering_id: str = ""
    """The offering before a change; empty if the product keeps its own."""

    bundle: str = ""
    """The offering of the bundle that the product belongs to, if any."""

    specification: str
    local_network: str = ""
    """The area code; empty if it is not known."""

    day: date
    """The day of the reconciliation file that has this item, in the time of the local network."""

    effective_from: datetime
    """When it takes effect: `charges_begin` begin, and `charges_end` end."""

    ended_at: datetime | None = None
    """When the product ended; null if it goes on."""

    charged_from: date | None = None
    """The day from which the monthly charges in `charges_begin` are due, in the time of the local
    network, and before which those in `charges_end` are; null in messages of earlier versions."""

    committed_until: date | None = None
    """The first day on which the customer is no longer committed to the product; null if he is to
    nothing."""

    agreement_id: str = ""
    """The agreement by which it is priced; empty without one."""

    payment_mode: str = ""
    """`prepaid` or `postpaid`, if an order has stated it."""

    charges_begin: tuple[BillingCharge, ...] = ()
    """One-time charges that are due, and monthly ones that begin."""

    charges_end: tuple[BillingCharge, ...] = ()
    """Monthly charges that end; at a transfer those of the previous account."""

    reason: str = ""
    """For which the product is suspended or disconnected, or which is lifted; else empty."""

    @property
    def key(self) -> UUID:
        """The product: what happened to it is read in the order in which it happened."""
        return self.product_id


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
