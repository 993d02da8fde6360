"""Fallout (卡单): the steps in fallout, and the operators' decisions."""

from functools import partial
from uuid import UUID

from fastapi import Response
from sqlalchemy.orm import Session

from services.provisioning.api.schemas.fallout import (
    EMPTY_DECISION,
    OPEN_STATES,
    CodeFilter,
    ElementFilter,
    FalloutDecisionBody,
    SpecificationFilter,
    StateFilter,
)
from services.provisioning.api.views.fallout import FalloutView
from services.provisioning.commands.fallout import SignedDecision, apply_signed_decision
from services.provisioning.domain.fallout.actions import FalloutAction
from services.provisioning.store import blueprints, plans
from services.provisioning.store import fallout as store
from shared.access.access_rule import require_visible
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
from shared.http.callers import FalloutOperator, NetworkViewer
from shared.http.collection_paths import OPS_PATH
from shared.http.command_batcher import CommandBatcher
from shared.input.list_filters import ListFilter, check_filter_names
from shared.persistence.pagination import attributes_getter

FALLOUT_PATH = f"{OPS_PATH}/fallout"

router = Router(tags=["fallout"])


@router.get(FALLOUT_PATH)
def list_fallout(  # noqa: PLR0913  each is a part of the request
    *,
    caller: NetworkViewer,
    session: ReadSessionDep,
    page: PageDep,
    response: Response,
    state: StateFilter = OPEN_STATES,
    code: CodeFilter = "",
    element: ElementFilter = "",
    specification: SpecificationFilter = "",
) -> list[FalloutView]:
    """Return fallout, the longest waiting first; by default the open records."""
    wanted = store.FalloutFilter(state, code, element, specification)
    found = store.find(session, caller.tenant, wanted, page.window)
    if specification and not found:
        check_specification(session, caller.tenant, specification)
    shown = paginate(response, page, found, keys=attributes_getter("opened_at", "id"))
    plan_by_order = plans.of_orders(session, {each.order_id for each in shown})
    return [FalloutView.of(each, plan_by_order[each.order_id]) for each in shown]


@router.get(f"{FALLOUT_PATH}/{{order_id}}")
def read_fallout(
    order_id: UUID,
    caller: NetworkViewer,
    session: ReadSessionDep,
    page: PageDep,
    response: Response,
) -> list[FalloutView]:
    """Return all fallout of one order, oldest first."""
    own = plans.find_in_tenant(session, caller.tenant, order_id)
    plan = require_visible(own, kind="plan", id_=order_id)
    found = store.of_order(session, caller.tenant, order_id, page.window)
    shown = paginate(response, page, found, keys=attributes_getter("opened_at", "id"))
    return [FalloutView.of(each, plan) for each in shown]


@router.post(f"{FALLOUT_PATH}/{{order_id}}/retry", responses=error_responses(409, 422))
async def retry_step(
    order_id: UUID,
    caller: FalloutOperator,
    cause: CausationDep,
    batcher: CommandBatcherDep,
    body: FalloutDecisionBody = EMPTY_DECISION,
) -> FalloutView:
    """Execute, or undo, a step again. It counts as repaired once it succeeds.

    If the outcome at the element is unknown, the element is queried first.
    """
    decision = body.to_decision(order_id, FalloutAction.RETRY, caller)
    return await run_decision(decision, cause, batcher)


@router.post(f"{FALLOUT_PATH}/{{order_id}}/skip", responses=error_responses(409, 422))
async def skip_step(
    order_id: UUID,
    caller: FalloutOperator,
    cause: CausationDep,
    batcher: CommandBatcherDep,
    body: FalloutDecisionBody = EMPTY_DECISION,
) -> FalloutView:
    """Continue without a step: it was done by hand."""
    decision = body.to_decision(order_id, FalloutAction.SKIP, caller)
    return await run_decision(decision, cause, batcher)


@router.post(f"{FALLOUT_PATH}/{{order_id}}/fail", responses=error_responses(409, 422))
async def fail_order(
    order_id: UUID,
    caller: FalloutOperator,
    cause: CausationDep,
    batcher: CommandBatcherDep,
    body: FalloutDecisionBody = EMPTY_DECISION,
) -> FalloutView:
    """Fail the order: undo all that was done, in reverse order."""
    decision = body.to_decision(order_id, FalloutAction.FAIL, caller)
    return await run_decision(decision, cause, batcher)


async def run_decision(
    signed: SignedDecision, cause: Causation, batcher: CommandBatcher
) -> FalloutView:
    """Apply an operator's decision through the command batcher."""
    decided = await batcher.execute(
        cause,
        partial(apply_signed_decision, signed),
        preload=plans.preload,
        preload_key=signed.order_id,
    )
    return FalloutView.of(*decided)


def check_specification(session: Session, tenant: str, name: str) -> None:
    """Check that the specification of an empty list exists.

    Raises:
        InvalidError: if it never had a blueprint.
    """
    known = blueprints.known_specifications(session, tenant, name)
    remedy = "take one that GET /ops/v1/blueprints names"
    check_filter_names([ListFilter("specification", "specification", name)], known, remedy)
