"""Work orders (工单): the work list, and the crews' answers."""

from datetime import datetime
from functools import partial
from typing import Annotated, Literal, TypeAlias
from uuid import UUID

from fastapi import Body, Query, Response
from pydantic import ConfigDict, Field

from services.provisioning.api.examples import bodies
from services.provisioning.api.views.base import (
    OPS_PATH,
    BaseView,
    CharacteristicView,
    HeldResourceView,
    LongText,
    SignedSchema,
)
from services.provisioning.commands import plan_decisions
from services.provisioning.domain.plan.advance import advance
from services.provisioning.domain.work_order import (
    OPEN,
    AcceptWorkOrder,
    CrewAnswer,
    ReportWorkOrder,
    ReturnWorkOrder,
    WorkOrder,
    WorkOrderState,
    apply_crew_answer,
    plan_event_of,
)
from services.provisioning.store import plans
from services.provisioning.store import work_orders as store
from shared.access.access_rule import crew_of, data_scope_of
from shared.http import (
    CausationDep,
    CommandBatcherDep,
    PageDep,
    ReadSessionDep,
    Router,
    error_responses,
    paginate,
)
from shared.http.authorization import allow
from shared.messaging.unit_of_work import UnitOfWork
from shared.security.caller import Caller

WORK_ORDERS_PATH = f"{OPS_PATH}/work-orders"

WorkOrderReader: TypeAlias = Annotated[
    Caller, allow("viewer:read", "network:read", "crm:order.read", "crew:workorder")
]
CrewMember: TypeAlias = Annotated[Caller, allow("ops:workorder", "crew:workorder")]
FilterText: TypeAlias = Annotated[str, Query(max_length=128)]

router = Router(tags=["work orders"])


class AcceptSchema(SignedSchema):
    """Who takes it on."""

    model_config = ConfigDict(json_schema_extra={"examples": [bodies.ACCEPTED]})


class ReportSchema(SignedSchema):
    """What a crew reports back."""

    model_config = ConfigDict(json_schema_extra={"examples": [bodies.REPORTED]})

    result: Literal["done"] = "done"
    """What is not done is returned, with the reason."""

    remark: LongText = ""


EMPTY_ACCEPT, EMPTY_REPORT = AcceptSchema(), ReportSchema()


class ReturnSchema(SignedSchema):
    """Why a crew came back."""

    model_config = ConfigDict(json_schema_extra={"examples": [bodies.RETURNED]})

    reason: Annotated[LongText, Field(min_length=1)]


class WorkOrderView(BaseView):
    """One piece of work for people."""

    model_config = ConfigDict(json_schema_extra={"examples": [bodies.WORK_ORDER]})

    id: UUID
    order_id: UUID
    step: str
    round: int
    """The how-manieth crew that is sent out for the step."""

    undo: bool
    """It takes away what an earlier work order has made."""

    state: WorkOrderState
    job: str
    title: str
    skill: str
    district: str
    local_network: str
    specification: str
    service_id: UUID
    address_id: str
    parameters: tuple[CharacteristicView, ...]
    held: tuple[HeldResourceView, ...]
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
            held=HeldResourceView.all(order.held),
            priority=order.priority,
            dispatched_at=order.dispatched_at,
            accepted_at=order.accepted_at,
            accepted_by=order.accepted_by,
            answered_at=order.answered_at,
            answered_by=order.answered_by,
            remark=order.remark,
        )


@router.get(WORK_ORDERS_PATH)
def list_work_orders(  # noqa: PLR0913  each is a part of the request
    *,
    caller: WorkOrderReader,
    session: ReadSessionDep,
    page: PageDep,
    response: Response,
    state: Annotated[frozenset[WorkOrderState], Query()] = OPEN,
    skill: FilterText = "",
    district: FilterText = "",
    local_network: FilterText = "",
    order_id: UUID | None = None,
) -> list[WorkOrderView]:
    """Return work orders: the open ones, the most urgent first, unless others are asked for."""
    wanted = store.WorkOrderFilter(state, skill, district, local_network, order_id)
    found = store.find(session, visibility_of(caller), wanted, page.window)
    shown = paginate(response, page, found, keys=store.sort_keys(wanted))
    return [WorkOrderView.of(each) for each in shown]


@router.get(f"{WORK_ORDERS_PATH}/{{work_order_id}}")
def read_work_order(
    work_order_id: UUID, caller: WorkOrderReader, session: ReadSessionDep
) -> WorkOrderView:
    """Return one work order."""
    return WorkOrderView.of(store.get_visible(session, visibility_of(caller), work_order_id))


@router.post(f"{WORK_ORDERS_PATH}/{{work_order_id}}/accept", responses=error_responses(409, 422))
async def accept_work_order(
    work_order_id: UUID,
    caller: CrewMember,
    cause: CausationDep,
    batcher: CommandBatcherDep,
    said: Annotated[AcceptSchema, Body()] = EMPTY_ACCEPT,
) -> WorkOrderView:
    """Take a work order on (签收). The same again changes nothing."""
    accept = partial(
        answer_work_order,
        work_order_id,
        AcceptWorkOrder(said.signature(caller)),
        visibility_of(caller),
    )
    return await batcher.execute(cause, accept, preload=store.preload, preload_key=work_order_id)


@router.post(f"{WORK_ORDERS_PATH}/{{work_order_id}}/report", responses=error_responses(409, 422))
async def report_work_order(
    work_order_id: UUID,
    caller: CrewMember,
    cause: CausationDep,
    batcher: CommandBatcherDep,
    said: Annotated[ReportSchema, Body()] = EMPTY_REPORT,
) -> WorkOrderView:
    """Report a work order done (回单); who reports has accepted. The same again changes nothing."""
    reported = ReportWorkOrder(said.signature(caller), said.remark)
    report = partial(answer_work_order, work_order_id, reported, visibility_of(caller))
    return await batcher.execute(cause, report, preload=store.preload, preload_key=work_order_id)


@router.post(f"{WORK_ORDERS_PATH}/{{work_order_id}}/return", responses=error_responses(409, 422))
async def return_work_order(
    work_order_id: UUID,
    caller: CrewMember,
    cause: CausationDep,
    batcher: CommandBatcherDep,
    said: ReturnSchema,
) -> WorkOrderView:
    """Return a work order with the reason why it is not done (退单).

    Another crew is sent out, as often as the blueprint says; then people decide.
    """
    returned = ReturnWorkOrder(said.signature(caller), said.reason)
    give_back = partial(answer_work_order, work_order_id, returned, visibility_of(caller))
    return await batcher.execute(cause, give_back, preload=store.preload, preload_key=work_order_id)


def visibility_of(caller: Caller) -> store.Visibility:
    """Return which work orders a caller may see."""
    return store.Visibility(data_scope_of(caller), crew_of(caller))


def answer_work_order(
    work_order_id: UUID, said: CrewAnswer, visibility: store.Visibility, work: UnitOfWork
) -> WorkOrderView:
    """Take a crew's answer, and move the plan on that sent it out.

    Raises:
        ConflictError: if the work order was answered otherwise already.
    """
    before = store.get_visible_for_update(work.session, visibility, work_order_id)
    after = apply_crew_answer(before, said, work.now)
    if after != before:
        store.save(work, before, after)
        plan = plans.get_for_update(work.session, after.order_id)
        plan_decisions.apply(work, plan, advance(plan, plan_event_of(after, said)))
    return WorkOrderView.of(after)
