"""The fold of all messages: orders, their outcomes, products, services and holdings.

It is independent of the services' folds, so that theirs can be compared with it.
"""

from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import datetime
from typing import Self, TypeAlias
from uuid import UUID

from shared.contracts import (
    BusinessAction,
    CompletedService,
    Envelope,
    HeldProduct,
    OrderAccepted,
    OrderCompleted,
    OrderFailed,
    OrderQueued,
    OrderRejected,
    OrderState,
    OrderStateChanged,
    OrderTerms,
    ResourcesAssigned,
    ServiceCompleted,
    business_action_of,
)

FinalOrderMessage: TypeAlias = OrderCompleted | OrderFailed | OrderRejected
ENDING_ACTIONS = frozenset({BusinessAction.DISCONNECT})
STATE_OF = {OrderCompleted: "completed", OrderFailed: "failed", OrderRejected: "rejected"}


@dataclass
class ExpectedState:
    """The fold of all messages, in any order: what was disconnected once stays removed."""

    accepted: dict[UUID, OrderAccepted] = field(default_factory=dict)
    queued: dict[UUID, OrderQueued] = field(default_factory=dict)
    """The orders that wait for others, or have waited."""

    ended: dict[UUID, FinalOrderMessage] = field(default_factory=dict)
    states: dict[UUID, OrderStateChanged] = field(default_factory=dict)
    """The last state of each order that was published before its end."""

    sequences: dict[UUID, int] = field(default_factory=dict)
    """The sequence of each of these messages."""

    assigned: dict[tuple[UUID, str], ResourcesAssigned] = field(default_factory=dict)
    """The answers of resources, by order and request."""

    products: dict[UUID, HeldProduct] = field(default_factory=dict)
    """The products that customers have, by id."""

    origins: dict[UUID, UUID] = field(default_factory=dict)
    """The order that made each product."""

    services: dict[UUID, CompletedService] = field(default_factory=dict)
    """The services that run in the network, by id."""

    tenants: dict[UUID, str] = field(default_factory=dict)
    """The tenant of each order."""

    changed_at: dict[UUID, datetime] = field(default_factory=dict)
    """When each product and service was changed last."""

    times_ended: dict[UUID, int] = field(default_factory=dict)
    """How often the end of each order was published."""

    @classmethod
    def of(cls, envelopes: Iterable[Envelope]) -> Self:
        """Return the fold of these messages."""
        expected_state = cls()
        removed: set[UUID] = set()
        for envelope in envelopes:
            match envelope.open():
                case OrderAccepted() as message:
                    expected_state.accepted[message.order_id] = message
                    expected_state.tenants[message.order_id] = envelope.tenant
                case OrderQueued() as message:
                    expected_state.queued[message.order_id] = message
                    expected_state.tenants[message.order_id] = envelope.tenant
                case OrderStateChanged() as message:
                    expected_state.add_state(message, envelope.sequence)
                case OrderCompleted() | OrderFailed() | OrderRejected() as message:
                    expected_state.add_ended(message)
                    removed |= expected_state.add_products(message, envelope.time)
                case ResourcesAssigned() as message:
                    expected_state.assigned[message.order_id, message.request_id] = message
                case ServiceCompleted(services=services):
                    removed |= {
                        each.service_id for each in services if ends_product_or_service(each)
                    }
                    expected_state.add_services(services, envelope.time)
                case _:
                    pass
        for mapping in (expected_state.products, expected_state.services):
            for each in removed & mapping.keys():
                del mapping[each]
        return expected_state

    def add_state(self, message: OrderStateChanged, sequence: int) -> None:
        """Add a state of an order, unless a later one is known."""
        if sequence > self.sequences.get(message.order_id, 0):
            self.states[message.order_id] = message
            self.sequences[message.order_id] = sequence
        if message.state == STATE_OF[OrderRejected]:
            self.count_end(message.order_id)

    def add_ended(self, message: FinalOrderMessage) -> None:
        """Add the end of an order."""
        self.ended[message.order_id] = message
        self.count_end(message.order_id)

    def count_end(self, order_id: UUID) -> None:
        """Count that the end of an order was published."""
        self.times_ended[order_id] = self.times_ended.get(order_id, 0) + 1

    def add_services(self, services: Iterable[CompletedService], time: datetime) -> None:
        """Add the services that an order has left running, unless a later version is known."""
        for each in services:
            if not ends_product_or_service(each) and self.is_newest(each.service_id, time):
                self.services[each.service_id] = each

    def is_newest(self, id_: UUID, time: datetime) -> bool:
        """Tell whether no later version of a product or service is known."""
        if time < self.changed_at.get(id_, time):
            return False
        self.changed_at[id_] = time
        return True

    def add_products(self, message: FinalOrderMessage, time: datetime) -> set[UUID]:
        """Add the products of an order; return the ids of those that it disconnected."""
        if not isinstance(message, OrderCompleted):
            return set()
        for product in message.products:
            if not ends_product_or_service(product) and self.is_newest(product.product_id, time):
                self.products[product.product_id] = product
                self.origins[product.product_id] = message.order_id
        return {each.product_id for each in message.products if ends_product_or_service(each)}

    def state_of(self, order_id: UUID) -> str:
        """Return the state of an order, as it was published last."""
        if ended := self.ended.get(order_id):
            return STATE_OF[type(ended)]
        changed = self.states.get(order_id)
        first = OrderState.ACKNOWLEDGED if order_id in self.accepted else OrderState.PENDING
        return changed.state if changed else first

    def terms_of(self, order_id: UUID) -> OrderTerms | None:
        """Return the terms of an order as it was accepted, else as it was queued."""
        return self.accepted.get(order_id) or self.queued.get(order_id)

    def owner_of(self, product_id: UUID) -> str:
        """Return the customer id of a product."""
        return self.accepted[self.origins[product_id]].customer.id


def ends_product_or_service(change: HeldProduct | CompletedService) -> bool:
    """Tell whether a change ends its product or service."""
    return business_action_of(change) in ENDING_ACTIONS
