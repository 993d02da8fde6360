"""Work orders (工单): work for people, sent out by a plan and answered by them."""

from dataclasses import dataclass, replace
from datetime import datetime
from enum import StrEnum
from typing import TypeAlias
from uuid import UUID

from services.provisioning.domain.advance import Accepted, CrewAnswer, Reported, Returned
from services.provisioning.domain.filling import fill_text, parameters_of
from services.provisioning.domain.plan import Plan, rounds_of, work_order_id
from services.provisioning.domain.turn import Job
from shared.contracts import Characteristic, Held
from shared.errors import ConflictError


class WorkState(StrEnum):
    """Where a work order stands."""

    DISPATCHED = "dispatched"
    ACCEPTED = "accepted"
    REPORTED = "reported"
    """The crew has done it (回单)."""

    RETURNED = "returned"
    """The crew came back with a reason (退单)."""

    VOID = "void"
    """Nobody needs it any more (作废)."""


OPEN = frozenset({WorkState.DISPATCHED, WorkState.ACCEPTED})
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
    state: WorkState
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
class Accept:
    """A crew takes a work order on (签收)."""

    by: str


@dataclass(frozen=True, slots=True)
class Report:
    """A crew has done it."""

    by: str
    remark: str


@dataclass(frozen=True, slots=True)
class Return:
    """A crew cannot do it, and says why."""

    by: str
    remark: str


Answer: TypeAlias = Accept | Report | Return


def sent_out(plan: Plan, job: Job, now: datetime) -> WorkOrder:
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
        parameters=parameters_of(drawn, item),
        held=item.held,
        priority=plan.priority,
        state=WorkState.DISPATCHED,
        dispatched_at=now,
        accepted_at=None,
        accepted_by="",
        answered_at=None,
        answered_by="",
        remark="",
        client=plan.client,
        customer_id=plan.customer_id,
    )


def answered(work_order: WorkOrder, answer: Answer, now: datetime) -> WorkOrder:
    """Return a work order as it is after a crew's answer.

    The same answer given again changes nothing. A report without an acceptance
    before it accepts as well.

    Raises:
        ConflictError: if it was answered otherwise already.
    """
    by = answer.by
    match work_order.state, answer:
        case WorkState.DISPATCHED, Accept():
            return taken_on(work_order, by, now)

        case WorkState.DISPATCHED, Report() | Return():
            return ended(taken_on(work_order, by, now), answer, now)

        case WorkState.ACCEPTED, Report() | Return():
            return ended(work_order, answer, now)

        case WorkState.ACCEPTED | WorkState.REPORTED | WorkState.RETURNED, Accept() if (
            by == work_order.accepted_by
        ):
            return work_order

        case WorkState.REPORTED, Report(remark=remark) if remark == work_order.remark:
            return work_order

        case WorkState.RETURNED, Return(remark=remark) if remark == work_order.remark:
            return work_order

        case _:
            raise answered_otherwise(work_order)


def news_of(work_order: WorkOrder, answer: Answer) -> CrewAnswer:
    """Return what a crew's answer means for the plan that sent it out."""
    which = (work_order.step, work_order.undo, work_order.round)
    match answer:
        case Accept():
            return Accepted(*which)
        case Report():
            return Reported(*which)
        case Return(remark=reason):
            return Returned(*which, reason)


def taken_on(work_order: WorkOrder, by: str, now: datetime) -> WorkOrder:
    """Return a work order that a crew has accepted."""
    return replace(work_order, state=WorkState.ACCEPTED, accepted_by=by, accepted_at=now)


def ended(work_order: WorkOrder, answer: Report | Return, now: datetime) -> WorkOrder:
    """Return a work order that a crew is through with."""
    return replace(
        work_order,
        state=WorkState.REPORTED if isinstance(answer, Report) else WorkState.RETURNED,
        answered_at=now,
        answered_by=answer.by,
        remark=answer.remark,
    )


def voided(work_order: WorkOrder, now: datetime) -> WorkOrder:
    """Return a work order that nobody needs any more."""
    return replace(work_order, state=WorkState.VOID, answered_at=now)


def answered_otherwise(work_order: WorkOrder) -> ConflictError:
    """Return the no to an answer that contradicts an earlier one."""
    message = f"work order {work_order.id} is {work_order.state} already"
    return ConflictError(
        message, code="answered-otherwise", remedy="read it, and go by what it says"
    )
