"""Writing down what was decided of a plan, and setting going what it asks for."""

from collections.abc import Iterable
from dataclasses import replace
from uuid import UUID

from services.provisioning.domain import fallout, history, service
from services.provisioning.domain.fallout import FalloutState, Happening
from services.provisioning.domain.messages import PauseEnded
from services.provisioning.domain.plan import Plan, PlanState
from services.provisioning.domain.turn import Decision, Job, Pause
from services.provisioning.domain.work_order import sent_out, voided
from services.provisioning.store import services, work_orders
from services.provisioning.store.fallout import FALLOUT
from services.provisioning.store.plans import PLANS
from services.provisioning.store.services import SERVICES
from services.provisioning.store.work_orders import WORK_ORDERS
from shared.calls.call_store import request
from shared.contracts import Action
from shared.messaging.unit_of_work import Work
from shared.scheduling.timer_store import remind


def begin(work: Work, decision: Decision) -> None:
    """Carry out what was decided of a new plan."""
    PLANS.add(work.session, decision.plan)
    set_going(work, None, decision)


def carry_out(work: Work, before: Plan, decision: Decision) -> None:
    """Carry out what was decided of a plan, which was so before.

    What is told of it belongs to its area, also when a request from outside is the cause.
    """
    plan = decision.plan
    if work.local_network != plan.local_network:
        work.cause = replace(work.cause, local_network=plan.local_network)
    PLANS.put(work.session, plan)
    set_going(work, before, decision)
    for happening in fallout.happenings(before, plan):
        keep_fallout(work, plan, happening)
    if plan.state is PlanState.COMPLETED and before.state is not PlanState.COMPLETED:
        keep_services(work, plan)


def set_going(work: Work, before: Plan | None, decision: Decision) -> None:
    """Remember what changed, and ask for all that is wanted: messages, calls, crews, time."""
    plan = decision.plan
    for part, was, became, reason in history.passages(before, plan):
        kind = "step" if part else "plan"
        work.note(kind, plan.order_id, was, became, part=part, reason=reason)
    for call in decision.calls:
        request(work, call)
    send_out(work, plan, decision.jobs)
    call_back(work, decision.voided)
    wait(work, plan, decision.pauses)
    work.emit(*decision.tell)


def send_out(work: Work, plan: Plan, jobs: Iterable[Job]) -> None:
    """Send out crews."""
    for job in jobs:
        work_orders.keep(work, None, sent_out(plan, job, work.now))


def call_back(work: Work, ids: Iterable[UUID]) -> None:
    """Call off crews that have not begun."""
    for id_ in ids:
        before = WORK_ORDERS.get(work.session, id_)
        work_orders.keep(work, before, voided(before, work.now))


def wait(work: Work, plan: Plan, pauses: Iterable[Pause]) -> None:
    """Be reminded when a time has passed."""
    for ref, length in pauses:
        remind(work, work.now + length, PauseEnded(order_id=plan.order_id, step=ref))


def keep_fallout(work: Work, plan: Plan, happening: Happening) -> None:
    """Keep that a step came to people, or what came of it."""
    known = FALLOUT.find(work.session, happening.id)
    if known:
        after = fallout.changed(known, happening, work.now)
    else:
        after = fallout.opened(plan, happening, work.now)
    FALLOUT.put(work.session, after)
    was = known.state if known else ""
    part, reason = after.step, after.reason if after.state is FalloutState.OPEN else ""
    work.note("fallout", plan.order_id, was, after.state, part=part, reason=reason)


def keep_services(work: Work, plan: Plan) -> None:
    """Keep what runs in the network now, and what does no more."""
    known = services.inventory(work.session, plan)
    for each in service.after(plan, known, work.now):
        is_new = each.action is Action.ADD
        (SERVICES.add if is_new else SERVICES.put)(work.session, each)
