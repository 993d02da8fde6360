"""Orders as the unified view shows them.

Their states are those that the order service publishes: the view has no rule of its own. Each kind
of message is stored as a fact of its own, so it does not matter in which order they arrive.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from datetime import datetime
from typing import TypeAlias, assert_never
from uuid import UUID

from shared.contracts import (
    ItemHoldings,
    OrderAccepted,
    OrderCompleted,
    OrderedItem,
    OrderFailed,
    OrderQueued,
    OrderRejected,
    OrderState,
    OrderStateChanged,
    OrderTerms,
    ResourcesAssigned,
    ServiceHeld,
    ServiceResumed,
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
class LatestPublishedState:
    """The state of an order that was published last."""

    order_id: UUID
    tenant: str
    state: OrderState
    sequence: int
    """The number of its message among those about the order; 0 if it follows from holds alone."""

    changed_at: datetime
    code: str = ""
    reason: str = ""
    step: str = ""
    """The step of the plan at which the order is held."""


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


@dataclass(frozen=True, slots=True)
class OrderOutcome:
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


def order_from_message(order: OrderTerms, tenant: str, told_at: datetime) -> Order:
    """Return the stored part of an accepted or queued order."""
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
) -> LatestPublishedState:
    """Return the state that was published for an order."""
    return LatestPublishedState(
        message.order_id,
        tenant,
        message.state,
        sequence,
        changed_at,
        message.code,
        message.reason,
        message.step,
    )


def first_state_from_message(
    message: OrderTerms, tenant: str, published_at: datetime, sequence: int
) -> LatestPublishedState | None:
    """Return the state that the terms of an order say, if it waits or has waited; else None."""
    state = (message.order_id, tenant, OrderState.ACKNOWLEDGED, sequence, published_at)
    match message:
        case OrderQueued(waits_for=waits_for):
            reason = f"waits for order {', '.join(map(str, waits_for))}"
            return replace(
                LatestPublishedState(*state),
                state=OrderState.PENDING,
                code="product-busy",
                reason=reason,
            )
        case OrderAccepted(has_waited=True):
            return LatestPublishedState(*state)
        case _:
            return None


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


def outcome_from_message(
    message: OrderEndedMessage, tenant: str, told_at: datetime
) -> OrderOutcome:
    """Return how an order ended."""
    match message:
        case OrderCompleted():
            return OrderOutcome(message.order_id, tenant, OrderState.COMPLETED, told_at)
        case OrderFailed(code=code, reason=reason):
            return OrderOutcome(message.order_id, tenant, OrderState.FAILED, told_at, code, reason)
        case OrderRejected(code=code, reason=reason):
            return OrderOutcome(
                message.order_id, tenant, OrderState.REJECTED, told_at, code, reason
            )
        case _:
            assert_never(message)


def check_same_final_state(
    stored: Mapping[UUID, OrderState], outcomes: Iterable[OrderOutcome]
) -> None:
    """Check that orders ended in the same states as stored: an order ends once.

    Raises:
        PoisonError: if one has ended in another state before.
    """
    for each in outcomes:
        before = stored[each.order_id]
        if before is not each.state:
            msg = f"order {each.order_id} is {before}; it cannot be {each.state}"
            raise PoisonError(msg)


def assignment_from_message(message: ResourcesAssigned, tenant: str) -> Assignment:
    """Return what resources holds for an order."""
    return Assignment(message.order_id, tenant, message.items)


def order_state(
    order: Order,
    outcome: OrderOutcome | None,
    published: LatestPublishedState | None,
    assignment: Assignment | None,
) -> OrderState:
    """Return the state that was published last: an end is final, an accepted order acknowledged.

    Without published states, in an order of an earlier version, a hold of its plan counts, and it
    is in progress once it has resources.
    """
    if outcome:
        return outcome.state
    if published and (published.sequence or not order.publishes_states):
        return published.state
    if assignment and not order.publishes_states:
        return OrderState.IN_PROGRESS
    return OrderState.ACKNOWLEDGED
