"""Views of the items of an order (TMF622 v4)."""

from collections.abc import Mapping
from uuid import UUID

from services.order.api.views.offerings import offering_reference
from services.order.api.views.prices import (
    OrderPriceView,
    TermView,
    price_lines,
    price_terms,
    total_prices,
)
from services.order.api.views.products import (
    CharacteristicView,
    PlaceView,
    characteristic_views,
    place_views,
)
from services.order.api.views.references import ReferenceView
from services.order.api.views.specifications import specification_reference
from services.order.domain.business_actions import (
    NEW_BUNDLE,
    NEW_INSTALLATION,
    ProductEffect,
)
from services.order.domain.catalogue.prices import AT_COMPLETION
from services.order.domain.fulfilment.progress import ItemState, Progress
from services.order.domain.fulfilment.states import compose_order_state
from services.order.domain.order import (
    BundleParentItem,
    Item,
    Order,
    derive_product_id,
)
from shared.contracts import Action, OrderState
from shared.http.collection_paths import PRODUCTS_PATH
from shared.http.views import UnvalidatedTmfView


class ProductView(UnvalidatedTmfView):
    """The product of an item."""

    id: str | None = None
    href: str | None = None
    is_bundle: bool
    place: tuple[PlaceView, ...] | None = None
    product_characteristic: tuple[CharacteristicView, ...] | None = None
    product_specification: ReferenceView | None = None


class ItemView(UnvalidatedTmfView):
    """One item: a product, or a bundle of items."""

    id: str
    quantity: int = 1
    action: Action
    business_action: str
    suspension_reason: str | None = None
    """With `suspend` or `resume`: the reason that is added or lifted."""

    disconnection_reason: str | None = None
    """With `disconnect`: why."""

    charge_start: str | None = None
    """When the recurring charges begin: `completion`, `nextMonth`, or the day."""

    state: OrderState
    product_offering: ReferenceView
    product: ProductView
    item_price: tuple[OrderPriceView, ...] | None = None
    item_total_price: tuple[OrderPriceView, ...] | None = None
    item_term: tuple[TermView, ...] | None = None
    product_order_item: tuple["ItemView", ...] | None = None


def show_items(order: Order, progress: Progress) -> tuple[ItemView, ...]:
    """Show the items nested as they were requested, in their order."""
    states = {each.id: each for each in progress.items}
    bundles = {bundle.id: bundle for bundle in order.content.bundles}
    top_ids = dict.fromkeys(item.bundle_item or item.id for item in order.items)
    items = {item.id: item for item in order.items}
    return tuple(
        show_bundle_item(order, bundles[id_], states)
        if id_ in bundles
        else show_item(items[id_], states[id_])
        for id_ in top_ids
    )


def show_item(item: Item, current: ItemState) -> ItemView:
    """Show the item of one product."""
    ordered = item.ordered
    reason, is_ended = ordered.reason or None, item.effect is ProductEffect.ENDS
    return ItemView(
        id=ordered.id,
        action=ordered.action,
        business_action=ordered.business_action,
        suspension_reason=None if is_ended else reason,
        disconnection_reason=reason if is_ended else None,
        charge_start=shown_charge_start(item),
        state=current.state,
        product_offering=offering_reference(
            ordered.offering_id, ordered.offering_name, ordered.catalogue_version
        ),
        product=ProductView(
            id=str(ordered.product_id),
            href=product_link(ordered.product_id, item.effect, current.state),
            is_bundle=False,
            place=place_views(
                ordered.address_id,
                current.local_network or item.local_network,
                is_known=bool(current.local_network),
            ),
            product_characteristic=characteristic_views(ordered.characteristics),
            product_specification=specification_reference(ordered.specification),
        ),
        item_price=price_lines(item.charges, ordered.offering_id, ordered.bundle) or None,
        item_total_price=tuple(total_prices(item.charges)) or None,
        item_term=price_terms(item.charges, item.commitment),
    )


def shown_charge_start(item: Item) -> str | None:
    """Return when an item's recurring charges begin; None for completion."""
    if item.charged_from:
        return item.charged_from.isoformat()
    return None if item.charge_start is AT_COMPLETION else item.charge_start


def product_link(product_id: UUID, effect: ProductEffect, state: OrderState) -> str | None:
    """Return the link to an item's product; None until the inventory has it."""
    is_in_inventory = effect is not ProductEffect.CREATES or state is OrderState.COMPLETED
    return f"{PRODUCTS_PATH}/{product_id}" if is_in_inventory else None


def show_bundle_item(
    order: Order, bundle: BundleParentItem, states: Mapping[str, ItemState]
) -> ItemView:
    """Show the item of a bundle, with the items in it."""
    members = tuple(order.members(bundle))
    state = compose_order_state([states[item.id].state for item in members])
    id_ = derive_product_id(order.id, bundle.id)
    return ItemView(
        id=bundle.id,
        action=NEW_BUNDLE,
        business_action=NEW_INSTALLATION,
        state=state,
        product_offering=offering_reference(
            bundle.offering_id, bundle.offering_name, bundle.catalogue_version
        ),
        product=ProductView(
            id=str(id_), href=product_link(id_, ProductEffect.CREATES, state), is_bundle=True
        ),
        item_total_price=tuple(total_prices(charge for item in members for charge in item.charges)),
        product_order_item=tuple(show_item(item, states[item.id]) for item in members),
    )
