"""Orders as the unified view shows them.

Their states are those that the order service publishes: the view has no rule of its own. Each kind
of message is stored as a fact of its own, so it does not matter in which order they arrive.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import TypeAlias, assert_never
from uuid import UUID

from shared.contracts import (
    ItemHoldings,
    OrderAccepted,
    OrderCompleted,
    OrderedItem,
    OrderFailed,
    OrderRejected,
    OrderState,
    OrderStateChanged,
    ResourcesAssigned,
)
from shared.errors import PoisonError

OrderEndedMessage: TypeAlias = OrderCompleted | OrderFailed | OrderRejected


@dataclass(frozen=True, slots=True)
class Order:
    """An order as it was accepted."""

    order_id: UUID
    tenant: str
    party_id: str
    client: str
    external_id: str
    channel: str
    priority: int
    accepted_at: datetime
    one_off_cents: int
    monthly_cents: int
    items: tuple[OrderedItem, ...]
    publishes_states: bool
    """False for an order of a version that did not publish the states between start and end."""


@dataclass(frozen=True, slots=True)
class PublishedState:
    """The state of an order that was published last."""

    order_id: UUID
    tenant: str
    state: OrderState
    sequence: int
    """The number of its message among those about the order."""

    changed_at: datetime
    code: str = ""
    reason: str = ""
    step: str = ""
    """The step of the plan at which the order is held."""


@dataclass(frozen=True, slots=True)
class OrderResult:
    """How an order ended."""

    order_id: UUID
    tenant: str
    state: OrderState
    ended_at: datetime
    code: str = ""
    reason: str = ""


@dataclass(frozen=True, slots=True)
class Assignment:
    """What resources holds for an order."""

    order_id: UUID
    tenant: str
    items: tuple[ItemHoldings, ...]


def order_from_message(order: OrderAccepted, tenant: str, told_at: datetime) -> Order:
    """Return the stored part of an accepted order."""
    return Order(
        order.order_id,
        tenant,
        order.customer.id,
        order.client,
        order.external_id,
        order.channel,
        order.priority,
        told_at,
        order.one_off_cents,
        order.monthly_cents,
        order.items,
        order.publishes_states,
    )


def published_state_from_message(
    message: OrderStateChanged, tenant: str, changed_at: datetime, sequence: int
) -> PublishedState:
    """Return the state that was published for an order."""
    return PublishedState(
        message.order_id,
        tenant,
        message.state,
        sequence,
        changed_at,
        message.code,
        message.reason,
        message.step,
    )


def result_from_message(message: OrderEndedMessage, tenant: str, told_at: datetime) -> OrderResult:
    """Return how an order ended."""
    match message:
        case OrderCompleted():
            return OrderResult(message.order_id, tenant, OrderState.COMPLETED, told_at)
        case OrderFailed(code=code, reason=reason):
            return OrderResult(message.order_id, tenant, OrderState.FAILED, told_at, code, reason)
        case OrderRejected(code=code, reason=reason):
            return OrderResult(message.order_id, tenant, OrderState.REJECTED, told_at, code, reason)
        case _:
            assert_never(message)


def check_same_end(stored: Mapping[UUID, OrderState], results: Iterable[OrderResult]) -> None:
    """Check that orders ended in the same states as stored: an order ends once.

    Raises:
        PoisonError: if one has ended in another state before.
    """
    for each in results:
        before = stored[each.order_id]
        if before is not each.state:
            msg = f"order {each.order_id} is {before}; it cannot be {each.state}"
            raise PoisonError(msg)


def assignment_from_message(message: ResourcesAssigned, tenant: str) -> Assignment:
    """Return what resources holds for an order."""
    return Assignment(message.order_id, tenant, message.items)


def order_state(
    order: Order,
    result: OrderResult | None,
    published: PublishedState | None,
    assignment: Assignment | None,
) -> OrderState:
    """Return the state that was published last: an end is final, an accepted order acknowledged.

    An order of a version that did not publish its states is in progress once it has resources.
    """
    if result:
        return result.state
    if published:
        return published.state
    if assignment and not order.publishes_states:
        return OrderState.IN_PROGRESS
    return OrderState.ACKNOWLEDGED
