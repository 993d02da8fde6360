"""What all messages together say: who ordered what, what came of it, who holds what.

A fold of its own, written apart from the services', to hold theirs against.
"""

from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Self, TypeAlias
from uuid import UUID

from shared.contracts import (
    Action,
    CompletedService,
    Envelope,
    HeldProduct,
    OrderAccepted,
    OrderCompleted,
    OrderFailed,
    OrderRejected,
    ResourcesAssigned,
    ServiceCompleted,
)

FinalOrderMessage: TypeAlias = OrderCompleted | OrderFailed | OrderRejected
STATE_OF = {OrderCompleted: "completed", OrderFailed: "failed", OrderRejected: "rejected"}


@dataclass
class ExpectedState:
    """The sum of all messages. What is given up once is gone for good, whenever it was told."""

    accepted: dict[UUID, OrderAccepted] = field(default_factory=dict)
    ended: dict[UUID, FinalOrderMessage] = field(default_factory=dict)
    assigned: dict[UUID, ResourcesAssigned] = field(default_factory=dict)
    products: dict[UUID, HeldProduct] = field(default_factory=dict)
    """What customers have, by product."""

    origins: dict[UUID, UUID] = field(default_factory=dict)
    """The order that made each product."""

    services: dict[UUID, CompletedService] = field(default_factory=dict)
    """What runs in the network, by service."""

    tenants: dict[UUID, str] = field(default_factory=dict)
    """Whose data each order belongs to."""

    times_ended: dict[UUID, int] = field(default_factory=dict)
    """How often each order was told to have ended."""

    @classmethod
    def of(cls, told: Iterable[Envelope]) -> Self:
        """Add messages up."""
        expected_state = cls()
        gone: set[UUID] = set()
        for envelope in told:
            match envelope.open():
                case OrderAccepted() as message:
                    expected_state.accepted[message.order_id] = message
                    expected_state.tenants[message.order_id] = envelope.tenant
                case OrderCompleted() | OrderFailed() | OrderRejected() as message:
                    expected_state.add_ended(message)
                    gone |= expected_state.add_products(message)
                case ResourcesAssigned() as message:
                    expected_state.assigned[message.order_id] = message
                case ServiceCompleted(services=services):
                    gone |= {each.service_id for each in services if each.action is Action.DELETE}
                    expected_state.services |= {
                        each.service_id: each
                        for each in services
                        if each.action is not Action.DELETE
                    }
                case _:
                    pass
        for mapping in (expected_state.products, expected_state.services):
            for each in gone & mapping.keys():
                del mapping[each]
        return expected_state

    def add_ended(self, message: FinalOrderMessage) -> None:
        """Add that an order has ended."""
        self.ended[message.order_id] = message
        self.times_ended[message.order_id] = self.times_ended.get(message.order_id, 0) + 1

    def add_products(self, message: FinalOrderMessage) -> set[UUID]:
        """Add the products of an order; return those that it took away."""
        if not isinstance(message, OrderCompleted):
            return set()
        for product in message.products:
            if product.action is not Action.DELETE:
                self.products[product.product_id] = product
                self.origins[product.product_id] = message.order_id
        return {each.product_id for each in message.products if each.action is Action.DELETE}

    def state_of(self, order_id: UUID) -> str:
        """Return how an order ended; empty while it has not."""
        message = self.ended.get(order_id)
        return STATE_OF[type(message)] if message else ""

    def owner_of(self, product_id: UUID) -> str:
        """Return whose a product is."""
        return self.accepted[self.origins[product_id]].customer.id
