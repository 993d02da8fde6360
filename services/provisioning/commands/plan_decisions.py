"""Writing down what was decided of a plan, and setting going what it asks for."""

from collections.abc import Iterable
from dataclasses import replace
from uuid import UUID

from services.provisioning.domain import service
from services.provisioning.domain.fallout import fallout
from services.provisioning.domain.fallout.fallout import FalloutChange, FalloutState
from services.provisioning.domain.plan import state_changes
from services.provisioning.domain.plan.plan import Plan, PlanState
from services.provisioning.domain.plan.plan_change import Pause, PlanDecision, WorkOrderRequest
from services.provisioning.domain.scheduled_messages import PauseEnded
from services.provisioning.domain.work_order import new_work_order, void
from services.provisioning.store import services, work_orders
from services.provisioning.store.fallout import FALLOUT
from services.provisioning.store.plans import PLANS
from services.provisioning.store.services import SERVICES
from services.provisioning.store.work_orders import WORK_ORDERS
from shared.calls.call_store import request_call
from shared.contracts import Action
from shared.messaging.unit_of_work import UnitOfWork
from shared.scheduling.timer_store import schedule


def start_plan(work: UnitOfWork, decision: PlanDecision) -> None:
    """Carry out what was decided of a new plan."""
    PLANS.add(work.session, decision.plan)
    start_effects(work, None, decision)


def apply(work: UnitOfWork, before: Plan, decision: PlanDecision) -> None:
    """Carry out what was decided of a plan, which was so before.

    What is told of it belongs to its area, also when a request from outside is the cause.
    """
    plan = decision.plan
    if work.local_network != plan.local_network:
        work.cause = replace(work.cause, local_network=plan.local_network)
    PLANS.put(work.session, plan)
    start_effects(work, before, decision)
    for change in fallout.fallout_changes(before, plan):
        save_fallout(work, plan, change)
    if plan.state is PlanState.COMPLETED and before.state is not PlanState.COMPLETED:
        save_services(work, plan)


def start_effects(work: UnitOfWork, before: Plan | None, decision: PlanDecision) -> None:
    """Remember what changed, and ask for all that is wanted: messages, calls, crews, time."""
    plan = decision.plan
    for part, was, became, reason in state_changes.plan_state_changes(before, plan):
        kind = "step" if part else "plan"
        work.record_change(kind, plan.order_id, was, became, part=part, reason=reason)
    for call in decision.calls:
        request_call(work, call)
    dispatch_work_orders(work, plan, decision.work_order_requests)
    void_work_orders(work, decision.voided)
    schedule_pauses(work, plan, decision.pauses)
    work.publish(*decision.messages)


def dispatch_work_orders(work: UnitOfWork, plan: Plan, jobs: Iterable[WorkOrderRequest]) -> None:
    """Send out crews."""
    for job in jobs:
        work_orders.save(work, None, new_work_order(plan, job, work.now))


def void_work_orders(work: UnitOfWork, ids: Iterable[UUID]) -> None:
    """Call off crews that have not begun."""
    for id_ in ids:
        before = WORK_ORDERS.get(work.session, id_)
        work_orders.save(work, before, void(before, work.now))


def schedule_pauses(work: UnitOfWork, plan: Plan, pauses: Iterable[Pause]) -> None:
    """Be reminded when a time has passed."""
    for ref, length in pauses:
        schedule(work, work.now + length, PauseEnded(order_id=plan.order_id, step=ref))


def save_fallout(work: UnitOfWork, plan: Plan, change: FalloutChange) -> None:
    """Keep that a step came to people, or what came of it."""
    known = FALLOUT.find(work.session, change.id)
    if known:
        after = fallout.update_fallout(known, change, work.now)
    else:
        after = fallout.open_fallout(plan, change, work.now)
    FALLOUT.put(work.session, after)
    was = known.state if known else ""
    part, reason = after.step, after.reason if after.state is FalloutState.OPEN else ""
    work.record_change("fallout", plan.order_id, was, after.state, part=part, reason=reason)


def save_services(work: UnitOfWork, plan: Plan) -> None:
    """Keep what runs in the network now, and what does no more."""
    known = services.inventory(work.session, plan)
    for each in service.services_after(plan, known, work.now):
        is_new = each.action is Action.ADD
        (SERVICES.add if is_new else SERVICES.put)(work.session, each)
