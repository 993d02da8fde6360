"""What the provisioning service does when it hears something."""

from services.provisioning.domain.advance import advance
from services.provisioning.domain.draft import draft
from services.provisioning.domain.messages import PauseEnded
from services.provisioning.domain.plan import answered
from services.provisioning.store import blueprints, outcome, plans, services
from shared.attempts import AttemptAnswered
from shared.contracts import (
    OrderAccepted,
    ReservationQuestioned,
    ResourcesAssigned,
    ResourcesRefused,
    ResourcesReleased,
)
from shared.erasure import forgetting
from shared.grants import obeying_grants
from shared.inbox import on, subscribe
from shared.work import Work


def on_accepted(order: OrderAccepted, work: Work) -> None:
    """Draw the order's plan, and begin it."""
    known = blueprints.get(work.session, work.tenant)
    made = services.made(work.session, order)
    outcome.begin(work, draft(order, known, made, work.cause, work.now))


def on_news(
    news: ResourcesAssigned | ResourcesRefused | ResourcesReleased | AttemptAnswered | PauseEnded,
    work: Work,
) -> None:
    """Move the order's plan on."""
    plan = plans.get(work.session, news.order_id)
    outcome.carry_out(work, plan, advance(plan, news))


def on_questioned(question: ReservationQuestioned, work: Work) -> None:
    """Say whether the order's plan needs what is reserved for it."""
    plan = plans.find(work.session, question.order_id)
    own = plan if plan and plan.tenant == work.tenant else None
    work.emit(answered(question, own))


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
