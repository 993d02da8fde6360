"""Views of all that is known of one customer: the unified view."""

from datetime import datetime
from typing import Literal, Self
from uuid import UUID

from pydantic import ConfigDict, Field

from services.customer.api.examples import unified_views as examples
from services.customer.api.views.customers import unified_view_link
from services.customer.api.views.parties import party_link
from services.customer.domain.parties.party import Party, mask
from services.customer.domain.unified_view.order import LatestPublishedState
from services.customer.domain.unified_view.product import Product, Service
from services.customer.domain.unified_view.view import Holding, OrderFacts, UnifiedView
from shared.contracts import Cents, OrderedItem
from shared.http import href_of
from shared.http.collection_paths import ACCOUNTS_PATH, ORDERS_PATH, PRODUCTS_PATH
from shared.http.views import TmfBaseView


class ProfileView(TmfBaseView):
    """Who the customer is."""

    id: str
    href: str
    name: str
    category: str
    phone: str
    email: str
    identity_number: str
    """All but the last four characters are hidden."""

    told_at: datetime
    """When the order with these data was accepted, or when they were erased."""

    erased_at: datetime | None = None
    known_before_as: tuple[str, ...] = ()
    """Earlier ids of the same person, whose data there were erased."""

    @classmethod
    def of(cls, party: Party, known_before_as: tuple[str, ...]) -> Self:
        """Show a party, with its earlier ids."""
        return cls(
            id=party.party_id,
            href=party_link(party),
            name=party.name,
            category=party.category,
            phone=party.phone,
            email=party.email,
            identity_number=mask(party.identity_number),
            told_at=party.told_at,
            erased_at=party.erased_at,
            known_before_as=known_before_as,
        )


class AccountReferenceView(TmfBaseView):
    """An account of the customer."""

    id: str
    href: str

    @classmethod
    def of(cls, account_id: str) -> Self:
        """Show a reference to an account."""
        return cls(id=account_id, href=href_of(ACCOUNTS_PATH, account_id))


class OrderItemView(TmfBaseView):
    """One item of an order."""

    id: str
    action: str
    business_action: str
    offering_id: str
    offering_name: str
    product_id: UUID
    service_id: UUID
    address_id: str | None = None

    @classmethod
    def of(cls, item: OrderedItem) -> Self:
        """Show an item."""
        return cls(
            id=item.id,
            action=item.action,
            business_action=item.business_action,
            offering_id=item.offering_id,
            offering_name=item.offering_name,
            product_id=item.product_id,
            service_id=item.service_id,
            address_id=item.address_id or None,
        )


class HoldView(TmfBaseView):
    """Why an order is held."""

    step: str
    code: str
    reason: str
    since: datetime

    @classmethod
    def of(cls, hold: LatestPublishedState) -> Self:
        """Show why an order is held, and since when."""
        return cls(step=hold.step, code=hold.code, reason=hold.reason, since=hold.changed_at)


class OrderView(TmfBaseView):
    """An order of the customer with its state."""

    id: UUID
    href: str
    external_id: str
    state: str
    client: str
    channel: str
    priority: int
    accepted_at: datetime
    ended_at: datetime | None = None
    code: str | None = None
    reason: str | None = None
    hold: HoldView | None = None
    one_off_cents: Cents
    monthly_cents: Cents
    items: tuple[OrderItemView, ...]

    @classmethod
    def of(cls, order_facts: OrderFacts) -> Self:
        """Show an order, with its outcome or its hold."""
        order, outcome = order_facts.order, order_facts.outcome
        return cls(
            id=order.order_id,
            href=href_of(ORDERS_PATH, order.order_id),
            external_id=order.external_id,
            state=order_facts.state,
            client=order.client,
            channel=order.channel,
            priority=order.priority,
            accepted_at=order.accepted_at,
            ended_at=outcome.ended_at if outcome else None,
            code=outcome.code or None if outcome else None,
            reason=outcome.reason or None if outcome else None,
            hold=HoldView.of(order_facts.hold) if order_facts.hold else None,
            one_off_cents=order.one_off_cents,
            monthly_cents=order.monthly_cents,
            items=tuple(map(OrderItemView.of, order.items)),
        )


class ProductView(TmfBaseView):
    """A product that the customer holds."""

    id: UUID
    href: str
    name: str
    offering_id: str
    specification: str | None = None
    number: str | None = None
    monthly_cents: Cents
    suspended_for: tuple[str, ...] = ()
    """The reasons for which it is suspended; it is not if there are none."""

    service_id: UUID
    order_id: UUID
    """The order that changed it last."""

    since: datetime
    """When that order completed."""

    @classmethod
    def of(cls, product: Product, service: Service | None) -> Self:
        """Show a product, with the specification of its service."""
        return cls(
            id=product.product_id,
            href=href_of(PRODUCTS_PATH, product.product_id),
            name=product.name,
            offering_id=product.offering_id,
            specification=service.specification if service else None,
            number=product.number or None,
            monthly_cents=product.monthly_cents,
            suspended_for=product.suspended_for,
            service_id=product.service_id,
            order_id=product.told_by,
            since=product.told_at,
        )


class ResourceAttributeView(TmfBaseView):
    """A property of a holding, for example a PON port or a VLAN."""

    name: str
    value: str | int | bool


class HoldingView(TmfBaseView):
    """A number or a piece of plant that is reserved for the customer or in use."""

    kind: str
    value: str
    state: str
    service_id: UUID
    element: str | None = None
    attributes: tuple[ResourceAttributeView, ...] | None = None

    @classmethod
    def of(cls, holding: Holding) -> Self:
        """Show a holding."""
        attributes = (
            ResourceAttributeView(name=each.name, value=each.value) for each in holding.attributes
        )
        return cls(
            kind=holding.kind,
            value=holding.value,
            state=holding.state,
            service_id=holding.service_id,
            element=holding.element or None,
            attributes=tuple(attributes) or None,
        )


class CustomerView(TmfBaseView):
    """The unified view of one customer."""

    model_config = ConfigDict(json_schema_extra={"examples": [examples.CUSTOMER_VIEW]})

    id: str
    href: str
    type: Literal["CustomerView"] = Field("CustomerView", alias="@type")
    profile: ProfileView
    accounts: tuple[AccountReferenceView, ...]
    orders: tuple[OrderView, ...]
    """Latest first."""

    products: tuple[ProductView, ...]
    numbers: tuple[HoldingView, ...]
    lines: tuple[HoldingView, ...]
    cut_short: tuple[str, ...]
    """The names of the lists that are longer than `limit` and not shown whole."""

    @classmethod
    def of(cls, view: UnifiedView, known_before_as: tuple[str, ...] = ()) -> Self:
        """Show the unified view of a customer, with the earlier ids of the same person."""
        facts = view.facts
        return cls(
            id=facts.party.party_id,
            href=unified_view_link(facts.party.party_id),
            profile=ProfileView.of(facts.party, known_before_as),
            accounts=tuple(map(AccountReferenceView.of, facts.accounts)),
            orders=tuple(map(OrderView.of, facts.orders)),
            products=tuple(
                ProductView.of(each, facts.services.get(each.service_id)) for each in facts.products
            ),
            numbers=tuple(map(HoldingView.of, view.numbers)),
            lines=tuple(map(HoldingView.of, view.lines)),
            cut_short=tuple(sorted(facts.truncated_lists)),
        )
