"""A product of the installed base as TMF637 v4 shows it."""

from collections.abc import Iterable
from typing import Annotated

from pydantic import ConfigDict, Field

from services.order.api import examples_order as examples
from services.order.api.money import OrderPriceView, TermView, lines, terms
from services.order.api.shown import (
    ORDERS,
    PRODUCTS,
    SERVICES,
    CharacteristicView,
    Moment,
    PartyView,
    PlaceView,
    ReferenceView,
    Shown,
)
from services.order.api.views_order import characteristics, offering_reference, places
from services.order.domain.product import Product, Status
from shared.contracts import Characteristic

NUMBER = "number"


class OrderItemView(Shown):
    """An item of an order that made the product or takes it away."""

    order_item_action: str
    order_item_id: str | None = None
    product_order_id: str
    product_order_href: str


class ProductInventoryView(Shown):
    """A product that a customer has, or had (TMF637 v4 `Product`)."""

    model_config = ConfigDict(json_schema_extra={"examples": [examples.PRODUCT]})

    id: str
    href: str
    name: str
    is_bundle: bool = False
    is_customer_visible: bool = True
    product_serial_number: str | None = None
    """The telephone number, where it has one."""

    start_date: Moment
    termination_date: Moment | None = None
    status: Status
    billing_account: ReferenceView | None = None
    place: tuple[PlaceView, ...] | None = None
    product_characteristic: tuple[CharacteristicView, ...] | None = None
    product_offering: ReferenceView
    product_order_item: tuple[OrderItemView, ...]
    product_price: tuple[OrderPriceView, ...] | None = None
    product_relationship: tuple["RelationshipView", ...] | None = None
    product_specification: ReferenceView
    product_term: tuple[TermView, ...] | None = None
    realizing_service: tuple[ReferenceView, ...]
    related_party: tuple[PartyView, ...]
    type: Annotated[str, Field(alias="@type")] = "Product"


class RelationshipView(Shown):
    """A bundle that the product is a part of."""

    relationship_type: str = "bundled"
    product: ReferenceView


def show_product(product: Product) -> ProductInventoryView:
    """Show a product."""
    content = product.content
    return ProductInventoryView(
        id=str(product.id),
        href=f"{PRODUCTS}/{product.id}",
        name=content.name,
        product_serial_number=product.number or None,
        start_date=product.started_at,
        termination_date=product.ended_at,
        status=product.status,
        billing_account=ReferenceView(id=content.account_id) if content.account_id else None,
        place=places(content.address_id, content.local_network),
        product_characteristic=characteristics(with_number(product)),
        product_offering=offering_reference(
            product.offering_id, content.name, content.catalogue_version
        ),
        product_order_item=order_items(product),
        product_price=lines(content.charges) or None,
        product_relationship=bundle(product),
        product_specification=ReferenceView(id=product.specification),
        product_term=terms(content.charges),
        realizing_service=(
            ReferenceView(id=str(product.service_id), href=f"{SERVICES}/{product.service_id}"),
        ),
        related_party=(PartyView(id=product.party_id, role="customer"),),
    )


def with_number(product: Product) -> Iterable[Characteristic]:
    """Return a product's characteristics, the number that it was given among them."""
    others = [each for each in product.content.characteristics if each.name != NUMBER]
    return (
        [Characteristic(name=NUMBER, value=product.number), *others] if product.number else others
    )


def order_items(product: Product) -> tuple[OrderItemView, ...]:
    """Show the orders that made a product and take it away."""
    made = OrderItemView(
        order_item_action="add",
        order_item_id=product.content.item_id,
        product_order_id=str(product.order_id),
        product_order_href=f"{ORDERS}/{product.order_id}",
    )
    if product.ending_order_id is None:
        return (made,)
    ended = OrderItemView(
        order_item_action="delete",
        product_order_id=str(product.ending_order_id),
        product_order_href=f"{ORDERS}/{product.ending_order_id}",
    )
    return made, ended


def bundle(product: Product) -> tuple[RelationshipView, ...] | None:
    """Show the bundle that a product is a part of, if it is."""
    if product.bundle_id is None:
        return None
    of = ReferenceView(id=str(product.bundle_id), name=product.content.bundle)
    return (RelationshipView(product=of),)
