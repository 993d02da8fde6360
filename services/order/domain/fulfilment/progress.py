"""What each message from the other services does to an order."""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, replace
from datetime import datetime
from typing import NamedTuple, TypeAlias
from uuid import UUID

import msgspec

from services.order.domain.fulfilment.product import (
    Product,
    apply_completed_order,
    release_products,
)
from services.order.domain.fulfilment.states import (
    FINAL_STATES,
    ItemEvent,
    OrderState,
    compose_order_state,
    next_state,
)
from services.order.domain.order import Order
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

FulfilmentMessage: TypeAlias = (
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
    state: OrderState
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
    state: OrderState
    items: tuple[ItemState, ...]
    code: str
    """Why it is held, or came to nothing; empty otherwise."""

    reason: str
    """The same in words."""

    changed_at: datetime

    @property
    def is_final(self) -> bool:
        """Whether nothing happens to it any more."""
        return self.state in FINAL_STATES


class StateChange(NamedTuple):
    """One state that became another, for the history."""

    kind: str
    part: str
    was: str
    became: str


class ProgressUpdate(NamedTuple):
    """An order's progress from now on, and how it changed."""

    progress: Progress
    changes: tuple[StateChange, ...]
    is_changed: bool = True
    """Whether anything of it is different."""


def acknowledge(order: Order) -> Progress:
    """Return where an order stands when it has just been accepted."""
    first = OrderState.ACKNOWLEDGED
    items = tuple(ItemState(item.id, first) for item in order.items)
    whose = (order.tenant, order.client, order.party_id)
    return Progress(order.id, *whose, first, items, "", "", order.ordered_at)


def initial_changes(progress: Progress) -> Iterator[StateChange]:
    """Yield how an order and its items came into being."""
    yield StateChange("order", "", "", progress.state)
    for item in progress.items:
        yield StateChange("item", item.id, "", item.state)


def advance(progress: Progress, message: FulfilmentMessage, now: datetime) -> ProgressUpdate:
    """Move an order on as one message tells.

    An order is fulfilled as a whole or not at all, so its items move together.

    Raises:
        PoisonError: if the message can never come to an order in this state.
    """
    event, code, reason = interpret_message(message)
    networks = reported_local_networks(message)
    items = tuple(
        ItemState(
            each.id, next_state(each.state, event), networks.get(each.id) or each.local_network
        )
        for each in progress.items
    )
    if items == progress.items:
        return ProgressUpdate(progress, (), is_changed=False)
    if [each.state for each in items] == [each.state for each in progress.items]:
        return ProgressUpdate(replace(progress, items=items), ())
    state = compose_order_state([each.state for each in items])
    updated = replace(progress, state=state, items=items, code=code, reason=reason, changed_at=now)
    return ProgressUpdate(updated, tuple(state_changes(progress, updated)))


def reported_local_networks(message: FulfilmentMessage) -> dict[str, str]:
    """Return where the addresses of items lie, as far as a message tells."""
    match message:
        case ResourcesAssigned(items=reported) | ServiceCompleted(services=reported):
            return {each.item_id: each.local_network for each in reported}
        case _:
            return {}


ITEM_EVENTS: dict[type[Message], ItemEvent] = {
    ResourcesAssigned: ItemEvent.ASSIGNED,
    ResourcesRefused: ItemEvent.REFUSED,
    ServiceCompleted: ItemEvent.COMPLETED,
    ServiceFailed: ItemEvent.FAILED,
    ServiceHeld: ItemEvent.HELD,
    ServiceResumed: ItemEvent.RESUMED,
}
UNSERVED_EVENTS = {
    ItemEvent.REFUSED: ItemEvent.UNSERVED,
    ItemEvent.FAILED: ItemEvent.FAILED_UNSERVED,
}


def interpret_message(message: FulfilmentMessage) -> tuple[ItemEvent, str, str]:
    """Return what a message means to an order: the event, a code and a reason."""
    event = ITEM_EVENTS[type(message)]
    match message:
        case ResourcesRefused() | ServiceFailed() | ServiceHeld():
            if message.code == RefusalCode.UNSERVED:
                event = UNSERVED_EVENTS.get(event, event)
            return event, str(message.code), message.reason
        case _:
            return event, "", ""


def state_changes(before: Progress, now: Progress) -> Iterator[StateChange]:
    """Yield what is different."""
    if before.state is not now.state:
        yield StateChange("order", "", before.state, now.state)
    for was, became in zip(before.items, now.items, strict=True):
        if was.state is not became.state:
            yield StateChange("item", was.id, was.state, became.state)


class FulfilmentUpdate(NamedTuple):
    """All that comes of a message that may end an order."""

    progress_update: ProgressUpdate
    created: tuple[Product, ...] = ()
    changed: tuple[Product, ...] = ()
    messages: tuple[Message, ...] = ()


def conclude(
    order: Order,
    progress: Progress,
    products: Mapping[UUID, Product],
    message: FulfilmentMessage,
    now: datetime,
) -> FulfilmentUpdate:
    """Move an order on by a message that may end it, and the installed base with it.

    Args:
        order: what was ordered.
        progress: where it stands.
        products: the products that it takes away.
        message: the message.
        now: the time of this work.

    Raises:
        PoisonError: if the message can never come to an order in this state.
    """
    update = advance(progress, message, now)
    match update.progress.state:
        case _ if not update.changes:
            return FulfilmentUpdate(update)
        case OrderState.COMPLETED:
            assert isinstance(message, ServiceCompleted)
            created, terminated = apply_completed_order(
                order, products, message.services, now, local_networks_of(update.progress)
            )
            return FulfilmentUpdate(
                update, created, terminated, (completed_message(order, (*created, *terminated)),)
            )
        case OrderState.REJECTED:
            return FulfilmentUpdate(
                update,
                (),
                release_products(order.id, products.values()),
                (rejected_message(order, update.progress),),
            )
        case OrderState.FAILED:
            return FulfilmentUpdate(
                update,
                (),
                release_products(order.id, products.values()),
                (failed_message(order, update.progress),),
            )
        case _:
            return FulfilmentUpdate(update)


def local_networks_of(progress: Progress) -> dict[str, str]:
    """Return where the addresses of an order's items lie, as far as it is known."""
    return {each.id: each.local_network for each in progress.items}


def completed_message(order: Order, products: Iterable[Product]) -> OrderCompleted:
    """Say that the customer has what was ordered."""
    known = {product.id: product for product in products}
    return OrderCompleted(
        order_id=order.id,
        customer_id=order.party_id,
        products=tuple(
            delivered_product(item.ordered, known.get(item.ordered.product_id))
            for item in order.items
        ),
    )


def delivered_product(ordered: OrderedItem, product: Product | None) -> HeldProduct:
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


def rejected_message(order: Order, progress: Progress) -> OrderRejected:
    """Say that the order could never be fulfilled."""
    return OrderRejected(
        order_id=order.id,
        customer_id=order.party_id,
        code=RefusalCode(progress.code),
        reason=progress.reason,
    )


def failed_message(order: Order, progress: Progress) -> OrderFailed:
    """Say that the order will not be fulfilled."""
    return OrderFailed(
        order_id=order.id,
        customer_id=order.party_id,
        code=progress.code,
        reason=progress.reason,
    )
