"""What was told before the database was restored, made true again.

An order that was told that it has a thing has it, whoever has it by what the restored database
says: that one had given it up by then.
"""

from collections.abc import Iterable, Iterator, Sequence
from typing import NamedTuple
from uuid import UUID

from services.resources.domain.states import (
    ItemState,
    Move,
    NumberState,
    State,
    after,
)
from services.resources.domain.things import Change, Kind, Thing
from shared.contracts import Action, CompletedService, Held, ResourcesAssigned, ServiceCompleted
from shared.errors import PoisonError


class Named(NamedTuple):
    """A thing as a message names it; its pool is empty where an older message leaves it out."""

    tenant: str
    kind: str
    pool: str
    value: str


class Standing(NamedTuple):
    """A thing, and who has it by what the database says."""

    thing: Thing
    state: State
    order_id: UUID | None
    service_id: UUID | None


def named(tenant: str, told: ResourcesAssigned) -> list[Named]:
    """Return the things that a message says are held."""
    return [name_of(tenant, held) for item in told.items for held in item.held]


def name_of(tenant: str, held: Held) -> Named:
    """Return what a thing is found by."""
    return Named(tenant, held.kind, held.pool, held.value)


def as_told(told: ResourcesAssigned, standing: Sequence[Standing]) -> Iterator[Change]:
    """Yield what changes so that an order has all that it was told to have.

    Raises:
        PoisonError: if the inventory has no such thing.
    """
    found = {(each.thing.pool.kind.value, each.thing.value): each for each in standing}
    for item in told.items:
        for held in item.held:
            each = found.get((held.kind, held.value))
            if each is None:
                msg = (
                    f"the inventory has no such {held.kind} any more: repeat the imports of the "
                    "lost time, then retry this message"
                )
                raise PoisonError(msg)
            if each.order_id != told.order_id:
                became = held_as(each, item.service_id)
                yield Change(each.thing, each.state, became, told.order_id, item.service_id)


def given_up(told: ResourcesAssigned, standing: Iterable[Standing]) -> Iterator[Change]:
    """Yield what other services held: they had given it up when the order was told it has it."""
    takers = {(held.kind, held.value): item.service_id for item in told.items for held in item.held}
    for each in standing:
        kind, holder = each.thing.pool.kind, each.service_id
        if holder and each.order_id and holder != takers[kind.value, each.thing.value]:
            free = NumberState.IDLE if kind is Kind.NUMBER else ItemState.FREE
            yield Change(each.thing, each.state, free, each.order_id, holder)


def as_free(standing: Iterable[Standing], freed: Iterable[Change]) -> list[Standing]:
    """Return where things stand once these are free."""
    became = {each.thing.key: each.became for each in freed}
    return [
        Standing(each.thing, became[each.thing.key], None, None)
        if each.thing.key in became
        else each
        for each in standing
    ]


def held_as(each: Standing, service_id: UUID) -> State:
    """Return how an order has a thing: about to give it back where its own service had it."""
    given_back = after(each.state, Move.PRE_RELEASE)
    if each.service_id == service_id and given_back:
        return given_back
    return NumberState.RESERVED if each.thing.pool.kind is Kind.NUMBER else ItemState.RESERVED


def without_a_change(
    completed: Iterable[ServiceCompleted], changes: Iterable[Change]
) -> list[ServiceCompleted]:
    """Return those orders that were to take something into use, and had nothing reserved."""
    changed = {each.order_id for each in changes}
    return [
        each
        for each in completed
        if each.order_id not in changed and any(map(takes_into_use, each.services))
    ]


def takes_into_use(service: CompletedService) -> bool:
    """Tell whether a service that is new holds anything."""
    return service.action is Action.ADD and bool(service.held)
