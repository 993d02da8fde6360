"""Orders as the unified view shows them.

Each kind of message is stored as a fact of its own; the state is derived from the facts
present. So the order in which the messages arrive does not matter.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import TypeAlias, assert_never
from uuid import UUID

from shared.contracts import (
    ItemHoldings,
    OrderAccepted,
    OrderCompleted,
    OrderedItem,
    OrderFailed,
    OrderRejected,
    ResourcesAssigned,
    ServiceHeld,
    ServiceResumed,
)
from shared.errors import PoisonError

OrderEndedMessage: TypeAlias = OrderCompleted | OrderFailed | OrderRejected


class OrderState(StrEnum):
    """The states of TMF622 that the view distinguishes."""

    ACKNOWLEDGED = "acknowledged"
    IN_PROGRESS = "inProgress"
    HELD = "held"
    COMPLETED = "completed"
    FAILED = "failed"
    REJECTED = "rejected"


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


@dataclass(frozen=True, slots=True)
class HoldEvent:
    """The plan of an order was held for people, or resumed after their decision."""

    id: UUID
    """The id of the message."""

    tenant: str
    order_id: UUID
    told_at: datetime
    is_hold: bool
    """False if it resumed."""

    step: str
    code: str = ""
    reason: str = ""


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


def hold_event_from_message(
    message: ServiceHeld | ServiceResumed, id_: UUID, tenant: str, told_at: datetime
) -> HoldEvent:
    """Return the event that an order's plan was held, or resumed."""
    match message:
        case ServiceHeld(order_id=order, step=step, code=code, reason=reason):
            return HoldEvent(id_, tenant, order, told_at, True, step, code, reason)  # noqa: FBT003
        case ServiceResumed(order_id=order, step=step):
            return HoldEvent(id_, tenant, order, told_at, False, step)  # noqa: FBT003
        case _:
            assert_never(message)


def current_hold(hold_events: Iterable[HoldEvent]) -> HoldEvent | None:
    """Return the current hold: there is one if there are more holds than resumptions."""
    by_time = sorted(hold_events, key=lambda event: (event.told_at, event.id))
    holds = [event for event in by_time if event.is_hold]
    return holds[-1] if len(holds) > len(by_time) - len(holds) else None


def order_state(
    result: OrderResult | None, assignment: Assignment | None, hold_events: Sequence[HoldEvent]
) -> OrderState:
    """Return the state from these facts; a later stage of the order's life takes precedence."""
    if result:
        return result.state
    if current_hold(hold_events):
        return OrderState.HELD
    if assignment or hold_events:
        return OrderState.IN_PROGRESS
    return OrderState.ACKNOWLEDGED
