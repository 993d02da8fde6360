"""The progress of orders: the effect of each message from the other services."""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, replace
from datetime import datetime
from typing import NamedTuple, TypeAlias
from uuid import UUID

import msgspec

from services.order.domain.fulfilment.states import (
    FINAL_STATES,
    CancellationEvent,
    ItemEvent,
    cancellation_of,
    compose_order_state,
    next_cancellation,
    next_state,
)
from services.order.domain.order import Order
from shared.contracts import (
    FIRST_REQUEST,
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


def initial_progress(order: Order) -> Progress:
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

    Raises:
        PoisonError: if the message is never legal for an order in this state.
    """
    event, code, reason = interpret_message(message)
    located = with_local_networks(progress, reported_local_networks(message))
    return update_between(
        progress, advance_items(located, item_events(progress, event), code, reason, now)
    )


def item_events(progress: Progress, event: ItemEvent) -> dict[str, ItemEvent]:
    """Return the events of an order's items from a message, by item id.

    An order is fulfilled as a whole or not at all, so each message is an event of all its items.
    """
    return {each.id: event for each in progress.items}


def advance_items(
    progress: Progress, events: Mapping[str, ItemEvent], code: str, reason: str, now: datetime
) -> Progress:
    """Advance each item by its own event, and the order with them.

    Args:
        progress: the stored progress.
        events: the events by item id; the other items stay as they are.
        code: why the order is in its new state, if that changes.
        reason: the same in words.
        now: the time of this unit of work.

    Raises:
        PoisonError: if an event is never legal for its item.
    """
    items = tuple(
        ItemState(each.id, next_state(each.state, events[each.id]), each.local_network)
        if each.id in events
        else each
        for each in progress.items
    )
    if items == progress.items:
        return progress
    was, is_now = item_states(progress.items), item_states(items)
    why = (
        (progress.code, progress.reason)
        if compose_order_state(was) is compose_order_state(is_now)
        else (code, reason)
    )
    state = compose_order_state(is_now, cancellation_of(progress.state))
    return replace(progress, state=state, items=items, code=why[0], reason=why[1], changed_at=now)


def advance_cancellation(
    progress: Progress, event: CancellationEvent, now: datetime
) -> ProgressUpdate:
    """Advance the cancellation of an order. Its items, and their reasons, stay as they are.

    Raises:
        PoisonError: if the event is never legal for an order in this state.
    """
    cancellation = next_cancellation(progress.state, event)
    state = compose_order_state(item_states(progress.items), cancellation)
    if state is progress.state:
        return update_between(progress, progress)
    return update_between(progress, replace(progress, state=state, changed_at=now))


def item_states(items: Iterable[ItemState]) -> list[OrderState]:
    """Return the states of items."""
    return [each.state for each in items]


def with_local_networks(progress: Progress, networks: Mapping[str, str]) -> Progress:
    """Return the progress with the local networks of items that were reported, by item id."""
    if not networks:
        return progress
    items = tuple(
        ItemState(each.id, each.state, networks.get(each.id) or each.local_network)
        for each in progress.items
    )
    return progress if items == progress.items else replace(progress, items=items)


def update_between(before: Progress, now: Progress) -> ProgressUpdate:
    """Return the update from one progress of an order to another."""
    if now is before:
        return ProgressUpdate(before, (), is_changed=False)
    return ProgressUpdate(now, tuple(state_changes(before, now)))


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
        case ResourcesRefused(request_id=request) | ServiceFailed(step=request):
            # After a refusal of a later step the order fails: work was done, it is not rejected.
            if message.code == RefusalCode.UNSERVED and request == FIRST_REQUEST:
                event = UNSERVED_EVENTS[event]
            return event, str(message.code), message.reason
        case ServiceHeld():
            return event, message.code, message.reason
        case _:
            return event, "", ""


def progress_as_published(
    progress: Progress, message: OrderStateChanged, at: datetime
) -> ProgressUpdate:
    """Return the progress that was published before the database was restored.

    The messages that led to it are consumed again: those that it is ahead of are ignored, or
    lead to it once more. A state that the order has left again since is not taken over.
    """
    if progress.is_final or at < progress.changed_at:
        return update_between(progress, progress)
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
    return update_between(progress, updated)


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
