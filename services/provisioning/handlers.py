"""What the provisioning service does when it hears something."""

from services.provisioning.domain.advance import advance
from services.provisioning.domain.as_told import ToldOfPlan, as_told
from services.provisioning.domain.draft import draft
from services.provisioning.domain.messages import PauseEnded
from services.provisioning.domain.reservation import answered
from services.provisioning.store import blueprints, outcome, plans, services
from shared.access.grants import obeying_grants
from shared.calls import call_store
from shared.calls.outbound_call import AttemptAnswered
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
from shared.messaging.unit_of_work import Work
from shared.privacy.erasure import forgetting
from shared.recovery.takeover import Takeover


def on_accepted(order: OrderAccepted, work: Work) -> None:
    """Draw the order's plan, and begin it.

    Raises:
        TooEarlyError: if it changes or ends a service that is not made yet.
    """
    known = blueprints.get(work.session, work.tenant)
    made = services.made(work.session, order)
    outcome.begin(work, draft(order, known, made, work.cause, work.now))


def on_news(
    news: ResourcesAssigned | ResourcesRefused | ResourcesReleased | AttemptAnswered | PauseEnded,
    work: Work,
) -> None:
    """Move the order's plan on.

    Raises:
        TooEarlyError: if the order has no plan yet: what it was accepted with is read later.
    """
    plan = plans.expect(work.session, news.order_id)
    outcome.carry_out(work, plan, advance(plan, news))


def on_questioned(question: ReservationQuestioned, work: Work) -> None:
    """Say whether the order's plan needs what is reserved for it."""
    plan = plans.find(work.session, question.order_id)
    own = plan if plan and plan.tenant == work.tenant else None
    work.emit(answered(question, own, services.of_plan(work.session, own) if own else {}))


def take_over(told: ToldOfPlan, work: Work) -> None:
    """Leave the order's plan as it was told to be before the database was restored.

    Raises:
        TooEarlyError: if the order has no plan yet, or what it has ended is not made yet: what
            makes it is read later.
    """
    plan = plans.expect(work.session, told.order_id)
    call_store.call_off(work.session, told.order_id, work.now)
    outcome.carry_out(work, plan, as_told(plan, told))


SUBSCRIPTIONS = subscribe(
    on(OrderAccepted, on_accepted, needs=services.preload),
    on(ResourcesAssigned, on_news, needs=plans.preload),
    on(ResourcesRefused, on_news, needs=plans.preload),
    on(ResourcesReleased, on_news, needs=plans.preload),
    on(AttemptAnswered, on_news, needs=plans.preload),
    on(PauseEnded, on_news, needs=plans.preload),
    on(ReservationQuestioned, on_questioned),
    *forgetting(),
    *obeying_grants(),
)

TAKEOVER = Takeover(
    subscribe(
        on(ReleaseRequested, take_over),
        on(ServiceCompleted, take_over),
        on(ServiceFailed, take_over),
    )
)
"""Plans are drawn once more from what orders were accepted with; their ends are as told."""
