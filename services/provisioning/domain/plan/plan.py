"""A plan: the work of one order in the network, as a graph of steps."""

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import NamedTuple, Self
from uuid import UUID

import msgspec

from services.provisioning.domain.blueprint.blueprint import BlueprintStep, StepKind, StoredStruct
from shared.contracts import Action, Characteristic, Held
from shared.ids import named_id


class PlanState(StrEnum):
    """The state of a plan."""

    RUNNING = "running"
    UNDOING = "undoing"
    COMPLETED = "completed"
    FAILED = "failed"


class StepState(StrEnum):
    """The state of a step."""

    WAITING = "waiting"
    RUNNING = "running"
    DONE = "done"
    FAILED = "failed"
    UNDOING = "undoing"
    UNDONE = "undone"
    SKIPPED = "skipped"
    FALLOUT = "fallout"
    """An operator must decide."""


SETTLED_STATES = frozenset({StepState.DONE, StepState.SKIPPED})
"""The states that let the next steps begin."""

FINAL_STATES = frozenset({PlanState.COMPLETED, PlanState.FAILED})


class StepFailure(StoredStruct, frozen=True, kw_only=True):
    """Why a step failed."""

    code: str
    """Stable and public."""

    reason: str
    """In plain words."""

    answer: str = ""
    """The raw answer of the element, or of the crew."""

    undoing: bool = False
    """It failed while it was being undone."""


class PlanItem(StoredStruct, frozen=True, kw_only=True):
    """What a plan stores of one order item."""

    id: str
    action: Action
    business_action: str = ""
    """Empty in plans of earlier versions: then it follows from `action`."""

    specification: str
    offering_id: str
    catalogue_version: int
    blueprint_version: int
    """Both versions are those of the time when the order was accepted."""

    product_id: UUID
    service_id: UUID
    address_id: str = ""
    characteristics: tuple[Characteristic, ...] = ()
    held: tuple[Held, ...] = ()
    local_network: str = ""
    """Where its address lies, from the resource service's answer."""

    def with_holdings(self, held: tuple[Held, ...], local_network: str) -> Self:
        """Return the item with its holdings and the local network of its address."""
        return msgspec.structs.replace(self, held=held, local_network=local_network)


class PlanStep(StoredStruct, frozen=True, kw_only=True):
    """One step of a plan: its definition and its state."""

    blueprint: BlueprintStep
    item_id: str = ""
    """Empty for the step that assigns, which is for all items."""

    after: tuple[int, ...] = ()
    """Positions in the plan, all before its own."""

    state: StepState = StepState.WAITING
    rounds: int = 0
    """How often its element was called, or a crew dispatched."""

    undo_rounds: int = 0
    """The same, to undo it."""

    refusals: int = 0
    """How often its element refused. A refusal is final: the next call has a new operation id."""

    accepted: bool = False
    """A crew has accepted its work order."""

    unsure: bool = False
    """The outcome is unknown: it may have been done."""

    trouble: StepFailure | None = None

    @property
    def ref(self) -> str:
        """Its name within the plan: `1/account`; `assign`."""
        return f"{self.item_id}/{self.blueprint.name}" if self.item_id else self.blueprint.name

    @property
    def title(self) -> str:
        """What is done, in plain words."""
        return self.blueprint.title or self.blueprint.name

    @property
    def has_undo(self) -> bool:
        """Tell whether the step can be undone."""
        return bool(self.blueprint.undo) or self.blueprint.kind is StepKind.ASSIGN

    @property
    def may_be_done(self) -> bool:
        """Tell whether there may be something to undo."""
        given_up = self.state in {StepState.FAILED, StepState.SKIPPED}
        return self.state is StepState.DONE or (self.unsure and given_up)


class PlanFailure(StoredStruct, frozen=True, kw_only=True):
    """Why a plan failed."""

    code: str
    reason: str
    step: str = ""


@dataclass(frozen=True, slots=True)
class Plan:
    """The work of one order, and its progress."""

    order_id: UUID
    tenant: str
    local_network: str
    client: str
    customer_id: str
    priority: int
    state: PlanState
    items: tuple[PlanItem, ...]
    steps: tuple[PlanStep, ...]
    failure: PlanFailure | None
    made_at: datetime

    def updated(
        self,
        state: PlanState,
        items: tuple[PlanItem, ...],
        steps: tuple[PlanStep, ...],
        failure: PlanFailure | None,
    ) -> Self:
        """Return the changed plan; its local network is the first that one of its items has."""
        networks = (each.local_network for each in items if each.local_network)
        return type(self)(
            self.order_id,
            self.tenant,
            next(networks, self.local_network),
            self.client,
            self.customer_id,
            self.priority,
            state,
            items,
            steps,
            failure,
            self.made_at,
        )

    def network_of(self, item: PlanItem) -> str:
        """Return the local network where the work for an item is done."""
        return item.local_network or self.local_network

    def item(self, item_id: str) -> PlanItem:
        """Return one of its items."""
        return next(each for each in self.items if each.id == item_id)

    def position(self, ref: str) -> int | None:
        """Return the position of the step with this reference, if there is one."""
        return next((i for i, step in enumerate(self.steps) if step.ref == ref), None)

    @property
    def is_in_fallout(self) -> bool:
        """Tell whether one of its steps is in fallout."""
        return any(step.state is StepState.FALLOUT for step in self.steps)


class CallTarget(NamedTuple):
    """The step that a call belongs to, and the call's direction."""

    position: int
    undo: bool
    is_current: bool
    """The call is of the step's current round; earlier rounds have been answered."""


def operation_id(order_id: UUID, step: PlanStep, *, undo: bool) -> UUID:
    """Return the operation id under which an element carries out a step.

    All calls use the same id until the element refuses.
    """
    suffix = f"/{step.refusals}" if step.refusals else ""
    return named_id(order_id, f"{direction_name(undo=undo)}/{step.ref}{suffix}")


def call_id(order_id: UUID, step: PlanStep, rounds: int, *, undo: bool) -> UUID:
    """Return the id of a step's call in one of its rounds."""
    return named_id(order_id, f"attempt/{direction_name(undo=undo)}/{step.ref}/{rounds}")


def work_order_id(order_id: UUID, step: PlanStep, *, undo: bool) -> UUID:
    """Return the id of a step's current work order."""
    return named_id(
        order_id, f"work-order/{direction_name(undo=undo)}/{step.ref}/{rounds_of(step, undo=undo)}"
    )


def direction_name(*, undo: bool) -> str:
    """Return the name of the direction, as used in ids."""
    return "undo" if undo else "step"


def rounds_of(step: PlanStep, *, undo: bool) -> int:
    """Return the number of the step's rounds in this direction."""
    return step.undo_rounds if undo else step.rounds


def find_call_target(plan: Plan, id_: UUID) -> CallTarget | None:
    """Return the step that a call belongs to, if it is one of the plan's."""
    under_way = {StepState.RUNNING, StepState.UNDOING}
    busy_first = sorted(range(len(plan.steps)), key=lambda i: plan.steps[i].state not in under_way)
    for position in busy_first:
        step = plan.steps[position]
        for undo in (False, True):
            current = rounds_of(step, undo=undo)
            for rounds in range(current, 0, -1):
                if call_id(plan.order_id, step, rounds, undo=undo) == id_:
                    return CallTarget(position, undo, rounds == current)
    return None
