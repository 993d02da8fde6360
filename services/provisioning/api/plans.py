"""An order's plan: its steps, and all that was done for them."""

from collections.abc import Iterable, Sequence
from datetime import datetime
from typing import Self
from uuid import UUID

from pydantic import ConfigDict

from services.provisioning.api import examples
from services.provisioning.api.shown import (
    OPS,
    CharacteristicView,
    HeldView,
    Shown,
    Viewer,
)
from services.provisioning.api.work_orders import WorkOrderView
from services.provisioning.domain import people
from services.provisioning.domain.blueprint import Kind, NoReturn, OnFailure
from services.provisioning.domain.filling import fill_text
from services.provisioning.domain.people import Remedy
from services.provisioning.domain.plan import Item, Plan, PlanState, Step, StepState, Trouble
from services.provisioning.domain.work_order import WorkOrder
from services.provisioning.store import plans, work_orders
from shared.calls import call_store
from shared.calls.call_store import AttemptRow
from shared.calls.outbound_call import Result
from shared.http import Router, ToRead
from shared.persistence import history
from shared.persistence.history import Change

router = Router(tags=["plans"])


class ItemView(Shown):
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
    held: tuple[HeldView, ...]

    @classmethod
    def of(cls, item: Item) -> Self:
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
            held=HeldView.all(item.held),
        )


class TroubleView(Shown):
    """Why a step did not go well."""

    code: str
    reason: str
    """In plain words."""

    answer: str
    """What the element, or the crew, said itself."""

    undoing: bool

    @classmethod
    def of(cls, trouble: Trouble) -> Self:
        """Show what went wrong."""
        return cls(
            code=trouble.code,
            reason=trouble.reason,
            answer=trouble.answer,
            undoing=trouble.undoing,
        )


class StepView(Shown):
    """One step."""

    step: str
    item_id: str
    """Empty for the step that assigns for all items."""

    title: str
    kind: Kind
    state: StepState
    after: tuple[str, ...]
    element: str
    """Empty until it is known."""

    operation: str
    undo: str
    on_failure: OnFailure
    ponr: NoReturn | None = None
    rounds: int
    """How often its element, or a crew, was sent for."""

    undo_rounds: int
    trouble: TroubleView | None
    actions: tuple[Remedy, ...]
    """What people can decide about it now."""

    @classmethod
    def of(cls, plan: Plan, step: Step) -> Self:
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
            trouble=TroubleView.of(step.trouble) if step.trouble else None,
            actions=tuple(people.remedies(plan, step)),
        )


class AttemptView(Shown):
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
    result: Result | None
    """Nothing while it is under way."""

    code: str
    detail: str
    wanted_at: datetime
    ended_at: datetime | None

    @classmethod
    def of(cls, row: AttemptRow) -> Self:
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


class ChangeView(Shown):
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
    def of(cls, change: Change) -> Self:
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


class FailureView(Shown):
    """Why the plan was given up."""

    code: str
    reason: str
    step: str


class PlanView(Shown):
    """All that one order needs done, and how far it is."""

    model_config = ConfigDict(json_schema_extra={"examples": [examples.PLAN]})

    order_id: UUID
    state: PlanState
    is_held: bool
    """People must look at one of its steps."""

    client: str
    customer_id: str
    local_network: str
    priority: int
    failure: FailureView | None = None
    items: tuple[ItemView, ...]
    steps: tuple[StepView, ...]
    attempts: tuple[AttemptView, ...]
    work_orders: tuple[WorkOrderView, ...]
    history: tuple[ChangeView, ...]
    made_at: datetime
    changed_at: datetime

    @classmethod
    def of(
        cls,
        plan: Plan,
        attempts: Iterable[AttemptRow],
        orders: Iterable[WorkOrder],
        changes: Sequence[Change],
    ) -> Self:
        """Show a plan, with all that was done for it."""
        why = plan.failure
        return cls(
            order_id=plan.order_id,
            state=plan.state,
            is_held=plan.is_held,
            client=plan.client,
            customer_id=plan.customer_id,
            local_network=plan.local_network,
            priority=plan.priority,
            failure=FailureView(code=why.code, reason=why.reason, step=why.step) if why else None,
            items=tuple(ItemView.of(item) for item in plan.items),
            steps=tuple(StepView.of(plan, step) for step in plan.steps),
            attempts=tuple(map(AttemptView.of, attempts)),
            work_orders=tuple(map(WorkOrderView.of, orders)),
            history=tuple(map(ChangeView.of, changes)),
            made_at=plan.made_at,
            changed_at=changes[-1].at if changes else plan.made_at,
        )


@router.get(f"{OPS}/plans/{{order_id}}")
def read_plan(order_id: UUID, caller: Viewer, session: ToRead) -> PlanView:
    """Return the plan of an order with its steps, attempts, work orders and history."""
    plan = plans.look(session, caller.tenant, order_id)
    attempts = call_store.of_order(session, order_id)
    orders = work_orders.of_order(session, order_id)
    return PlanView.of(plan, attempts, orders, history.read(session, caller.tenant, str(order_id)))
