"""Views of orders (TMF622 v4)."""

from typing import Annotated
from uuid import UUID

from pydantic import ConfigDict, Field

from services.order.api.examples import orders as examples
from services.order.api.views.order_items import ItemView, show_items
from services.order.api.views.parties import (
    PartyView,
    RealNameCheckView,
    account_view,
    check_view,
    customer_view,
    payment_mode_view,
)
from services.order.api.views.prices import (
    OrderPriceView,
    total_prices,
)
from services.order.api.views.references import ReferenceView, agreement_views
from services.order.api.views.timestamps import UtcTimestamp
from services.order.domain.fulfilment.progress import Progress
from services.order.domain.order import (
    Order,
    OrderContent,
)
from shared.contracts import OrderState, PaymentMode
from shared.http.collection_paths import ORDERS_PATH
from shared.http.views import UnvalidatedTmfView


class NoteView(UnvalidatedTmfView):
    """A remark that came with the order."""

    text: str
    """Empty after an erasure of the customer."""


class ChannelView(UnvalidatedTmfView):
    """The channel by which the order came."""

    id: str


class OrderRelationshipView(UnvalidatedTmfView):
    """Another order that this one has to do with."""

    id: str
    href: str
    relationship_type: str = "waitsFor"
    """This one waits, or has waited, until the other one has ended."""


class OrderErrorMessageView(UnvalidatedTmfView):
    """Why an order is held, failed or was rejected (named as in TMF622 v5)."""

    code: str
    reason: str
    timestamp: UtcTimestamp


class OrderView(UnvalidatedTmfView):
    """An order (TMF622 v4 `ProductOrder`)."""

    model_config = ConfigDict(json_schema_extra={"examples": [examples.ORDER]})

    id: str
    href: str
    external_id: str | None = None
    priority: str
    category: str | None = None
    description: str | None = None
    state: OrderState
    order_date: UtcTimestamp
    requested_start_date: UtcTimestamp | None = None
    requested_completion_date: UtcTimestamp | None = None
    completion_date: UtcTimestamp | None = None
    channel: tuple[ChannelView, ...]
    note: tuple[NoteView, ...] | None = None
    agreement: tuple[ReferenceView, ...] | None = None
    """The agreement by which it is priced."""

    billing_account: ReferenceView | None = None
    payment_mode: PaymentMode | None = None
    """Extension."""

    order_relationship: tuple[OrderRelationshipView, ...] | None = None
    related_party: tuple[PartyView, ...]
    real_name_check: tuple[RealNameCheckView, ...] | None = None
    """Extension: the checks that the order carries, without numbers of documents."""

    order_total_price: tuple[OrderPriceView, ...]
    product_order_item: tuple[ItemView, ...]
    product_order_error_message: tuple[OrderErrorMessageView, ...] | None = None
    type: Annotated[str, Field(alias="@type")] = "ProductOrder"


def show_order(order: Order, progress: Progress) -> OrderView:
    """Show an order with its current state."""
    content = order.content
    return OrderView(
        id=str(order.id),
        href=f"{ORDERS_PATH}/{order.id}",
        external_id=content.external_id or None,
        priority=str(content.priority),
        category=content.category or None,
        description=content.description or None,
        state=progress.state,
        order_date=order.ordered_at,
        requested_start_date=content.requested_start,
        requested_completion_date=content.requested_completion,
        completion_date=progress.changed_at if progress.state is OrderState.COMPLETED else None,
        channel=(ChannelView(id=content.channel),),
        note=tuple(NoteView(text=note.text) for note in content.notes) or None,
        agreement=agreement_views(*(item.agreement_id for item in order.items)),
        billing_account=account_view(content.customer.account_id),
        payment_mode=payment_mode_view(content.customer.payment_mode),
        order_relationship=tuple(map(relationship_view, content.waits_for)) or None,
        related_party=(order_customer_view(content),),
        real_name_check=tuple(map(check_view, content.real_name_checks)) or None,
        order_total_price=tuple(
            total_prices(charge for item in order.items for charge in item.charges)
        ),
        product_order_item=show_items(order, progress),
        product_order_error_message=error_messages(progress),
    )


def render_answer(order: Order, progress: Progress) -> bytes:
    """Return the body of the response to a new order."""
    view = show_order(order, progress)
    return view.model_dump_json(by_alias=True, exclude_none=True).encode()


def relationship_view(order_id: UUID) -> OrderRelationshipView:
    """Show an order for which another one waits."""
    return OrderRelationshipView(id=str(order_id), href=f"{ORDERS_PATH}/{order_id}")


def order_customer_view(content: OrderContent) -> PartyView:
    """Show the customer."""
    customer = content.customer
    return customer_view(customer.id, customer.name or None, content.party_kind)


def without_customer_data(view: OrderView) -> OrderView:
    """Return an order without customer data; only the customer's id stays."""
    parties = tuple(each.model_copy(update={"name": None}) for each in view.related_party)
    removed = dict.fromkeys(("description", "note", "real_name_check"))
    hidden = {"related_party": parties, **removed}
    return view.model_copy(update=hidden)


def error_messages(progress: Progress) -> tuple[OrderErrorMessageView, ...] | None:
    """Show why an order is held, failed or was rejected; None if there is no reason."""
    if not progress.code:
        return None
    return (
        OrderErrorMessageView(
            code=progress.code, reason=progress.reason, timestamp=progress.changed_at
        ),
    )
