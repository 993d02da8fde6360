"""The progress of orders: the effect of each message from the other services."""

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
    """The state of one item."""

    id: str
    state: OrderState
    local_network: str = ""
    """The local network of its address, once resources has reported it."""


@dataclass(frozen=True, slots=True)
class Progress:
    """The states of an order and its items."""

    order_id: UUID
    tenant: str
    client: str
    """Owner of the order. Lists of one state are narrowed by it and by `party_id`."""

    party_id: str
    state: OrderState
    items: tuple[ItemState, ...]
    code: str
    """Why it is held, failed or was rejected; empty otherwise."""

    reason: str
    """The same in words."""

    changed_at: datetime

    @property
    def is_final(self) -> bool:
        """Whether it has ended."""
        return self.state in FINAL_STATES


class StateChange(NamedTuple):
    """One change of state, for the history."""

    kind: str
    part: str
    was: str
    became: str


class ProgressUpdate(NamedTuple):
    """The new progress of an order, and its changes of state."""

    progress: Progress
    changes: tuple[StateChange, ...]
    is_changed: bool = True
    """Whether the progress differs from the stored one."""


def acknowledge(order: Order) -> Progress:
    """Return the progress of an order that was just accepted."""
    first = OrderState.ACKNOWLEDGED
    items = tuple(ItemState(item.id, first) for item in order.items)
    owner = (order.tenant, order.client, order.party_id)
    return Progress(order.id, *owner, first, items, "", "", order.ordered_at)


def initial_changes(progress: Progress) -> Iterator[StateChange]:
    """Yield the first changes of state of an order and its items."""
    yield StateChange("order", "", "", progress.state)
    for item in progress.items:
        yield StateChange("item", item.id, "", item.state)


def advance(progress: Progress, message: FulfilmentMessage, now: datetime) -> ProgressUpdate:
    """Advance an order by one message.

    An order is fulfilled as a whole or not at all, so its items change state together.

    Raises:
        PoisonError: if the message is never legal for an order in this state.
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
    """Return the local networks of items that a message reports, by item id."""
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
    """Yield the changes of state between two progresses."""
    if before.state is not now.state:
        yield StateChange("order", "", before.state, now.state)
    for was, became in zip(before.items, now.items, strict=True):
        if was.state is not became.state:
            yield StateChange("item", was.id, was.state, became.state)


class FulfilmentUpdate(NamedTuple):
    """The result of a message that may end an order."""

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
    """Advance an order by a message that may end it, and update the installed base.

    Args:
        order: the order.
        progress: its stored progress.
        products: the products that it disconnects.
        message: the message.
        now: the time of this unit of work.

    Raises:
        PoisonError: if the message is never legal for an order in this state.
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
    """Return the known local networks of an order's items, by item id."""
    return {each.id: each.local_network for each in progress.items}


def completed_message(order: Order, products: Iterable[Product]) -> OrderCompleted:
    """Return the message that an order is completed."""
    by_id = {product.id: product for product in products}
    return OrderCompleted(
        order_id=order.id,
        customer_id=order.party_id,
        products=tuple(
            delivered_product(item.ordered, by_id.get(item.ordered.product_id))
            for item in order.items
        ),
    )


def delivered_product(ordered: OrderedItem, product: Product | None) -> HeldProduct:
    """Return a product of an order at its completion."""
    return HeldProduct(
        item_id=ordered.id,
        action=ordered.action,
        business_action=ordered.business_action,
        product_id=ordered.product_id,
        service_id=ordered.service_id,
        offering_id=ordered.offering_id,
        name=ordered.offering_name,
        number=product.number if product else "",
        monthly_cents=ordered.monthly_cents,
        client=product.client if product else "",
    )


def rejected_message(order: Order, progress: Progress) -> OrderRejected:
    """Return the message that an order could never be fulfilled."""
    return OrderRejected(
        order_id=order.id,
        customer_id=order.party_id,
        code=RefusalCode(progress.code),
        reason=progress.reason,
    )


def failed_message(order: Order, progress: Progress) -> OrderFailed:
    """Return the message that an order will not be fulfilled."""
    return OrderFailed(
        order_id=order.id,
        customer_id=order.party_id,
        code=progress.code,
        reason=progress.reason,
    )
