"""What the provisioning service does when it hears something."""

from services.provisioning.commands import plan_decisions
from services.provisioning.domain.plan.advance import advance
from services.provisioning.domain.plan.planner import plan_order
from services.provisioning.domain.plan.takeover import TakeoverMessage, plan_as_published
from services.provisioning.domain.reservation import answer_question
from services.provisioning.domain.scheduled_messages import PauseEnded
from services.provisioning.store import blueprints, plans, services
from shared.access.grants import grant_subscriptions
from shared.calls import call_store
from shared.calls.outbound_call import OutboundCallEnded
from shared.contracts import (
    OrderAccepted,
    ReleaseRequested,
    ReservationQuestioned,
    ResourcesAssigned,
    ResourcesRefused,
    ResourcesReleased,
    ServiceCompleted,
    ServiceFailed,
)
from shared.messaging.dispatcher import on, subscribe
from shared.messaging.unit_of_work import UnitOfWork
from shared.privacy.erasure import erasure_subscriptions
from shared.recovery.takeover import Takeover


def on_order_accepted(order: OrderAccepted, work: UnitOfWork) -> None:
    """Draw the order's plan, and begin it.

    Raises:
        TooEarlyError: if it changes or ends a service that is not made yet.
    """
    known = blueprints.get_newest(work.session, work.tenant)
    made = services.existing_characteristics(work.session, order)
    plan_decisions.start_plan(work, plan_order(order, known, made, work.cause, work.now))


def on_plan_event(
    news: ResourcesAssigned | ResourcesRefused | ResourcesReleased | OutboundCallEnded | PauseEnded,
    work: UnitOfWork,
) -> None:
    """Move the order's plan on.

    Raises:
        TooEarlyError: if the order has no plan yet: what it was accepted with is read later.
    """
    plan = plans.expect(work.session, news.order_id)
    plan_decisions.apply(work, plan, advance(plan, news))


def on_reservation_questioned(question: ReservationQuestioned, work: UnitOfWork) -> None:
    """Say whether the order's plan needs what is reserved for it."""
    plan = plans.find(work.session, question.order_id)
    own = plan if plan and plan.tenant == work.tenant else None
    work.publish(answer_question(question, own, services.of_plan(work.session, own) if own else {}))


def take_over(told: TakeoverMessage, work: UnitOfWork) -> None:
    """Leave the order's plan as it was told to be before the database was restored.

    Raises:
        TooEarlyError: if the order has no plan yet, or what it has ended is not made yet: what
            makes it is read later.
    """
    plan = plans.expect(work.session, told.order_id)
    call_store.cancel_order_calls(work.session, told.order_id, work.now)
    plan_decisions.apply(work, plan, plan_as_published(plan, told))


SUBSCRIPTIONS = subscribe(
    on(OrderAccepted, on_order_accepted, preload=services.preload),
    on(ResourcesAssigned, on_plan_event, preload=plans.preload),
    on(ResourcesRefused, on_plan_event, preload=plans.preload),
    on(ResourcesReleased, on_plan_event, preload=plans.preload),
    on(OutboundCallEnded, on_plan_event, preload=plans.preload),
    on(PauseEnded, on_plan_event, preload=plans.preload),
    on(ReservationQuestioned, on_reservation_questioned),
    *erasure_subscriptions(),
    *grant_subscriptions(),
)

TAKEOVER = Takeover(
    subscribe(
        on(ReleaseRequested, take_over),
        on(ServiceCompleted, take_over),
        on(ServiceFailed, take_over),
    )
)
"""Plans are drawn once more from what orders were accepted with; their ends are as told."""
