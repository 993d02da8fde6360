"""A plan: what one order needs done in the network, as a graph of steps."""

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import NamedTuple, Self
from uuid import UUID

import msgspec

from services.provisioning.domain.blueprint.blueprint import BlueprintStep, StepKind, StoredStruct
from shared.contracts import Action, Characteristic, Held
from shared.ids import named_id

ASSIGN = "assign"
"""The one step that a plan has for all items of its order together."""


class PlanState(StrEnum):
    """Which way a plan goes."""

    RUNNING = "running"
    UNDOING = "undoing"
    COMPLETED = "completed"
    FAILED = "failed"


class StepState(StrEnum):
    """Where a step stands."""

    WAITING = "waiting"
    RUNNING = "running"
    DONE = "done"
    FAILED = "failed"
    UNDOING = "undoing"
    UNDONE = "undone"
    SKIPPED = "skipped"
    FALLOUT = "fallout"
    """People must look at it."""


SETTLED_STATES = frozenset({StepState.DONE, StepState.SKIPPED})
"""What lets the next steps begin."""

FINAL_STATES = frozenset({PlanState.COMPLETED, PlanState.FAILED})


class StepFailure(StoredStruct, frozen=True, kw_only=True):
    """Why a step did not go well."""

    code: str
    """Stable and public."""

    reason: str
    """In plain words."""

    answer: str = ""
    """What the element, or the crew, said itself."""

    undoing: bool = False
    """It was being undone."""


class PlanItem(StoredStruct, frozen=True, kw_only=True):
    """What a plan knows of one order item."""

    id: str
    action: Action
    specification: str
    offering_id: str
    catalogue_version: int
    blueprint_version: int
    """Both are those of the day the order was accepted, whatever came later."""

    product_id: UUID
    service_id: UUID
    address_id: str = ""
    characteristics: tuple[Characteristic, ...] = ()
    held: tuple[Held, ...] = ()
    local_network: str = ""
    """Where its address lies, as resources told it."""

    def with_holdings(self, held: tuple[Held, ...], local_network: str) -> Self:
        """Return it as it is once it holds this, at an address that lies there."""
        return msgspec.structs.replace(self, held=held, local_network=local_network)


class PlanStep(StoredStruct, frozen=True, kw_only=True):
    """One step of a plan: as drawn, and where it stands."""

    blueprint: BlueprintStep
    item_id: str = ""
    """Empty for the step that assigns, which is for all items."""

    after: tuple[int, ...] = ()
    """Positions in the plan, all before its own."""

    state: StepState = StepState.WAITING
    rounds: int = 0
    """How often its element, or a crew, was sent for."""

    undo_rounds: int = 0
    """The same, to undo it."""

    refusals: int = 0
    """How often its element said no. It never forgets that, so the next asks anew."""

    accepted: bool = False
    """A crew is at it."""

    unsure: bool = False
    """It may have been done; nobody could tell."""

    trouble: StepFailure | None = None

    @property
    def ref(self) -> str:
        """What it is called within its plan: `1/account`; `assign`."""
        return f"{self.item_id}/{self.blueprint.name}" if self.item_id else self.blueprint.name

    @property
    def title(self) -> str:
        """What is done, in plain words."""
        return self.blueprint.title or self.blueprint.name

    @property
    def has_undo(self) -> bool:
        """Tell whether there is something that undoes it."""
        return bool(self.blueprint.undo) or self.blueprint.kind is StepKind.ASSIGN

    @property
    def may_be_done(self) -> bool:
        """Tell whether there may be something to undo."""
        given_up = self.state in {StepState.FAILED, StepState.SKIPPED}
        return self.state is StepState.DONE or (self.unsure and given_up)


class PlanFailure(StoredStruct, frozen=True, kw_only=True):
    """Why a plan was given up."""

    code: str
    reason: str
    step: str = ""


@dataclass(frozen=True, slots=True)
class Plan:
    """All that one order needs done, and how far it is."""

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
        """Return the plan as it is once it has moved; it is about its first item's area."""
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
        """Return the local network that the work for one of its items lies in."""
        return item.local_network or self.local_network

    def item(self, item_id: str) -> PlanItem:
        """Return one of its items."""
        return next(each for each in self.items if each.id == item_id)

    def position(self, ref: str) -> int | None:
        """Return where the step called so stands, if there is one."""
        return next((i for i, step in enumerate(self.steps) if step.ref == ref), None)

    @property
    def is_in_fallout(self) -> bool:
        """Tell whether people must look at one of its steps."""
        return any(step.state is StepState.FALLOUT for step in self.steps)


class CallTarget(NamedTuple):
    """Which step is meant, and which way it goes."""

    position: int
    undo: bool
    is_current: bool
    """This is the present round's; an earlier one has been answered."""


def operation_id(order_id: UUID, step: PlanStep, *, undo: bool) -> UUID:
    """Return the id under which an element is asked to do a step.

    It stays the same, however often it is asked, until the element refuses.
    """
    again = f"/{step.refusals}" if step.refusals else ""
    return named_id(order_id, f"{direction_name(undo=undo)}/{step.ref}{again}")


def call_id(order_id: UUID, step: PlanStep, rounds: int, *, undo: bool) -> UUID:
    """Return the id of a step's attempt in one of its rounds."""
    return named_id(order_id, f"attempt/{direction_name(undo=undo)}/{step.ref}/{rounds}")


def work_order_id(order_id: UUID, step: PlanStep, *, undo: bool) -> UUID:
    """Return the id of a step's present work order."""
    return named_id(
        order_id, f"work-order/{direction_name(undo=undo)}/{step.ref}/{rounds_of(step, undo=undo)}"
    )


def direction_name(*, undo: bool) -> str:
    """Return what the way is called, in ids."""
    return "undo" if undo else "step"


def rounds_of(step: PlanStep, *, undo: bool) -> int:
    """Return how often somebody was sent for, this way."""
    return step.undo_rounds if undo else step.rounds


def find_call_target(plan: Plan, id_: UUID) -> CallTarget | None:
    """Return whose attempt this is, if it is one of the plan's."""
    under_way = {StepState.RUNNING, StepState.UNDOING}
    busy_first = sorted(range(len(plan.steps)), key=lambda i: plan.steps[i].state not in under_way)
    for position in busy_first:
        step = plan.steps[position]
        for undo in (False, True):
            present = rounds_of(step, undo=undo)
            for rounds in range(present, 0, -1):
                if call_id(plan.order_id, step, rounds, undo=undo) == id_:
                    return CallTarget(position, undo, rounds == present)
    return None
