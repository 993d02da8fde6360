"""An order as TMF622 v4 shows it."""

from collections.abc import Iterable, Mapping
from typing import Annotated
from uuid import UUID

from pydantic import ConfigDict, Field

from services.order.api.examples import orders as examples
from services.order.api.views.base import (
    ADDRESSES_PATH,
    OFFERINGS_PATH,
    ORDERS_PATH,
    PRODUCTS_PATH,
    SPECIFICATIONS_PATH,
    VALUE_TYPES,
    BaseView,
    CharacteristicView,
    PartyView,
    PlaceView,
    ReferenceView,
    UtcTimestamp,
    account_view,
    customer_view,
)
from services.order.api.views.price import (
    OrderPriceView,
    TermView,
    price_lines,
    price_terms,
    total_prices,
)
from services.order.domain.acceptance.installation_address import INSTALLATION_ROLE
from services.order.domain.fulfilment.progress import ItemState, Progress
from services.order.domain.fulfilment.states import OrderState, compose_order_state
from services.order.domain.order import BundleItem, Item, Order, OrderContent, derive_product_id
from shared.contracts import Action, Characteristic
from shared.http import href_of


class ProductView(BaseView):
    """The product that an item is about."""

    id: str | None = None
    href: str | None = None
    is_bundle: bool
    place: tuple[PlaceView, ...] | None = None
    product_characteristic: tuple[CharacteristicView, ...] | None = None
    product_specification: ReferenceView | None = None


class ItemView(BaseView):
    """One item: a product, or a bundle of items."""

    id: str
    quantity: int = 1
    action: Action
    business_action: str
    state: OrderState
    product_offering: ReferenceView
    product: ProductView
    item_price: tuple[OrderPriceView, ...] | None = None
    item_total_price: tuple[OrderPriceView, ...] | None = None
    item_term: tuple[TermView, ...] | None = None
    product_order_item: tuple["ItemView", ...] | None = None


class NoteView(BaseView):
    """A remark that came with the order."""

    text: str
    """Empty after an erasure of the customer."""


class ChannelView(BaseView):
    """By which channel the order came."""

    id: str


class MessageView(BaseView):
    """Why an order is held, or came to nothing (as TMF622 v5 names it)."""

    code: str
    reason: str
    timestamp: UtcTimestamp


class OrderView(BaseView):
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
    billing_account: ReferenceView | None = None
    related_party: tuple[PartyView, ...]
    order_total_price: tuple[OrderPriceView, ...]
    product_order_item: tuple[ItemView, ...]
    product_order_error_message: tuple[MessageView, ...] | None = None
    type: Annotated[str, Field(alias="@type")] = "ProductOrder"


def show_order(order: Order, progress: Progress) -> OrderView:
    """Show an order as it stands."""
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
        billing_account=account_view(content.customer.account_id),
        related_party=(order_customer_view(content),),
        order_total_price=tuple(total_prices(order.one_off_cents, order.monthly_cents)),
        product_order_item=show_items(order, progress),
        product_order_error_message=error_messages(progress),
    )


def order_customer_view(content: OrderContent) -> PartyView:
    """Show the customer."""
    named = content.customer
    return customer_view(named.id, named.name or None, content.party_kind)


def without_customer_data(view: OrderView) -> OrderView:
    """Return an order without what tells of the customer, who is known by the id alone."""
    parties = tuple(each.model_copy(update={"name": None}) for each in view.related_party)
    hidden = {"related_party": parties, "description": None, "note": None}
    return view.model_copy(update=hidden)


def error_messages(progress: Progress) -> tuple[MessageView, ...] | None:
    """Show why an order stands where it stands, if there is a reason."""
    if not progress.code:
        return None
    why = MessageView(code=progress.code, reason=progress.reason, timestamp=progress.changed_at)
    return (why,)


def show_items(order: Order, progress: Progress) -> tuple[ItemView, ...]:
    """Show the items as they were nested, in their order."""
    states = {each.id: each for each in progress.items}
    bundles = {bundle.id: bundle for bundle in order.content.bundles}
    tops = dict.fromkeys(item.bundle_item or item.id for item in order.items)
    items = {item.id: item for item in order.items}
    return tuple(
        show_bundle_item(order, bundles[top], states)
        if top in bundles
        else show_item(items[top], states[top])
        for top in tops
    )


def show_item(item: Item, stands: ItemState) -> ItemView:
    """Show the item of one product."""
    ordered = item.ordered
    return ItemView(
        id=ordered.id,
        action=ordered.action,
        business_action=ordered.business_action,
        state=stands.state,
        product_offering=offering_reference(
            ordered.offering_id, ordered.offering_name, ordered.catalogue_version
        ),
        product=ProductView(
            id=str(ordered.product_id),
            href=product_link(ordered.product_id, ordered.action, stands.state),
            is_bundle=False,
            place=place_views(
                ordered.address_id,
                stands.local_network or item.local_network,
                is_known=bool(stands.local_network),
            ),
            product_characteristic=characteristic_views(ordered.characteristics),
            product_specification=specification_reference(ordered.specification),
        ),
        item_price=price_lines(item.charges, ordered.offering_id, ordered.bundle) or None,
        item_total_price=tuple(total_prices(ordered.one_off_cents, ordered.monthly_cents)) or None,
        item_term=price_terms(item.charges),
    )


def product_link(product_id: UUID, action: Action, state: OrderState) -> str | None:
    """Return where the inventory has an item's product, once it is there."""
    is_there = action is Action.DELETE or state is OrderState.COMPLETED
    return f"{PRODUCTS_PATH}/{product_id}" if is_there else None


def show_bundle_item(order: Order, bundle: BundleItem, states: Mapping[str, ItemState]) -> ItemView:
    """Show the item of a bundle, with the items in it."""
    own = tuple(order.members(bundle))
    state = compose_order_state([states[item.id].state for item in own])
    id_ = derive_product_id(order.id, bundle.id)
    return ItemView(
        id=bundle.id,
        action=Action.ADD,
        business_action=own[0].ordered.business_action,
        state=state,
        product_offering=offering_reference(
            bundle.offering_id, bundle.offering_name, bundle.catalogue_version
        ),
        product=ProductView(id=str(id_), href=product_link(id_, Action.ADD, state), is_bundle=True),
        item_total_price=tuple(
            total_prices(
                sum(item.ordered.one_off_cents for item in own),
                sum(item.ordered.monthly_cents for item in own),
            )
        ),
        product_order_item=tuple(show_item(item, states[item.id]) for item in own),
    )


def offering_reference(offering_id: str, name: str, version: int) -> ReferenceView:
    """Show which version of which offering something is of."""
    href = href_of(OFFERINGS_PATH, offering_id)
    return ReferenceView(id=offering_id, href=href, name=name, version=str(version))


def specification_reference(id_: str) -> ReferenceView:
    """Show which specification something is of."""
    return ReferenceView(id=id_, href=href_of(SPECIFICATIONS_PATH, id_))


def place_views(
    address_id: str, local_network: str, *, is_known: bool = True
) -> tuple[PlaceView, ...] | None:
    """Show where something is installed, if it is anywhere, and where the address is found.

    Whether resources knows the address is known once it has told where that lies.
    """
    if not address_id:
        return None
    href = href_of(ADDRESSES_PATH, address_id) if is_known else None
    return (
        PlaceView(
            id=address_id, href=href, role=INSTALLATION_ROLE, local_network=local_network or None
        ),
    )


def characteristic_views(values: Iterable[Characteristic]) -> tuple[CharacteristicView, ...] | None:
    """Show characteristics, if there are any."""
    return (
        tuple(
            CharacteristicView(
                name=each.name, value=each.value, value_type=VALUE_TYPES[type(each.value)]
            )
            for each in values
        )
        or None
    )
