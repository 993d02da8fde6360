"""What each message from the other services does to an order."""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, replace
from datetime import datetime
from typing import NamedTuple, TypeAlias
from uuid import UUID

import msgspec

from services.order.domain.order import Order
from services.order.domain.product import Product, fold, spared
from services.order.domain.states import FINAL, Event, State, after, compose
from shared.contracts import (
    HeldProduct,
    Message,
    OrderCompleted,
    OrderedItem,
    OrderFailed,
    OrderRejected,
    RefusalCode,
    ResourcesAssigned,
    ResourcesRefused,
    ServiceCompleted,
    ServiceFailed,
    ServiceHeld,
    ServiceResumed,
)

News: TypeAlias = (
    ResourcesAssigned
    | ResourcesRefused
    | ServiceCompleted
    | ServiceFailed
    | ServiceHeld
    | ServiceResumed
)


class ItemState(msgspec.Struct, frozen=True, array_like=True):
    """Where one item stands."""

    id: str
    state: State
    local_network: str = ""
    """Where its address lies, once resources has told it."""


@dataclass(frozen=True, slots=True)
class Progress:
    """Where an order and its items stand."""

    order_id: UUID
    tenant: str
    client: str
    """Whose the order is, and for which customer: lists of one state are narrowed by both."""

    party_id: str
    state: State
    items: tuple[ItemState, ...]
    code: str
    """Why it is held, or came to nothing; empty otherwise."""

    reason: str
    """The same in words."""

    changed_at: datetime

    @property
    def ended(self) -> bool:
        """Whether nothing happens to it any more."""
        return self.state in FINAL


class Change(NamedTuple):
    """One state that became another, for the history."""

    kind: str
    part: str
    was: str
    became: str


class Step(NamedTuple):
    """An order's progress from now on, and how it changed."""

    progress: Progress
    changes: tuple[Change, ...]
    moved: bool = True
    """Whether anything of it is different."""


def acknowledge(order: Order) -> Progress:
    """Return where an order stands when it has just been accepted."""
    first = State.ACKNOWLEDGED
    items = tuple(ItemState(item.id, first) for item in order.items)
    whose = (order.tenant, order.client, order.party_id)
    return Progress(order.id, *whose, first, items, "", "", order.ordered_at)


def first_changes(progress: Progress) -> Iterator[Change]:
    """Yield how an order and its items came into being."""
    yield Change("order", "", "", progress.state)
    for item in progress.items:
        yield Change("item", item.id, "", item.state)


def advance(progress: Progress, news: News, now: datetime) -> Step:
    """Move an order on as one message tells.

    An order is fulfilled as a whole or not at all, so its items move together.

    Raises:
        PoisonError: if the message can never come to an order in this state.
    """
    event, code, reason = reading(news)
    networks = networks_in(news)
    items = tuple(
        ItemState(each.id, after(each.state, event), networks.get(each.id) or each.local_network)
        for each in progress.items
    )
    if items == progress.items:
        return Step(progress, (), moved=False)
    if [each.state for each in items] == [each.state for each in progress.items]:
        return Step(replace(progress, items=items), ())
    state = compose([each.state for each in items])
    moved = replace(progress, state=state, items=items, code=code, reason=reason, changed_at=now)
    return Step(moved, tuple(changes(progress, moved)))


def networks_in(news: News) -> dict[str, str]:
    """Return where the addresses of items lie, as far as a message tells."""
    match news:
        case ResourcesAssigned(items=told) | ServiceCompleted(services=told):
            return {each.item_id: each.local_network for each in told}
        case _:
            return {}


EVENTS: dict[type[Message], Event] = {
    ResourcesAssigned: Event.ASSIGNED,
    ResourcesRefused: Event.REFUSED,
    ServiceCompleted: Event.COMPLETED,
    ServiceFailed: Event.FAILED,
    ServiceHeld: Event.HELD,
    ServiceResumed: Event.RESUMED,
}
UNSERVED = {Event.REFUSED: Event.UNSERVED, Event.FAILED: Event.FAILED_UNSERVED}


def reading(news: News) -> tuple[Event, str, str]:
    """Return what a message means to an order: the event, a code and a reason."""
    event = EVENTS[type(news)]
    match news:
        case ResourcesRefused() | ServiceFailed() | ServiceHeld():
            if news.code == RefusalCode.UNSERVED:
                event = UNSERVED.get(event, event)
            return event, str(news.code), news.reason
        case _:
            return event, "", ""


def changes(before: Progress, now: Progress) -> Iterator[Change]:
    """Yield what is different."""
    if before.state is not now.state:
        yield Change("order", "", before.state, now.state)
    for was, became in zip(before.items, now.items, strict=True):
        if was.state is not became.state:
            yield Change("item", was.id, was.state, became.state)


class Outcome(NamedTuple):
    """All that comes of a message that may end an order."""

    step: Step
    made: tuple[Product, ...] = ()
    changed: tuple[Product, ...] = ()
    tell: tuple[Message, ...] = ()


def conclude(
    order: Order, progress: Progress, going: Mapping[UUID, Product], news: News, now: datetime
) -> Outcome:
    """Move an order on by a message that may end it, and the installed base with it.

    Args:
        order: what was ordered.
        progress: where it stands.
        going: the products that it takes away.
        news: the message.
        now: the time of this work.

    Raises:
        PoisonError: if the message can never come to an order in this state.
    """
    step = advance(progress, news, now)
    match step.progress.state:
        case _ if not step.changes:
            return Outcome(step)
        case State.COMPLETED:
            assert isinstance(news, ServiceCompleted)
            made, gone = fold(order, going, news.services, now, networks_of(step.progress))
            return Outcome(step, made, gone, (completed(order, (*made, *gone)),))
        case State.REJECTED:
            return Outcome(
                step, (), spared(order.id, going.values()), (rejected(order, step.progress),)
            )
        case State.FAILED:
            return Outcome(
                step, (), spared(order.id, going.values()), (failed(order, step.progress),)
            )
        case _:
            return Outcome(step)


def networks_of(progress: Progress) -> dict[str, str]:
    """Return where the addresses of an order's items lie, as far as it is known."""
    return {each.id: each.local_network for each in progress.items}


def completed(order: Order, products: Iterable[Product]) -> OrderCompleted:
    """Say that the customer has what was ordered."""
    known = {product.id: product for product in products}
    return OrderCompleted(
        order_id=order.id,
        customer_id=order.party_id,
        products=tuple(
            held(item.ordered, known.get(item.ordered.product_id)) for item in order.items
        ),
    )


def held(ordered: OrderedItem, product: Product | None) -> HeldProduct:
    """Return a product of an order as it is when the order completes."""
    return HeldProduct(
        item_id=ordered.id,
        action=ordered.action,
        product_id=ordered.product_id,
        service_id=ordered.service_id,
        offering_id=ordered.offering_id,
        name=ordered.offering_name,
        number=product.number if product else "",
        monthly_cents=ordered.monthly_cents,
        client=product.client if product else "",
    )


def rejected(order: Order, progress: Progress) -> OrderRejected:
    """Say that the order could never be fulfilled."""
    return OrderRejected(
        order_id=order.id,
        customer_id=order.party_id,
        code=RefusalCode(progress.code),
        reason=progress.reason,
    )


def failed(order: Order, progress: Progress) -> OrderFailed:
    """Say that the order will not be fulfilled."""
    return OrderFailed(
        order_id=order.id,
        customer_id=order.party_id,
        code=progress.code,
        reason=progress.reason,
    )
