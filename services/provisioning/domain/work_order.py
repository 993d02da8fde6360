"""Work orders (工单): work for people, sent out by a plan and answered by them."""

from dataclasses import dataclass, replace
from datetime import datetime
from enum import StrEnum
from typing import TypeAlias
from uuid import UUID

from services.provisioning.domain.plan.advance import (
    WorkOrderAccepted,
    WorkOrderEvent,
    WorkOrderReported,
    WorkOrderReturned,
)
from services.provisioning.domain.plan.plan import Plan, rounds_of, work_order_id
from services.provisioning.domain.plan.plan_change import WorkOrderRequest
from services.provisioning.domain.plan.templates import fill_parameters, fill_text
from shared.contracts import Characteristic, Held
from shared.errors import ConflictError


class WorkOrderState(StrEnum):
    """Where a work order stands."""

    DISPATCHED = "dispatched"
    ACCEPTED = "accepted"
    REPORTED = "reported"
    """The crew has done it (回单)."""

    RETURNED = "returned"
    """The crew came back with a reason (退单)."""

    VOID = "void"
    """Nobody needs it any more (作废)."""


OPEN = frozenset({WorkOrderState.DISPATCHED, WorkOrderState.ACCEPTED})
"""Somebody still has to answer it."""


@dataclass(frozen=True, slots=True)
class WorkOrder:
    """One piece of work for people."""

    id: UUID
    tenant: str
    local_network: str
    order_id: UUID
    step: str
    round: int
    undo: bool
    """It takes away what an earlier one has made."""

    job: str
    """What is to be done, in the crew's words, for example `install-onu`."""

    title: str
    skill: str
    district: str
    specification: str
    service_id: UUID
    address_id: str
    parameters: tuple[Characteristic, ...]
    held: tuple[Held, ...]
    """What the service holds: where to connect what."""

    priority: int
    state: WorkOrderState
    dispatched_at: datetime
    accepted_at: datetime | None
    accepted_by: str
    answered_at: datetime | None
    answered_by: str
    remark: str
    """What the crew had to say; the reason, if it came back."""

    client: str = ""
    """The client whose order it belongs to; empty where the release before wrote it last."""

    customer_id: str = ""


@dataclass(frozen=True, slots=True)
class AcceptWorkOrder:
    """A crew takes a work order on (签收)."""

    by: str


@dataclass(frozen=True, slots=True)
class ReportWorkOrder:
    """A crew has done it."""

    by: str
    remark: str


@dataclass(frozen=True, slots=True)
class ReturnWorkOrder:
    """A crew cannot do it, and says why."""

    by: str
    remark: str


CrewAnswer: TypeAlias = AcceptWorkOrder | ReportWorkOrder | ReturnWorkOrder


def new_work_order(plan: Plan, job: WorkOrderRequest, now: datetime) -> WorkOrder:
    """Return the work order for a job of a plan."""
    item, step, undo = job
    drawn = step.blueprint
    return WorkOrder(
        id=work_order_id(plan.order_id, step, undo=undo),
        tenant=plan.tenant,
        local_network=plan.network_of(item),
        order_id=plan.order_id,
        step=step.ref,
        round=rounds_of(step, undo=undo),
        undo=undo,
        job=drawn.undo if undo else drawn.operation,
        title=f"undo: {step.title}" if undo else step.title,
        skill=drawn.skill,
        district=fill_text(drawn.district, item),
        specification=item.specification,
        service_id=item.service_id,
        address_id=item.address_id,
        parameters=fill_parameters(drawn, item),
        held=item.held,
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

    The same answer given again changes nothing. A report without an acceptance
    before it accepts as well.

    Raises:
        ConflictError: if it was answered otherwise already.
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
            raise conflicting_answer(work_order)


def plan_event_of(work_order: WorkOrder, answer: CrewAnswer) -> WorkOrderEvent:
    """Return what a crew's answer means for the plan that sent it out."""
    which = (work_order.step, work_order.undo, work_order.round)
    match answer:
        case AcceptWorkOrder():
            return WorkOrderAccepted(*which)
        case ReportWorkOrder():
            return WorkOrderReported(*which)
        case ReturnWorkOrder(remark=reason):
            return WorkOrderReturned(*which, reason)


def accept(work_order: WorkOrder, by: str, now: datetime) -> WorkOrder:
    """Return a work order that a crew has accepted."""
    return replace(work_order, state=WorkOrderState.ACCEPTED, accepted_by=by, accepted_at=now)


def close(
    work_order: WorkOrder, answer: ReportWorkOrder | ReturnWorkOrder, now: datetime
) -> WorkOrder:
    """Return a work order that a crew is through with."""
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
    """Return a work order that nobody needs any more."""
    return replace(work_order, state=WorkOrderState.VOID, answered_at=now)


def conflicting_answer(work_order: WorkOrder) -> ConflictError:
    """Return the no to an answer that contradicts an earlier one."""
    message = f"work order {work_order.id} is {work_order.state} already"
    return ConflictError(
        message, code="answered-otherwise", remedy="read it, and go by what it says"
    )
