"""Work orders (工单): work for people, dispatched by a plan and answered by crews."""

from dataclasses import dataclass, replace
from datetime import datetime
from enum import StrEnum
from typing import TypeAlias
from uuid import UUID

from services.provisioning.domain.advance import (
    WorkOrderAccepted,
    WorkOrderDone,
    WorkOrderEvent,
    WorkOrderReturned,
)
from services.provisioning.domain.plan.attempts import Attempt, work_order_id
from services.provisioning.domain.plan.plan import Plan
from services.provisioning.domain.plan.templates import call_parameters, values_of_step
from services.provisioning.domain.plan.working_plan import WorkOrderRequest
from shared.contracts import Characteristic, Held
from shared.errors import ConflictError


class WorkOrderState(StrEnum):
    """The state of a work order."""

    DISPATCHED = "dispatched"
    ACCEPTED = "accepted"
    REPORTED = "reported"
    """The crew has done it (回单)."""

    RETURNED = "returned"
    """The crew returned it, with a reason (退单)."""

    VOID = "void"
    """It is no longer needed (作废)."""


OPEN = frozenset({WorkOrderState.DISPATCHED, WorkOrderState.ACCEPTED})
"""A crew still has to answer it."""


@dataclass(frozen=True, slots=True)
class WorkOrder:
    """One work order, with the crew's answer."""

    id: UUID
    tenant: str
    local_network: str
    order_id: UUID
    step: str
    round: int
    undo: bool
    """It undoes what an earlier one has done."""

    job: str
    """The operation, in the crew's words, for example `install-onu`."""

    title: str
    skill: str
    district: str
    specification: str
    service_id: UUID
    address_id: str
    parameters: tuple[Characteristic, ...]
    held: tuple[Held, ...]
    """The resources that the service holds: where to connect what."""

    priority: int
    state: WorkOrderState
    dispatched_at: datetime
    accepted_at: datetime | None
    accepted_by: str
    answered_at: datetime | None
    answered_by: str
    remark: str
    """The crew's remark; the reason, if it returned the work order."""

    client: str = ""
    """The client whose order it belongs to; empty if the previous release wrote it last."""

    customer_id: str = ""


@dataclass(frozen=True, slots=True)
class AcceptWorkOrder:
    """A crew accepts a work order (签收)."""

    by: str


@dataclass(frozen=True, slots=True)
class ReportWorkOrder:
    """A crew reports it as done."""

    by: str
    remark: str


@dataclass(frozen=True, slots=True)
class ReturnWorkOrder:
    """A crew cannot do it, and gives the reason."""

    by: str
    remark: str


CrewAnswer: TypeAlias = AcceptWorkOrder | ReportWorkOrder | ReturnWorkOrder


def new_work_order(plan: Plan, request: WorkOrderRequest, now: datetime) -> WorkOrder:
    """Return the work order for a request of a plan."""
    item, step, undo = request
    blueprint, attempt = step.blueprint, Attempt.current(step, undo=undo)
    values = values_of_step(step, item)
    return WorkOrder(
        id=work_order_id(plan.order_id, attempt),
        tenant=plan.tenant,
        local_network=plan.local_network_of(item),
        order_id=plan.order_id,
        step=attempt.step,
        round=attempt.round,
        undo=attempt.undo,
        job=blueprint.undo if undo else blueprint.operation,
        title=f"undo: {step.title}" if undo else step.title,
        skill=blueprint.skill,
        district=values.district,
        specification=item.specification,
        service_id=item.service_id,
        address_id=item.address_id,
        parameters=call_parameters(step, values, undo=undo),
        held=values.held,
        priority=plan.priority,
        state=WorkOrderState.DISPATCHED,
        dispatched_at=now,
        accepted_at=None,
        accepted_by="",
        answered_at=None,
        answered_by="",
        remark="",
        client=plan.client,
        customer_id=plan.customer_id,
    )


def apply_crew_answer(work_order: WorkOrder, answer: CrewAnswer, now: datetime) -> WorkOrder:
    """Return a work order as it is after a crew's answer.

    The same answer given again changes nothing. A report or a return of a dispatched work
    order also accepts it.

    Raises:
        ConflictError: if it was answered differently before.
    """
    by = answer.by
    match work_order.state, answer:
        case WorkOrderState.DISPATCHED, AcceptWorkOrder():
            return accept(work_order, by, now)

        case WorkOrderState.DISPATCHED, ReportWorkOrder() | ReturnWorkOrder():
            return close(accept(work_order, by, now), answer, now)

        case WorkOrderState.ACCEPTED, ReportWorkOrder() | ReturnWorkOrder():
            return close(work_order, answer, now)

        case (
            WorkOrderState.ACCEPTED | WorkOrderState.REPORTED | WorkOrderState.RETURNED,
            AcceptWorkOrder(),
        ) if by == work_order.accepted_by:
            return work_order

        case WorkOrderState.REPORTED, ReportWorkOrder(remark=remark) if remark == work_order.remark:
            return work_order

        case WorkOrderState.RETURNED, ReturnWorkOrder(remark=remark) if remark == work_order.remark:
            return work_order

        case _:
            raise conflicting_answer_error(work_order)


def plan_event_of(work_order: WorkOrder, answer: CrewAnswer) -> WorkOrderEvent:
    """Return the plan event for a crew's answer."""
    which = (work_order.step, work_order.undo, work_order.round)
    match answer:
        case AcceptWorkOrder():
            return WorkOrderAccepted(*which)
        case ReportWorkOrder():
            return WorkOrderDone(*which)
        case ReturnWorkOrder(remark=reason):
            return WorkOrderReturned(*which, reason)


def accept(work_order: WorkOrder, by: str, now: datetime) -> WorkOrder:
    """Return a work order that a crew has accepted."""
    return replace(work_order, state=WorkOrderState.ACCEPTED, accepted_by=by, accepted_at=now)


def close(
    work_order: WorkOrder, answer: ReportWorkOrder | ReturnWorkOrder, now: datetime
) -> WorkOrder:
    """Return a work order that a crew has reported or returned."""
    return replace(
        work_order,
        state=WorkOrderState.REPORTED
        if isinstance(answer, ReportWorkOrder)
        else WorkOrderState.RETURNED,
        answered_at=now,
        answered_by=answer.by,
        remark=answer.remark,
    )


def void(work_order: WorkOrder, now: datetime) -> WorkOrder:
    """Return a work order that is no longer needed."""
    return replace(work_order, state=WorkOrderState.VOID, answered_at=now)


def conflicting_answer_error(work_order: WorkOrder) -> ConflictError:
    """Return the error for an answer that contradicts an earlier one."""
    message = f"work order {work_order.id} is {work_order.state} already"
    return ConflictError(
        message, code="answered-otherwise", remedy="read the work order, and act on its state"
    )
