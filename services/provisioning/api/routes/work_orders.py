"""Work orders (工单): the work list, and the crews' answers."""

from functools import partial
from typing import Annotated, TypeAlias
from uuid import UUID

from fastapi import Response

from services.provisioning.api.schemas.work_orders import (
    EMPTY_ACCEPT,
    EMPTY_REPORT,
    AcceptBody,
    FilterText,
    ReportBody,
    ReturnSchema,
    StateFilter,
)
from services.provisioning.api.views.work_orders import WorkOrderView
from services.provisioning.commands.work_orders import answer_work_order
from services.provisioning.domain.work_order import OPEN, CrewAnswer
from services.provisioning.store import work_orders as store
from shared.access.access_rule import crew_scope_of, data_scope_of, require_visible
from shared.contracts import Causation
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
from shared.http.collection_paths import OPS_PATH
from shared.http.command_batcher import CommandBatcher
from shared.security.caller import Caller

WORK_ORDERS_PATH = f"{OPS_PATH}/work-orders"

WorkOrderReader: TypeAlias = Annotated[
    Caller, allow("viewer:read", "network:read", "crm:order.read", "crew:workorder")
]
CrewMember: TypeAlias = Annotated[Caller, allow("ops:workorder", "crew:workorder")]

router = Router(tags=["work orders"])


@router.get(WORK_ORDERS_PATH)
def list_work_orders(  # noqa: PLR0913  each is a part of the request
    *,
    caller: WorkOrderReader,
    session: ReadSessionDep,
    page: PageDep,
    response: Response,
    state: StateFilter = OPEN,
    skill: FilterText = "",
    district: FilterText = "",
    local_network: FilterText = "",
    order_id: UUID | None = None,
) -> list[WorkOrderView]:
    """Return work orders; by default the open ones, the most urgent first."""
    wanted = store.WorkOrderFilter(state, skill, district, local_network, order_id)
    found = store.find(session, visibility_of(caller), wanted, page.window)
    shown = paginate(response, page, found, keys=store.sort_key_function(wanted))
    return [WorkOrderView.of(each) for each in shown]


@router.get(f"{WORK_ORDERS_PATH}/{{work_order_id}}")
def read_work_order(
    work_order_id: UUID, caller: WorkOrderReader, session: ReadSessionDep
) -> WorkOrderView:
    """Return one work order."""
    found = store.find_visible(session, visibility_of(caller), work_order_id)
    return WorkOrderView.of(require_visible(found, kind="work order", id_=work_order_id))


@router.post(f"{WORK_ORDERS_PATH}/{{work_order_id}}/accept", responses=error_responses(409, 422))
async def accept_work_order(
    work_order_id: UUID,
    caller: CrewMember,
    cause: CausationDep,
    batcher: CommandBatcherDep,
    body: AcceptBody = EMPTY_ACCEPT,
) -> WorkOrderView:
    """Accept a work order (签收). A repetition changes nothing."""
    return await run_answer(work_order_id, body.to_domain(caller), caller, cause, batcher)


@router.post(f"{WORK_ORDERS_PATH}/{{work_order_id}}/report", responses=error_responses(409, 422))
async def report_work_order(
    work_order_id: UUID,
    caller: CrewMember,
    cause: CausationDep,
    batcher: CommandBatcherDep,
    body: ReportBody = EMPTY_REPORT,
) -> WorkOrderView:
    """Report a work order as done (回单); this also accepts it. A repetition changes nothing."""
    return await run_answer(work_order_id, body.to_domain(caller), caller, cause, batcher)


@router.post(f"{WORK_ORDERS_PATH}/{{work_order_id}}/return", responses=error_responses(409, 422))
async def return_work_order(
    work_order_id: UUID,
    caller: CrewMember,
    cause: CausationDep,
    batcher: CommandBatcherDep,
    body: ReturnSchema,
) -> WorkOrderView:
    """Return a work order with the reason why it is not done (退单).

    Another crew is dispatched, up to the blueprint's tries; then the step has failed.
    """
    return await run_answer(work_order_id, body.to_domain(caller), caller, cause, batcher)


async def run_answer(
    work_order_id: UUID,
    answer: CrewAnswer,
    caller: Caller,
    cause: Causation,
    batcher: CommandBatcher,
) -> WorkOrderView:
    """Apply a crew's answer through the command batcher."""
    command = partial(answer_work_order, work_order_id, answer, visibility_of(caller))
    return WorkOrderView.of(
        await batcher.execute(cause, command, preload=store.preload, preload_key=work_order_id)
    )


def visibility_of(caller: Caller) -> store.Visibility:
    """Return which work orders a caller may see."""
    return store.Visibility(data_scope_of(caller), crew_scope_of(caller))
