"""An order's plan: its steps, and all that was done for them."""

from collections.abc import Iterable, Sequence
from datetime import datetime
from typing import Self
from uuid import UUID

from pydantic import ConfigDict

from services.provisioning.api.examples import bodies
from services.provisioning.api.routes.work_orders import WorkOrderView
from services.provisioning.api.views.base import (
    OPS_PATH,
    BaseView,
    CharacteristicView,
    HeldResourceView,
    Viewer,
)
from services.provisioning.domain.blueprint.blueprint import OnFailure, PointOfNoReturn, StepKind
from services.provisioning.domain.fallout import actions
from services.provisioning.domain.fallout.actions import FalloutAction
from services.provisioning.domain.plan.plan import (
    Plan,
    PlanItem,
    PlanState,
    PlanStep,
    StepFailure,
    StepState,
)
from services.provisioning.domain.plan.templates import fill_text
from services.provisioning.domain.work_order import WorkOrder
from services.provisioning.store import plans, work_orders
from shared.calls import call_store
from shared.calls.call_store import OutboundCallRow
from shared.calls.outbound_call import CallResult
from shared.http import ReadSessionDep, Router
from shared.persistence import history
from shared.persistence.history import HistoryEntry

router = Router(tags=["plans"])


class PlanItemView(BaseView):
    """One order item, as the plan knows it."""

    id: str
    action: str
    specification: str
    offering_id: str
    catalogue_version: int
    blueprint_version: int
    """Both are those of the day the order was accepted."""

    product_id: UUID
    service_id: UUID
    address_id: str
    characteristics: tuple[CharacteristicView, ...]
    held: tuple[HeldResourceView, ...]

    @classmethod
    def of(cls, item: PlanItem) -> Self:
        """Show an item."""
        return cls(
            id=item.id,
            action=item.action,
            specification=item.specification,
            offering_id=item.offering_id,
            catalogue_version=item.catalogue_version,
            blueprint_version=item.blueprint_version,
            product_id=item.product_id,
            service_id=item.service_id,
            address_id=item.address_id,
            characteristics=CharacteristicView.all(item.characteristics),
            held=HeldResourceView.all(item.held),
        )


class StepFailureView(BaseView):
    """Why a step did not go well."""

    code: str
    reason: str
    """In plain words."""

    answer: str
    """What the element, or the crew, said itself."""

    undoing: bool

    @classmethod
    def of(cls, trouble: StepFailure) -> Self:
        """Show what went wrong."""
        return cls(
            code=trouble.code,
            reason=trouble.reason,
            answer=trouble.answer,
            undoing=trouble.undoing,
        )


class PlanStepView(BaseView):
    """One step."""

    step: str
    item_id: str
    """Empty for the step that assigns for all items."""

    title: str
    kind: StepKind
    state: StepState
    after: tuple[str, ...]
    element: str
    """Empty until it is known."""

    operation: str
    undo: str
    on_failure: OnFailure
    ponr: PointOfNoReturn | None = None
    rounds: int
    """How often its element, or a crew, was sent for."""

    undo_rounds: int
    trouble: StepFailureView | None
    actions: tuple[FalloutAction, ...]
    """What people can decide about it now."""

    @classmethod
    def of(cls, plan: Plan, step: PlanStep) -> Self:
        """Show a step of a plan."""
        drawn = step.blueprint
        return cls(
            step=step.ref,
            item_id=step.item_id,
            title=step.title,
            kind=drawn.kind,
            state=step.state,
            after=tuple(plan.steps[each].ref for each in step.after),
            element=fill_text(drawn.element, plan.item(step.item_id)) if drawn.element else "",
            operation=drawn.operation,
            undo=drawn.undo,
            on_failure=drawn.on_failure,
            ponr=drawn.ponr,
            rounds=step.rounds,
            undo_rounds=step.undo_rounds,
            trouble=StepFailureView.of(step.trouble) if step.trouble else None,
            actions=tuple(actions.possible_actions(plan, step)),
        )


class OutboundCallView(BaseView):
    """One call of an element, with all its tries."""

    id: UUID
    operation_id: UUID
    element: str
    kind: str
    subject: str
    tries: int
    """Calls that were certainly without effect."""

    questions: int
    """How often the element was asked in vain what became of the last call."""

    in_doubt: bool
    result: CallResult | None
    """Nothing while it is under way."""

    code: str
    detail: str
    wanted_at: datetime
    ended_at: datetime | None

    @classmethod
    def of(cls, row: OutboundCallRow) -> Self:
        """Show an attempt."""
        return cls(
            id=row.id,
            operation_id=row.operation_id,
            element=row.element,
            kind=row.kind,
            subject=row.subject,
            tries=row.tries,
            questions=row.questions,
            in_doubt=row.doubtful and row.ended_at is None,
            result=row.result,
            code=row.code,
            detail=row.detail,
            wanted_at=row.wanted_at,
            ended_at=row.ended_at,
        )


class StateChangeView(BaseView):
    """One state that became another."""

    at: datetime
    kind: str
    """`plan`, `step`, `work-order`, `fallout`, `attempt`."""

    part: str
    was: str
    became: str
    reason: str
    actor: str
    """The person or program whose request made it so; empty where a message did."""

    @classmethod
    def of(cls, change: HistoryEntry) -> Self:
        """Show a change."""
        return cls(
            at=change.at,
            kind=change.kind,
            part=change.part,
            was=change.was,
            became=change.became,
            reason=change.reason,
            actor=change.actor,
        )


class PlanFailureView(BaseView):
    """Why the plan was given up."""

    code: str
    reason: str
    step: str


class PlanView(BaseView):
    """All that one order needs done, and how far it is."""

    model_config = ConfigDict(json_schema_extra={"examples": [bodies.PLAN]})

    order_id: UUID
    state: PlanState
    is_held: bool
    """People must look at one of its steps."""

    client: str
    customer_id: str
    local_network: str
    priority: int
    failure: PlanFailureView | None = None
    items: tuple[PlanItemView, ...]
    steps: tuple[PlanStepView, ...]
    attempts: tuple[OutboundCallView, ...]
    work_orders: tuple[WorkOrderView, ...]
    history: tuple[StateChangeView, ...]
    made_at: datetime
    changed_at: datetime

    @classmethod
    def of(
        cls,
        plan: Plan,
        attempts: Iterable[OutboundCallRow],
        orders: Iterable[WorkOrder],
        changes: Sequence[HistoryEntry],
    ) -> Self:
        """Show a plan, with all that was done for it."""
        why = plan.failure
        return cls(
            order_id=plan.order_id,
            state=plan.state,
            is_held=plan.is_in_fallout,
            client=plan.client,
            customer_id=plan.customer_id,
            local_network=plan.local_network,
            priority=plan.priority,
            failure=PlanFailureView(code=why.code, reason=why.reason, step=why.step)
            if why
            else None,
            items=tuple(PlanItemView.of(item) for item in plan.items),
            steps=tuple(PlanStepView.of(plan, step) for step in plan.steps),
            attempts=tuple(map(OutboundCallView.of, attempts)),
            work_orders=tuple(map(WorkOrderView.of, orders)),
            history=tuple(map(StateChangeView.of, changes)),
            made_at=plan.made_at,
            changed_at=changes[-1].at if changes else plan.made_at,
        )


@router.get(f"{OPS_PATH}/plans/{{order_id}}")
def read_plan(order_id: UUID, caller: Viewer, session: ReadSessionDep) -> PlanView:
    """Return the plan of an order with its steps, attempts, work orders and history."""
    plan = plans.get_in_tenant(session, caller.tenant, order_id)
    attempts = call_store.calls_of_order(session, order_id)
    orders = work_orders.of_order(session, order_id)
    return PlanView.of(plan, attempts, orders, history.read(session, caller.tenant, str(order_id)))
