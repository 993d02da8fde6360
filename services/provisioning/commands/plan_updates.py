"""Storing the update of a plan, and starting what it causes."""

from collections.abc import Iterable
from dataclasses import replace
from uuid import UUID

from services.provisioning.domain import service
from services.provisioning.domain.fallout import fallout
from services.provisioning.domain.fallout.fallout import FalloutChange, FalloutState
from services.provisioning.domain.plan import state_changes
from services.provisioning.domain.plan.plan import Plan, PlanState
from services.provisioning.domain.plan.working_plan import PlanUpdate, StepTimer, WorkOrderRequest
from services.provisioning.domain.scheduled_messages import StepTimerExpired
from services.provisioning.domain.work_order import WorkOrder, new_work_order, void
from services.provisioning.store import services
from services.provisioning.store.fallout import FALLOUT
from services.provisioning.store.plans import PLANS
from services.provisioning.store.services import SERVICES
from services.provisioning.store.work_orders import WORK_ORDERS
from shared.calls.call_store import request_call
from shared.messaging.unit_of_work import UnitOfWork
from shared.scheduling.timer_store import schedule


def start_plan(work: UnitOfWork, update: PlanUpdate) -> None:
    """Store a new plan, and start what its update causes."""
    PLANS.add(work.session, update.plan)
    start_effects(work, None, update)


def save_and_start_effects(work: UnitOfWork, before: Plan, update: PlanUpdate) -> None:
    """Store a changed plan, and start what its update causes.

    Its messages carry the plan's local network, also when an API request is the cause.
    """
    plan = update.plan
    if work.local_network != plan.local_network:
        work.cause = replace(work.cause, local_network=plan.local_network)
    PLANS.put(work.session, plan)
    start_effects(work, before, update)
    for change in fallout.fallout_changes(before, plan):
        save_fallout(work, plan, change)
    if plan.state is PlanState.COMPLETED and before.state is not PlanState.COMPLETED:
        save_services(work, plan)


def start_effects(work: UnitOfWork, before: Plan | None, update: PlanUpdate) -> None:
    """Record the state changes; start calls, work orders and timers; publish the messages."""
    plan = update.plan
    for part, was, became, reason in state_changes.plan_state_changes(before, plan):
        kind = "step" if part else "plan"
        work.record_change(kind, plan.order_id, was, became, part=part, reason=reason)
    for call in update.calls:
        request_call(work, call)
    dispatch_work_orders(work, plan, update.work_order_requests)
    void_work_orders(work, update.voided)
    schedule_step_timers(work, plan, update.timers)
    work.publish(*update.messages)


def dispatch_work_orders(
    work: UnitOfWork, plan: Plan, requests: Iterable[WorkOrderRequest]
) -> None:
    """Store new work orders."""
    for request in requests:
        save_work_order(work, None, new_work_order(plan, request, work.now))


def void_work_orders(work: UnitOfWork, ids: Iterable[UUID]) -> None:
    """Void work orders that are no longer needed."""
    for id_ in ids:
        before = WORK_ORDERS.get_for_update(work.session, id_)
        save_work_order(work, before, void(before, work.now))


def save_work_order(work: UnitOfWork, before: WorkOrder | None, after: WorkOrder) -> None:
    """Store a work order that is new or has changed."""
    (WORK_ORDERS.put if before else WORK_ORDERS.add)(work.session, after)
    was = before.state if before else ""
    work.record_change("work-order", after.order_id, was, after.state, part=after.step)


def schedule_step_timers(work: UnitOfWork, plan: Plan, timers: Iterable[StepTimer]) -> None:
    """Schedule the end of each wait; one that is past already is handled at once."""
    for ref, length, since in timers:
        ends_at = (since or work.now) + length
        schedule(work, ends_at, StepTimerExpired(order_id=plan.order_id, step=ref))


def save_fallout(work: UnitOfWork, plan: Plan, change: FalloutChange) -> None:
    """Store a step that entered fallout, or what came of it."""
    current = FALLOUT.find_for_update(work.session, change.id)
    if current:
        after = fallout.update_fallout(current, change, work.now)
    else:
        after = fallout.open_fallout(plan, change, work.now)
    FALLOUT.put(work.session, after)
    was = current.state if current else ""
    part, reason = after.step, after.reason if after.state is FalloutState.OPEN else ""
    work.record_change("fallout", plan.order_id, was, after.state, part=part, reason=reason)


def save_services(work: UnitOfWork, plan: Plan) -> None:
    """Store the services that a completed plan has created, changed or terminated.

    Raises:
        EarlyMessageError: if one that it has changed or terminated does not exist yet.
    """
    found = services.find_each_for_update(work.session, service.changed_service_ids(plan))
    inventory = service.require_existing(found)
    for each in service.services_after(plan, inventory, work.now):
        (SERVICES.put if each.id in inventory else SERVICES.add)(work.session, each)
