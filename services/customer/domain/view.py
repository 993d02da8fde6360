"""The unified view of a customer (统一客户视图), put together from all that is known."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum
from uuid import UUID

from services.customer.domain.order import (
    Assignment,
    Ending,
    Order,
    OrderState,
    Stop,
    standing,
    state_of,
)
from services.customer.domain.party import Party
from services.customer.domain.product import Product, Service
from shared.contracts import Characteristic, Held

NUMBER = "number"
"""The kind of holding that is a phone number; all others are plant (机线: line)."""


class HoldingState(StrEnum):
    """How firmly a thing is the customer's."""

    RESERVED = "reserved"
    IN_USE = "inUse"


@dataclass(frozen=True, slots=True)
class Holding:
    """A number, or a piece of plant, that a customer's service holds."""

    kind: str
    value: str
    element: str
    attributes: tuple[Characteristic, ...]
    state: HoldingState
    service_id: UUID


@dataclass(frozen=True, slots=True)
class Placed:
    """An order of the customer with all that became of it."""

    order: Order
    ending: Ending | None = None
    assignment: Assignment | None = None
    stops: tuple[Stop, ...] = ()

    @property
    def state(self) -> OrderState:
        """Where it stands."""
        return state_of(self.ending, self.assignment, self.stops)

    @property
    def hold(self) -> Stop | None:
        """Why it is held, if it is."""
        return standing(self.stops) if self.state is OrderState.HELD else None


@dataclass(frozen=True, slots=True)
class Known:
    """All that is known of one customer, as far as it was asked for."""

    party: Party
    accounts: Sequence[str]
    """Their ids."""

    placed: Sequence[Placed]
    """The latest first."""

    products: Sequence[Product]
    """Those not given up."""

    services: Mapping[UUID, Service | None]
    """By id, those of the products and of what is assigned; None for one that is gone."""

    cut_short: frozenset[str] = frozenset()
    """Names the lists that have more than was asked for."""


@dataclass(frozen=True, slots=True)
class View:
    """What whoever speaks with the customer has to know."""

    known: Known
    numbers: tuple[Holding, ...]
    lines: tuple[Holding, ...]


def view_of(known: Known) -> View:
    """Return the unified view."""
    holdings = sorted(_holdings(known), key=lambda each: (each.kind, each.value))
    return View(
        known,
        numbers=tuple(each for each in holdings if each.kind == NUMBER),
        lines=tuple(each for each in holdings if each.kind != NUMBER),
    )


def _holdings(known: Known) -> Iterator[Holding]:
    """Yield what running services occupy, and what open orders have reserved."""
    for service in known.services.values():
        if service:
            yield from _held(service.held, HoldingState.IN_USE, service.service_id)
    for placed in known.placed:
        for item in placed.assignment.items if placed.assignment and not placed.ending else ():
            if item.service_id not in known.services:
                yield from _held(item.held, HoldingState.RESERVED, item.service_id)


def _held(things: Iterable[Held], state: HoldingState, service_id: UUID) -> Iterator[Holding]:
    for it in things:
        yield Holding(it.kind, it.value, it.element, it.attributes, state, service_id)
