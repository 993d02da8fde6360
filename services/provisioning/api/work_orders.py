"""Work orders (工单): the work list, and the crews' answers."""

from datetime import datetime
from functools import partial
from typing import Annotated, Literal, TypeAlias
from uuid import UUID

from fastapi import Body, Query, Response
from pydantic import ConfigDict, Field

from services.provisioning.api import examples
from services.provisioning.api.shown import (
    OPS,
    CharacteristicView,
    HeldView,
    Shown,
    Signed,
    Text,
)
from services.provisioning.domain.advance import advance
from services.provisioning.domain.work_order import (
    OPEN,
    Accept,
    Answer,
    Report,
    Return,
    WorkOrder,
    WorkState,
    answered,
    news_of,
)
from services.provisioning.store import outcome, plans
from services.provisioning.store import work_orders as store
from shared.access.rule import crew_of, reach_of
from shared.http import Page, RequestCause, Router, ToDesk, ToRead, paged, refusals
from shared.http.authorization import allow
from shared.messaging.unit_of_work import Work
from shared.security.caller import Caller

WORK_ORDERS = f"{OPS}/work-orders"

Reader: TypeAlias = Annotated[
    Caller, allow("viewer:read", "network:read", "crm:order.read", "crew:workorder")
]
Worker: TypeAlias = Annotated[Caller, allow("ops:workorder", "crew:workorder")]
Which: TypeAlias = Annotated[str, Query(max_length=128)]

router = Router(tags=["work orders"])


class Taken(Signed):
    """Who takes it on."""

    model_config = ConfigDict(json_schema_extra={"examples": [examples.ACCEPTED]})


class Done(Signed):
    """What a crew reports back."""

    model_config = ConfigDict(json_schema_extra={"examples": [examples.REPORTED]})

    result: Literal["done"] = "done"
    """What is not done is returned, with the reason."""

    remark: Text = ""


TAKEN, DONE = Taken(), Done()


class CameBack(Signed):
    """Why a crew came back."""

    model_config = ConfigDict(json_schema_extra={"examples": [examples.RETURNED]})

    reason: Annotated[Text, Field(min_length=1)]


class WorkOrderView(Shown):
    """One piece of work for people."""

    model_config = ConfigDict(json_schema_extra={"examples": [examples.WORK_ORDER]})

    id: UUID
    order_id: UUID
    step: str
    round: int
    """The how-manieth crew that is sent out for the step."""

    undo: bool
    """It takes away what an earlier work order has made."""

    state: WorkState
    job: str
    title: str
    skill: str
    district: str
    local_network: str
    specification: str
    service_id: UUID
    address_id: str
    parameters: tuple[CharacteristicView, ...]
    held: tuple[HeldView, ...]
    """What to connect with what."""

    priority: int
    dispatched_at: datetime
    accepted_at: datetime | None
    accepted_by: str
    answered_at: datetime | None
    answered_by: str
    remark: str

    @classmethod
    def of(cls, order: WorkOrder) -> "WorkOrderView":
        """Show a work order."""
        return cls(
            id=order.id,
            order_id=order.order_id,
            step=order.step,
            round=order.round,
            undo=order.undo,
            state=order.state,
            job=order.job,
            title=order.title,
            skill=order.skill,
            district=order.district,
            local_network=order.local_network,
            specification=order.specification,
            service_id=order.service_id,
            address_id=order.address_id,
            parameters=CharacteristicView.all(order.parameters),
            held=HeldView.all(order.held),
            priority=order.priority,
            dispatched_at=order.dispatched_at,
            accepted_at=order.accepted_at,
            accepted_by=order.accepted_by,
            answered_at=order.answered_at,
            answered_by=order.answered_by,
            remark=order.remark,
        )


@router.get(WORK_ORDERS)
def list_work_orders(  # noqa: PLR0913  each is a part of the request
    *,
    caller: Reader,
    session: ToRead,
    page: Page,
    response: Response,
    state: Annotated[frozenset[WorkState], Query()] = OPEN,
    skill: Which = "",
    district: Which = "",
    local_network: Which = "",
    order_id: UUID | None = None,
) -> list[WorkOrderView]:
    """Return work orders: the open ones, the most urgent first, unless others are asked for."""
    wanted = store.Wanted(state, skill, district, local_network, order_id)
    found = store.find(session, sight_of(caller), wanted, page.rows)
    shown = paged(response, page, found, keys=store.keys_of(wanted))
    return [WorkOrderView.of(each) for each in shown]


@router.get(f"{WORK_ORDERS}/{{work_order_id}}")
def read_work_order(work_order_id: UUID, caller: Reader, session: ToRead) -> WorkOrderView:
    """Return one work order."""
    return WorkOrderView.of(store.look(session, sight_of(caller), work_order_id))


@router.post(f"{WORK_ORDERS}/{{work_order_id}}/accept", responses=refusals(409, 422))
async def accept_work_order(
    work_order_id: UUID,
    caller: Worker,
    cause: RequestCause,
    desk: ToDesk,
    said: Annotated[Taken, Body()] = TAKEN,
) -> WorkOrderView:
    """Take a work order on (签收). The same again changes nothing."""
    accept = partial(answer, work_order_id, Accept(said.signature(caller)), sight_of(caller))
    return await desk.serve(cause, accept, needs=store.preload, about=work_order_id)


@router.post(f"{WORK_ORDERS}/{{work_order_id}}/report", responses=refusals(409, 422))
async def report_work_order(
    work_order_id: UUID,
    caller: Worker,
    cause: RequestCause,
    desk: ToDesk,
    said: Annotated[Done, Body()] = DONE,
) -> WorkOrderView:
    """Report a work order done (回单); who reports has accepted. The same again changes nothing."""
    reported = Report(said.signature(caller), said.remark)
    report = partial(answer, work_order_id, reported, sight_of(caller))
    return await desk.serve(cause, report, needs=store.preload, about=work_order_id)


@router.post(f"{WORK_ORDERS}/{{work_order_id}}/return", responses=refusals(409, 422))
async def return_work_order(
    work_order_id: UUID, caller: Worker, cause: RequestCause, desk: ToDesk, said: CameBack
) -> WorkOrderView:
    """Return a work order with the reason why it is not done (退单).

    Another crew is sent out, as often as the blueprint says; then people decide.
    """
    returned = Return(said.signature(caller), said.reason)
    give_back = partial(answer, work_order_id, returned, sight_of(caller))
    return await desk.serve(cause, give_back, needs=store.preload, about=work_order_id)


def sight_of(caller: Caller) -> store.Sight:
    """Return which work orders a caller may see."""
    return store.Sight(reach_of(caller), crew_of(caller))


def answer(work_order_id: UUID, said: Answer, sight: store.Sight, work: Work) -> WorkOrderView:
    """Take a crew's answer, and move the plan on that sent it out.

    Raises:
        ConflictError: if the work order was answered otherwise already.
    """
    before = store.lend(work.session, sight, work_order_id)
    after = answered(before, said, work.now)
    if after != before:
        store.keep(work, before, after)
        plan = plans.get(work.session, after.order_id)
        outcome.carry_out(work, plan, advance(plan, news_of(after, said)))
    return WorkOrderView.of(after)
