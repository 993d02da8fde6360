"""The progress of orders: the effect of each message from the other services."""

from collections.abc import Iterator
from dataclasses import dataclass, replace
from datetime import datetime
from typing import NamedTuple, TypeAlias
from uuid import UUID

import msgspec

from services.order.domain.fulfilment.states import (
    FINAL_STATES,
    ItemEvent,
    compose_order_state,
    next_state,
)
from services.order.domain.order import Order
from shared.contracts import (
    Message,
    OrderState,
    OrderStateChanged,
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


def take_over_state(progress: Progress, message: OrderStateChanged, at: datetime) -> ProgressUpdate:
    """Return the progress that was published before the database was restored.

    The messages that led to it are consumed again: those that it is ahead of are ignored, or
    lead to it once more.
    """
    if progress.is_final:
        return ProgressUpdate(progress, (), is_changed=False)
    states = {each.id: each.state for each in message.items}
    items = tuple(
        ItemState(each.id, states.get(each.id, each.state), each.local_network)
        for each in progress.items
    )
    updated = replace(
        progress,
        state=message.state,
        items=items,
        code=message.code,
        reason=message.reason,
        changed_at=at,
    )
    return ProgressUpdate(updated, tuple(state_changes(progress, updated)))


def state_changes(before: Progress, now: Progress) -> Iterator[StateChange]:
    """Yield the changes of state between two progresses."""
    if before.state is not now.state:
        yield StateChange("order", "", before.state, now.state)
    for was, became in zip(before.items, now.items, strict=True):
        if was.state is not became.state:
            yield StateChange("item", was.id, was.state, became.state)


def local_networks_of(progress: Progress) -> dict[str, str]:
    """Return the known local networks of an order's items, by item id."""
    return {each.id: each.local_network for each in progress.items}
