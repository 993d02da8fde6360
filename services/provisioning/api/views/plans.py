"""Views of plans: the steps, and all that was done for them."""

from collections.abc import Iterable, Sequence
from datetime import datetime
from typing import Self
from uuid import UUID

from pydantic import ConfigDict

from services.provisioning.api.examples import plans as examples
from services.provisioning.api.views.work_orders import (
    CharacteristicView,
    HeldResourceView,
    WorkOrderView,
)
from services.provisioning.domain.blueprint.blueprint import OnFailure, PointOfNoReturn, StepKind
from services.provisioning.domain.fallout import actions
from services.provisioning.domain.fallout.actions import FalloutAction
from services.provisioning.domain.plan import compensation
from services.provisioning.domain.plan.plan import (
    Plan,
    PlanItem,
    PlanState,
    PlanStep,
    StepFailure,
    StepState,
)
from services.provisioning.domain.plan.templates import fill_text
from services.provisioning.domain.plan.waits import wait_ends_at
from services.provisioning.domain.work_order import WorkOrder
from shared.calls.call_store import OutboundCallRow
from shared.calls.outbound_call import CallResult
from shared.contracts import business_action_name
from shared.http.views import BaseView
from shared.persistence.history import HistoryEntry


class PlanItemView(BaseView):
    """One order item of a plan."""

    id: str
    action: str
    business_action: str
    specification: str
    offering_id: str
    catalogue_version: int
    blueprint_version: int
    """Both versions are those of the time when the order was accepted."""

    product_id: UUID
    service_id: UUID
    address_id: str
    characteristics: tuple[CharacteristicView, ...]
    held: tuple[HeldResourceView, ...]
    pre_released: tuple[HeldResourceView, ...]
    """What it gives up when the order completes, unless that is in `held`."""

    @classmethod
    def of(cls, item: PlanItem) -> Self:
        """Show an item."""
        return cls(
            id=item.id,
            action=item.action,
            business_action=business_action_name(item),
            specification=item.specification,
            offering_id=item.offering_id,
            catalogue_version=item.catalogue_version,
            blueprint_version=item.blueprint_version,
            product_id=item.product_id,
            service_id=item.service_id,
            address_id=item.address_id,
            characteristics=CharacteristicView.all(item.characteristics),
            held=HeldResourceView.all(item.held),
            pre_released=HeldResourceView.all(item.pre_released),
        )


class StepFailureView(BaseView):
    """Why a step failed."""

    code: str
    reason: str
    """In plain words."""

    answer: str
    """The raw answer of the element, or of the crew."""

    undoing: bool

    @classmethod
    def of(cls, failure: StepFailure) -> Self:
        """Show the failure of a step."""
        return cls(
            code=failure.code,
            reason=failure.reason,
            answer=failure.answer,
            undoing=failure.undoing,
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
    """How often its element was called, or a crew dispatched."""

    undo_rounds: int
    trouble: StepFailureView | None
    actions: tuple[FalloutAction, ...]
    """The actions that are possible now."""

    waits_until: datetime | None = None
    """When a step of kind wait ends; null until that is known, and for other steps."""

    @classmethod
    def of(cls, plan: Plan, step: PlanStep, began_at: datetime | None) -> Self:
        """Show a step of a plan, which may have begun."""
        blueprint = step.blueprint
        return cls(
            step=step.ref,
            item_id=step.item_id,
            title=step.title,
            kind=blueprint.kind,
            state=step.state,
            after=step.after,
            element=fill_text(blueprint.element, plan.item(step.item_id))
            if blueprint.element
            else "",
            operation=blueprint.operation,
            undo=blueprint.undo,
            on_failure=blueprint.on_failure,
            ponr=blueprint.ponr,
            rounds=step.rounds,
            undo_rounds=step.undo_rounds,
            trouble=StepFailureView.of(step.trouble) if step.trouble else None,
            actions=tuple(actions.possible_actions(plan, step)),
            waits_until=wait_ends_at(step, plan.item(step.item_id), began_at)
            if step.item_id
            else None,
        )


class OutboundCallView(BaseView):
    """One call of an element, with all its tries."""

    id: UUID
    operation_id: UUID
    element: str
    kind: str
    subject: str
    tries: int
    """Calls that certainly had no effect."""

    questions: int
    """How often the element was queried for the outcome of the last call, without success."""

    in_doubt: bool
    result: CallResult | None
    """Null while it is under way."""

    code: str
    detail: str
    wanted_at: datetime
    ended_at: datetime | None

    @classmethod
    def of(cls, row: OutboundCallRow) -> Self:
        """Show a call."""
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
    """One change of state."""

    at: datetime
    kind: str
    """`plan`, `step`, `work-order`, `fallout`, `attempt`."""

    part: str
    was: str
    became: str
    reason: str
    actor: str
    """The person or program whose request caused it; empty if a message did."""

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


def is_begin(change: HistoryEntry) -> bool:
    """Tell whether a change is the beginning of a step."""
    return (change.kind, change.became) == ("step", StepState.RUNNING)


class PlanFailureView(BaseView):
    """Why the plan failed."""

    code: str
    reason: str
    step: str


class PlanView(BaseView):
    """The work of one order, and its progress."""

    model_config = ConfigDict(json_schema_extra={"examples": [examples.PLAN]})

    order_id: UUID
    state: PlanState
    is_held: bool
    """One of its steps is in fallout."""

    client: str
    customer_id: str
    local_network: str
    priority: int
    passed_ponr: PointOfNoReturn | None = None
    """The point of no return that it has passed: behind `soft` only people can have it undone,
    behind `hard` nobody."""

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
        calls: Iterable[OutboundCallRow],
        orders: Iterable[WorkOrder],
        changes: Sequence[HistoryEntry],
    ) -> Self:
        """Show a plan, with all that was done for it."""
        failure = plan.failure
        began = {each.part: each.at for each in changes if is_begin(each)}
        return cls(
            order_id=plan.order_id,
            state=plan.state,
            is_held=plan.is_in_fallout,
            client=plan.client,
            customer_id=plan.customer_id,
            local_network=plan.local_network,
            priority=plan.priority,
            passed_ponr=compensation.passed_point(plan.steps),
            failure=PlanFailureView(code=failure.code, reason=failure.reason, step=failure.step)
            if failure
            else None,
            items=tuple(PlanItemView.of(item) for item in plan.items),
            steps=tuple(PlanStepView.of(plan, step, began.get(step.ref)) for step in plan.steps),
            attempts=tuple(map(OutboundCallView.of, calls)),
            work_orders=tuple(map(WorkOrderView.of, orders)),
            history=tuple(map(StateChangeView.of, changes)),
            made_at=plan.made_at,
            changed_at=changes[-1].at if changes else plan.made_at,
        )
