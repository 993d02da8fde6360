"""The unified view of a customer (统一客户视图), built from the stored facts."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum
from uuid import UUID

from services.customer.domain.parties.party import Party
from services.customer.domain.unified_view.order import (
    Assignment,
    LatestPublishedState,
    Order,
    OrderOutcome,
    order_state,
)
from services.customer.domain.unified_view.product import Product, Service
from shared.contracts import Characteristic, Held, OrderState

NUMBER_KIND = "number"
"""The kind of holding that is a phone number; all others are plant (机线: line)."""


class HoldingState(StrEnum):
    """Whether a holding is reserved or in use."""

    RESERVED = "reserved"
    IN_USE = "inUse"


@dataclass(frozen=True, slots=True)
class Holding:
    """A number or a piece of plant that a customer's service holds."""

    kind: str
    value: str
    element: str
    attributes: tuple[Characteristic, ...]
    state: HoldingState
    service_id: UUID


@dataclass(frozen=True, slots=True)
class OrderFacts:
    """An order of the customer with all facts about it."""

    order: Order
    outcome: OrderOutcome | None = None
    assignment: Assignment | None = None
    published: LatestPublishedState | None = None

    @property
    def state(self) -> OrderState:
        """Its current state."""
        return order_state(self.order, self.outcome, self.published, self.assignment)

    @property
    def hold(self) -> LatestPublishedState | None:
        """Why it is held, if it is."""
        return self.published if self.state is OrderState.HELD else None


@dataclass(frozen=True, slots=True)
class CustomerFacts:
    """The stored facts about one customer, each list up to a limit."""

    party: Party
    accounts: Sequence[str]
    """Their ids."""

    orders: Sequence[OrderFacts]
    """The latest first."""

    products: Sequence[Product]
    """Those not disconnected."""

    services: Mapping[UUID, Service | None]
    """By id, those of the products and of the assignments; None for one that has ended."""

    truncated_lists: frozenset[str] = frozenset()
    """The names of the lists that exceed the limit."""


@dataclass(frozen=True, slots=True)
class UnifiedView:
    """The unified view: the facts about a customer, with its holdings."""

    facts: CustomerFacts
    numbers: tuple[Holding, ...]
    lines: tuple[Holding, ...]


def build_unified_view(facts: CustomerFacts) -> UnifiedView:
    """Return the unified view."""
    holdings = sorted(_holdings(facts), key=lambda each: (each.kind, each.value))
    return UnifiedView(
        facts,
        numbers=tuple(each for each in holdings if each.kind == NUMBER_KIND),
        lines=tuple(each for each in holdings if each.kind != NUMBER_KIND),
    )


def _holdings(facts: CustomerFacts) -> Iterator[Holding]:
    """Yield what running services occupy, and what open orders have reserved."""
    for service in facts.services.values():
        if service:
            yield from _to_holdings(service.held, HoldingState.IN_USE, service.service_id)
    for order in facts.orders:
        for item in order.assignment.items if order.assignment and not order.outcome else ():
            if item.service_id not in facts.services:
                yield from _to_holdings(item.held, HoldingState.RESERVED, item.service_id)


def _to_holdings(held: Iterable[Held], state: HoldingState, service_id: UUID) -> Iterator[Holding]:
    for each in held:
        yield Holding(each.kind, each.value, each.element, each.attributes, state, service_id)
