"""Handlers of the messages that the provisioning service consumes."""

from collections.abc import Iterable

from sqlalchemy.orm import Session

from services.provisioning.commands import plan_updates
from services.provisioning.domain.advance import advance
from services.provisioning.domain.plan.assignment import ResourcesAnswer
from services.provisioning.domain.plan.planner import existing_service_ids, plan_order
from services.provisioning.domain.plan.takeover import TakeoverMessage, plan_as_published
from services.provisioning.domain.reservation_answer import answer_question
from services.provisioning.domain.scheduled_messages import StepTimerExpired
from services.provisioning.domain.service import (
    check_follows,
    existing_services,
    require_existing,
)
from services.provisioning.store import blueprints, plans, pool_kinds, services
from shared.access.grants import access_grant_subscriptions
from shared.calls import call_store
from shared.calls.outbound_call import OutboundCallEnded
from shared.contracts import (
    OrderAccepted,
    OrderMessage,
    PoolKindsPublished,
    ReleaseRequested,
    ReservationQuestioned,
    ResourcesAssigned,
    ResourcesRefused,
    ResourcesReleased,
    ServiceCompleted,
    ServiceFailed,
)
from shared.messaging.dispatcher import index_subscriptions, on
from shared.messaging.unit_of_work import UnitOfWork
from shared.privacy.erasure import erasure_subscriptions
from shared.recovery.takeover import Takeover


def on_order_accepted(order: OrderAccepted, work: UnitOfWork) -> None:
    """Build the order's plan, and start it.

    Raises:
        EarlyMessageError: if it concerns a service that does not exist yet, or that an order before
            it will have changed.
    """
    newest = blueprints.get_newest(work.session, work.tenant)
    found = services.find_each_for_update(work.session, existing_service_ids(order))
    inventory = require_existing(found)
    check_follows(order, inventory)
    existing = existing_services(inventory)
    plan_updates.start_plan(work, plan_order(order, newest, existing, work.cause, work.now))


def on_plan_event(
    event: ResourcesAnswer | OutboundCallEnded | StepTimerExpired, work: UnitOfWork
) -> None:
    """Advance the order's plan.

    Raises:
        EarlyMessageError: if the order has no plan yet: its `order.accepted` is consumed later.
    """
    plan = plans.expect_for_update(work.session, event.order_id)
    plan_updates.save_and_start_effects(work, plan, advance(plan, event))


def on_reservation_questioned(question: ReservationQuestioned, work: UnitOfWork) -> None:
    """Answer whether the order's plan needs what is reserved for it."""
    plan = plans.find_in_tenant_for_update(work.session, work.tenant, question.order_id)
    current = services.of_plan(work.session, plan) if plan else {}
    work.publish(answer_question(question, plan, current))


def on_pool_kinds(message: PoolKindsPublished, work: UnitOfWork) -> None:
    """Store the kinds of resources that a tenant, or the release, has."""
    pool_kinds.replace_for_tenant(work.session, message.owner_tenant, message.kinds)


def take_over(message: TakeoverMessage, work: UnitOfWork) -> None:
    """Restore the order's plan to the state that a message published before the restore.

    Raises:
        EarlyMessageError: if the order has no plan yet, or a service that it ended does not exist
            yet: the message that creates it is consumed later.
    """
    plan = plans.expect_for_update(work.session, message.order_id)
    call_store.cancel_order_calls(work.session, message.order_id, work.now)
    plan_updates.save_and_start_effects(work, plan, plan_as_published(plan, message))


def preload_services(session: Session, orders: Iterable[OrderAccepted]) -> None:
    """Read the existing services that these orders concern."""
    services.preload(session, [id_ for order in orders for id_ in existing_service_ids(order)])


def preload_plans(session: Session, messages: Iterable[OrderMessage]) -> None:
    """Read the plans of these messages' orders."""
    plans.preload(session, [each.order_id for each in messages])


SUBSCRIPTIONS = index_subscriptions(
    on(OrderAccepted, on_order_accepted, preload=preload_services),
    on(ResourcesAssigned, on_plan_event, preload=preload_plans),
    on(ResourcesRefused, on_plan_event, preload=preload_plans),
    on(ResourcesReleased, on_plan_event, preload=preload_plans),
    on(OutboundCallEnded, on_plan_event, preload=preload_plans),
    on(StepTimerExpired, on_plan_event, preload=preload_plans),
    on(ReservationQuestioned, on_reservation_questioned),
    on(PoolKindsPublished, on_pool_kinds),
    *erasure_subscriptions(),
    *access_grant_subscriptions(),
)

TAKEOVER = Takeover(
    index_subscriptions(
        on(ReleaseRequested, take_over),
        on(ServiceCompleted, take_over),
        on(ServiceFailed, take_over),
    )
)
"""Plans are made again from their `order.accepted`; their ends are taken from these messages."""
