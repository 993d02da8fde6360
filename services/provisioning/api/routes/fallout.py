"""Fallout (卡单): what people must look at, and what they decide."""

from datetime import datetime
from functools import partial
from typing import Annotated, Self, TypeAlias
from uuid import UUID

from fastapi import Body, Query, Response
from pydantic import ConfigDict
from sqlalchemy.orm import Session

from services.provisioning.api.examples import bodies
from services.provisioning.api.views.base import (
    OPS_PATH,
    BaseView,
    ExactId,
    LongText,
    SignedSchema,
    Viewer,
)
from services.provisioning.commands import plan_decisions
from services.provisioning.domain.fallout import actions
from services.provisioning.domain.fallout.actions import FalloutAction, FalloutDecision
from services.provisioning.domain.fallout.fallout import Fallout, FalloutState, current_fallout_id
from services.provisioning.domain.plan.advance import advance
from services.provisioning.domain.plan.plan import Plan
from services.provisioning.store import blueprints, plans
from services.provisioning.store import fallout as store
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
from shared.http.command_batcher import CommandBatcher
from shared.input.list_filters import ListFilter, check_filter_names
from shared.messaging.unit_of_work import UnitOfWork
from shared.persistence.list_window import key_attributes
from shared.security.caller import Caller

FALLOUT_PATH = f"{OPS_PATH}/fallout"

FalloutOperator: TypeAlias = Annotated[Caller, allow("ops:fallout")]
OPEN_STATES = frozenset({FalloutState.OPEN})
FilterText: TypeAlias = Annotated[str, Query(max_length=128)]
SpecificationFilter: TypeAlias = Annotated[
    str, Query(max_length=128, description="One without a blueprint is answered 400.")
]

router = Router(tags=["fallout"])


class FalloutDecisionSchema(SignedSchema):
    """What somebody decides, about which step and why."""

    model_config = ConfigDict(json_schema_extra={"examples": [bodies.DECISION]})

    step: ExactId = ""
    """The step, as its plan names it: `1/test`. It can be left out where only one waits."""

    reason: LongText = ""

    def signed(self, caller: Caller) -> Self:
        """Return the decision with a name under it.

        Raises:
            NotYourNameError: the token names somebody else.
        """
        return self.model_copy(update={"by": self.signature(caller)})


EMPTY_DECISION = FalloutDecisionSchema()
FalloutDecisionBody: TypeAlias = Annotated[FalloutDecisionSchema, Body()]


class FalloutView(BaseView):
    """One step that did not go well, and what came of it."""

    model_config = ConfigDict(json_schema_extra={"examples": [bodies.FALLOUT]})

    id: UUID
    order_id: UUID
    step: str
    undoing: bool
    """It was being undone."""

    state: FalloutState
    code: str
    reason: str
    """In plain words."""

    answer: str
    """What the element, or the crew, said itself."""

    actions: tuple[FalloutAction, ...]
    """What can be decided now."""

    specification: str
    element: str
    local_network: str
    priority: int
    times: int
    """How often it came to people."""

    opened_at: datetime
    changed_at: datetime
    changed_by: str
    remark: str

    @classmethod
    def of(cls, fallout: Fallout, plan: Plan) -> "FalloutView":
        """Show the record of a step of a plan."""
        return cls(
            id=fallout.id,
            order_id=fallout.order_id,
            step=fallout.step,
            undoing=fallout.undoing,
            state=fallout.state,
            code=fallout.code,
            reason=fallout.reason,
            answer=fallout.answer,
            actions=tuple(actions.possible_actions_at(plan, fallout.step)),
            specification=fallout.specification,
            element=fallout.element,
            local_network=fallout.local_network,
            priority=fallout.priority,
            times=fallout.times,
            opened_at=fallout.opened_at,
            changed_at=fallout.changed_at,
            changed_by=fallout.changed_by,
            remark=fallout.remark,
        )


@router.get(FALLOUT_PATH)
def list_fallout(  # noqa: PLR0913  each is a part of the request
    *,
    caller: Viewer,
    session: ReadSessionDep,
    page: PageDep,
    response: Response,
    state: Annotated[frozenset[FalloutState], Query()] = OPEN_STATES,
    code: Annotated[
        FilterText, Query(description="As the element, or a rule here, called it.")
    ] = "",
    element: Annotated[FilterText, Query(description="In any spelling.")] = "",
    specification: SpecificationFilter = "",
) -> list[FalloutView]:
    """Return fallout, the longest waiting first: the open one, unless other states are wanted."""
    wanted = store.FalloutFilter(state, code, element, specification)
    found = store.find(session, caller.tenant, wanted, page.window)
    if specification and not found:
        check_specification(session, caller.tenant, specification)
    shown = paginate(response, page, found, keys=key_attributes("opened_at", "id"))
    known = plans.of_orders(session, {each.order_id for each in shown})
    return [FalloutView.of(each, known[each.order_id]) for each in shown]


def check_specification(session: Session, tenant: str, name: str) -> None:
    """See that there is a blueprint of a specification by which a list was empty.

    Raises:
        InvalidError: if there never was one.
    """
    known = blueprints.known_specifications(session, tenant, name)
    remedy = "take one that GET /ops/v1/blueprints names"
    check_filter_names([ListFilter("specification", "specification", name)], known, remedy)


@router.get(f"{FALLOUT_PATH}/{{order_id}}")
def read_fallout(
    order_id: UUID, caller: Viewer, session: ReadSessionDep, page: PageDep, response: Response
) -> list[FalloutView]:
    """Return the fallout that one order ever had, oldest first."""
    plan = plans.get_in_tenant(session, caller.tenant, order_id)
    found = store.of_order(session, caller.tenant, order_id, page.window)
    shown = paginate(response, page, found, keys=key_attributes("opened_at", "id"))
    return [FalloutView.of(each, plan) for each in shown]


@router.post(f"{FALLOUT_PATH}/{{order_id}}/retry", responses=error_responses(409, 422))
async def retry_step(
    order_id: UUID,
    caller: FalloutOperator,
    cause: CausationDep,
    batcher: CommandBatcherDep,
    said: FalloutDecisionBody = EMPTY_DECISION,
) -> FalloutView:
    """Have a step done, or undone, once more. It counts as repaired once it is seen to succeed.

    An element of which nobody knows whether it did the step is asked first.
    """
    return await run_decision(order_id, FalloutAction.RETRY, said.signed(caller), cause, batcher)


@router.post(f"{FALLOUT_PATH}/{{order_id}}/skip", responses=error_responses(409, 422))
async def skip_step(
    order_id: UUID,
    caller: FalloutOperator,
    cause: CausationDep,
    batcher: CommandBatcherDep,
    said: FalloutDecisionBody = EMPTY_DECISION,
) -> FalloutView:
    """Go on without a step: somebody has seen to it by hand."""
    return await run_decision(order_id, FalloutAction.SKIP, said.signed(caller), cause, batcher)


@router.post(f"{FALLOUT_PATH}/{{order_id}}/fail", responses=error_responses(409, 422))
async def fail_order(
    order_id: UUID,
    caller: FalloutOperator,
    cause: CausationDep,
    batcher: CommandBatcherDep,
    said: FalloutDecisionBody = EMPTY_DECISION,
) -> FalloutView:
    """Give the order up: undo all that was done, last things first, and fail it."""
    return await run_decision(order_id, FalloutAction.FAIL, said.signed(caller), cause, batcher)


async def run_decision(
    order_id: UUID,
    action: FalloutAction,
    said: FalloutDecisionSchema,
    cause: Causation,
    batcher: CommandBatcher,
) -> FalloutView:
    """Have the desk carry out what somebody decided."""
    do = partial(decide_and_audit, order_id, action, said)
    return await batcher.execute(cause, do, preload=plans.preload_orders, preload_key=order_id)


def decide_and_audit(
    order_id: UUID, action: FalloutAction, said: FalloutDecisionSchema, work: UnitOfWork
) -> FalloutView:
    """Carry out what somebody decided, and sign it.

    Raises:
        ConflictError: if that cannot be decided now.
    """
    plan = plans.get_in_tenant_for_update(work.session, work.tenant, order_id)
    ref = said.step or actions.only_step_in_fallout(plan)
    decision = advance(plan, FalloutDecision(action, ref))
    plan_decisions.apply(work, plan, decision)
    work.audit(f"fallout.{action}", f"{order_id}/{ref}", reason=said.reason)
    record = store.sign(work.session, current_fallout_id(plan, ref), said.by, said.reason)
    return FalloutView.of(record, decision.plan)
