"""Products that a customer holds, and the services that realise them."""

from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from services.customer.domain.business_actions import ViewEffect, view_effect
from shared.contracts import CompletedService, Held, HeldProduct, OrderCompleted


@dataclass(frozen=True, slots=True)
class Product:
    """A product as the order that changed it last left it."""

    product_id: UUID
    tenant: str
    party_id: str
    service_id: UUID
    offering_id: str
    name: str
    number: str
    monthly_cents: int
    told_at: datetime
    told_by: UUID
    client: str = ""
    """The owner client; empty if the order service has not reported it."""

    suspended_for: tuple[str, ...] = ()
    """The reasons for which it is suspended; it is not if there are none."""

    @property
    def key(self) -> UUID:
        """The product's id."""
        return self.product_id


@dataclass(frozen=True, slots=True)
class Service:
    """The service in the network for a product, and its holdings."""

    service_id: UUID
    tenant: str
    product_id: UUID
    specification: str
    held: tuple[Held, ...]
    told_at: datetime
    told_by: UUID

    @property
    def key(self) -> UUID:
        """The service's id."""
        return self.service_id


def product_from_message(
    order: OrderCompleted, product: HeldProduct, tenant: str, told_at: datetime
) -> Product:
    """Return a product as a completed order leaves it."""
    return Product(
        product.product_id,
        tenant,
        order.customer_id,
        product.service_id,
        product.offering_id,
        product.name,
        product.number,
        product.monthly_cents,
        told_at,
        order.order_id,
        product.client,
        product.suspended_for,
    )


def service_from_message(
    service: CompletedService, order_id: UUID, tenant: str, told_at: datetime
) -> Service:
    """Return a service as a completed order leaves it in the network."""
    return Service(
        service.service_id,
        tenant,
        service.product_id,
        service.specification,
        service.held,
        told_at,
        order_id,
    )


def is_removed(change: HeldProduct | CompletedService) -> bool:
    """Tell whether the view shows the product and its service no more.

    An end is final: ids are never used again. So it holds whatever message comes later.
    """
    return view_effect(change) is ViewEffect.REMOVED
