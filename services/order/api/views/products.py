"""Views of products, those of the installed base (TMF637 v4) and those of order items."""

from collections.abc import Iterable, Sequence
from typing import Annotated

from pydantic import ConfigDict, Field

from services.order.api.examples import products as examples
from services.order.api.schemas.products import RELIES_ON
from services.order.api.views.offerings import offering_reference
from services.order.api.views.parties import (
    PartyView,
    account_view,
    customer_view,
    payment_mode_view,
)
from services.order.api.views.prices import (
    OrderPriceView,
    TermView,
    commitment_term,
    price_lines,
    price_terms,
)
from services.order.api.views.references import ReferenceView, agreement_views
from services.order.api.views.specifications import (
    VALUE_TYPES,
    specification_reference,
)
from services.order.api.views.timestamps import UtcTimestamp
from services.order.domain.acceptance.installation_address import INSTALLATION_ROLE
from services.order.domain.catalogue.characteristic_values import NUMBER_CHARACTERISTIC
from services.order.domain.fulfilment.product import Product, ProductStatus
from shared.contracts import Characteristic, PartyKind, PaymentMode
from shared.http import href_of
from shared.http.collection_paths import (
    ADDRESSES_PATH,
    OFFERINGS_PATH,
    ORDERS_PATH,
    PRODUCTS_PATH,
    SERVICES_PATH,
)
from shared.http.views import UnvalidatedTmfView

SUSPENSION = "suspensionReason"
"""The characteristic that shows why a product is suspended."""


class CharacteristicView(UnvalidatedTmfView):
    """One property."""

    name: str
    value: str | int | bool
    value_type: str


class PlaceView(UnvalidatedTmfView):
    """A place, in its role."""

    id: str
    role: str
    href: str | None = None
    local_network: str | None = None
    referred_type: Annotated[str, Field(alias="@referredType")] = "GeographicAddress"


class OrderItemView(UnvalidatedTmfView):
    """An order item that created the product or disconnects it."""

    order_item_action: str
    order_item_id: str | None = None
    product_order_id: str
    product_order_href: str


class ProductInventoryView(UnvalidatedTmfView):
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
    agreement: tuple[ReferenceView, ...] | None = None
    """The agreement by which it is priced."""

    billing_account: ReferenceView | None = None
    payment_mode: PaymentMode | None = None
    """Extension: when it is paid, if an order has stated that."""

    place: tuple[PlaceView, ...] | None = None
    product_characteristic: tuple[CharacteristicView, ...] | None = None
    """With `suspensionReason` for each reason for which it is suspended."""

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


class RelationshipView(UnvalidatedTmfView):
    """The bundle of a product, a member of a bundle, or the product on which another relies."""

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
        agreement=agreement_views(content.agreement_id),
        billing_account=account_view(content.account_id),
        payment_mode=payment_mode_view(content.payment_mode),
        place=place_views(content.address_id, content.local_network),
        product_characteristic=characteristic_views(all_characteristics(product)),
        product_offering=offering_reference(
            product.offering_id, content.name, content.catalogue_version
        ),
        product_order_item=order_item_views(product),
        product_price=price_lines(content.due_charges, product.offering_id, content.bundle) or None,
        product_relationship=(*bundle_relationship(product), *base_relationship(product)) or None,
        product_specification=specification_reference(product.specification),
        product_term=product_terms(product),
        realizing_service=(
            ReferenceView(id=str(product.service_id), href=f"{SERVICES_PATH}/{product.service_id}"),
        ),
        related_party=(product_customer_view(product),),
    )


def product_terms(product: Product) -> tuple[TermView, ...] | None:
    """Show the terms of a product: those of its prices, and its commitment."""
    content = product.content
    terms = price_terms(content.charges) or ()
    if content.commitment:
        terms = (*terms, commitment_term(content.commitment, content.local_network))
    return terms or None


def product_customer_view(product: Product) -> PartyView:
    """Show the customer of a product."""
    content = product.content
    kind = PartyKind.ORGANIZATION if content.is_organization else content.party_kind
    return customer_view(product.party_id, None, kind)


def all_characteristics(product: Product) -> Iterable[Characteristic]:
    """Return a product's characteristics, with its number and why it is suspended."""
    suspended = (Characteristic(name=SUSPENSION, value=each) for each in product.suspended_for)
    return (*characteristics_with_number(product), *suspended)


def characteristics_with_number(product: Product) -> Iterable[Characteristic]:
    """Return a product's characteristics, with the number that it was assigned."""
    others = [
        each for each in product.content.characteristics if each.name != NUMBER_CHARACTERISTIC
    ]
    return (
        [Characteristic(name=NUMBER_CHARACTERISTIC, value=product.number), *others]
        if product.number
        else others
    )


def order_item_views(product: Product) -> tuple[OrderItemView, ...]:
    """Show the orders that created and disconnect a product."""
    created = OrderItemView(
        order_item_action="add",
        order_item_id=product.content.item_id,
        product_order_id=str(product.order_id),
        product_order_href=f"{ORDERS_PATH}/{product.order_id}",
    )
    if product.ending_order_id is None:
        return (created,)
    ended = OrderItemView(
        order_item_action="delete",
        product_order_id=str(product.ending_order_id),
        product_order_href=f"{ORDERS_PATH}/{product.ending_order_id}",
    )
    return created, ended


def base_relationship(product: Product) -> tuple[RelationshipView, ...]:
    """Show the product on which another one relies, if it relies on one."""
    if product.base_id is None:
        return ()
    id_ = str(product.base_id)
    reference = ReferenceView(id=id_, href=href_of(PRODUCTS_PATH, id_))
    return (RelationshipView(relationship_type=RELIES_ON, product=reference),)


def bundle_relationship(product: Product) -> tuple[RelationshipView, ...]:
    """Show the bundle of a product, if it is in one."""
    if product.bundle_id is None:
        return ()
    id_, name = str(product.bundle_id), product.content.bundle
    return (
        RelationshipView(
            product=ReferenceView(id=id_, href=href_of(PRODUCTS_PATH, id_), name=name)
        ),
    )


def show_bundle(members: Sequence[Product]) -> ProductInventoryView:
    """Show a bundle: products that are sold and disconnected together."""
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
    """Show a member of a bundle."""
    id_ = str(member.id)
    reference = ReferenceView(id=id_, href=href_of(PRODUCTS_PATH, id_), name=member.content.name)
    return RelationshipView(relationship_type="bundles", product=reference)


def place_views(
    address_id: str, local_network: str, *, is_known: bool = True
) -> tuple[PlaceView, ...] | None:
    """Show the installation address, if there is one; with a link only if resources knows it.

    Resources knows the address once it has reported its local network.
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
