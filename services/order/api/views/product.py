"""A product of the installed base as TMF637 v4 shows it."""

from collections.abc import Iterable, Sequence
from typing import Annotated

from pydantic import ConfigDict, Field

from services.order.api.examples import orders as examples
from services.order.api.views.base import (
    OFFERINGS_PATH,
    ORDERS_PATH,
    PRODUCTS_PATH,
    SERVICES_PATH,
    BaseView,
    CharacteristicView,
    PartyView,
    PlaceView,
    ReferenceView,
    UtcTimestamp,
    account_view,
    customer_view,
)
from services.order.api.views.order import (
    characteristic_views,
    offering_reference,
    place_views,
    specification_reference,
)
from services.order.api.views.price import OrderPriceView, TermView, price_lines, price_terms
from services.order.domain.fulfilment.product import Product, ProductStatus
from shared.contracts import Characteristic, PartyKind
from shared.http import href_of

NUMBER_CHARACTERISTIC = "number"


class OrderItemView(BaseView):
    """An item of an order that made the product or takes it away."""

    order_item_action: str
    order_item_id: str | None = None
    product_order_id: str
    product_order_href: str


class ProductInventoryView(BaseView):
    """A product that a customer has, or had (TMF637 v4 `Product`)."""

    model_config = ConfigDict(json_schema_extra={"examples": [examples.PRODUCT]})

    id: str
    href: str
    name: str
    is_bundle: bool = False
    is_customer_visible: bool = True
    product_serial_number: str | None = None
    """The telephone number, where it has one."""

    start_date: UtcTimestamp
    termination_date: UtcTimestamp | None = None
    status: ProductStatus
    billing_account: ReferenceView | None = None
    place: tuple[PlaceView, ...] | None = None
    product_characteristic: tuple[CharacteristicView, ...] | None = None
    product_offering: ReferenceView
    product_order_item: tuple[OrderItemView, ...]
    product_price: tuple[OrderPriceView, ...] | None = None
    product_relationship: tuple["RelationshipView", ...] | None = None
    product_specification: ReferenceView | None = None
    """A bundle has none."""

    product_term: tuple[TermView, ...] | None = None
    realizing_service: tuple[ReferenceView, ...] = ()
    """A bundle has none of its own."""

    related_party: tuple[PartyView, ...]
    type: Annotated[str, Field(alias="@type")] = "Product"


class RelationshipView(BaseView):
    """A bundle that the product is a part of, or a part of the bundle."""

    relationship_type: str = "bundled"
    product: ReferenceView


def show_product(product: Product) -> ProductInventoryView:
    """Show a product."""
    content = product.content
    return ProductInventoryView(
        id=str(product.id),
        href=f"{PRODUCTS_PATH}/{product.id}",
        name=content.name,
        product_serial_number=product.number or None,
        start_date=product.started_at,
        termination_date=product.ended_at,
        status=product.status,
        billing_account=account_view(content.account_id),
        place=place_views(content.address_id, content.local_network),
        product_characteristic=characteristic_views(characteristics_with_number(product)),
        product_offering=offering_reference(
            product.offering_id, content.name, content.catalogue_version
        ),
        product_order_item=order_item_views(product),
        product_price=price_lines(content.charges, product.offering_id, content.bundle) or None,
        product_relationship=bundle_relationship(product),
        product_specification=specification_reference(product.specification),
        product_term=price_terms(content.charges),
        realizing_service=(
            ReferenceView(id=str(product.service_id), href=f"{SERVICES_PATH}/{product.service_id}"),
        ),
        related_party=(product_customer_view(product),),
    )


def product_customer_view(product: Product) -> PartyView:
    """Show whose a product is."""
    content = product.content
    kind = PartyKind.ORGANIZATION if content.is_organization else content.party_kind
    return customer_view(product.party_id, None, kind)


def characteristics_with_number(product: Product) -> Iterable[Characteristic]:
    """Return a product's characteristics, the number that it was given among them."""
    others = [
        each for each in product.content.characteristics if each.name != NUMBER_CHARACTERISTIC
    ]
    return (
        [Characteristic(name=NUMBER_CHARACTERISTIC, value=product.number), *others]
        if product.number
        else others
    )


def order_item_views(product: Product) -> tuple[OrderItemView, ...]:
    """Show the orders that made a product and take it away."""
    made = OrderItemView(
        order_item_action="add",
        order_item_id=product.content.item_id,
        product_order_id=str(product.order_id),
        product_order_href=f"{ORDERS_PATH}/{product.order_id}",
    )
    if product.ending_order_id is None:
        return (made,)
    ended = OrderItemView(
        order_item_action="delete",
        product_order_id=str(product.ending_order_id),
        product_order_href=f"{ORDERS_PATH}/{product.ending_order_id}",
    )
    return made, ended


def bundle_relationship(product: Product) -> tuple[RelationshipView, ...] | None:
    """Show the bundle that a product is a part of, if it is."""
    if product.bundle_id is None:
        return None
    id_, name = str(product.bundle_id), product.content.bundle
    return (
        RelationshipView(
            product=ReferenceView(id=id_, href=href_of(PRODUCTS_PATH, id_), name=name)
        ),
    )


def show_bundle(members: Sequence[Product]) -> ProductInventoryView:
    """Show a bundle: the products that were sold, and are given up, together."""
    first = members[0]
    id_, name = str(first.bundle_id), first.content.bundle
    return ProductInventoryView(
        id=id_,
        href=href_of(PRODUCTS_PATH, id_),
        name=name,
        is_bundle=True,
        start_date=first.started_at,
        termination_date=first.ended_at,
        status=first.status,
        billing_account=account_view(first.content.account_id),
        product_offering=ReferenceView(id=name, href=href_of(OFFERINGS_PATH, name)),
        product_order_item=(),
        product_relationship=tuple(map(member_relationship, members)),
        related_party=(product_customer_view(first),),
    )


def member_relationship(member: Product) -> RelationshipView:
    """Show that a product is a part of a bundle."""
    id_ = str(member.id)
    of = ReferenceView(id=id_, href=href_of(PRODUCTS_PATH, id_), name=member.content.name)
    return RelationshipView(relationship_type="bundles", product=of)
