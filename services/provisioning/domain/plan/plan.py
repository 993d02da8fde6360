"""A plan: the work of one order in the network, as a graph of steps."""

from dataclasses import dataclass, replace
from datetime import datetime
from enum import StrEnum
from typing import Self
from uuid import UUID

import msgspec

from services.provisioning.domain.blueprint.blueprint import (
    RESOURCE_KINDS,
    BlueprintStep,
    StoredStruct,
)
from shared.contracts import Action, Characteristic, Held, ItemHoldings, ItemNeeds
from shared.contracts.message_parts import ElementName


class PlanState(StrEnum):
    """The state of a plan: its mode (modes.py)."""

    RUNNING = "running"
    ON_HOLD = "on_hold"
    """No further step starts."""

    REVISING = "revising"
    """It turns back in part: what a revision has dropped is undone, then it runs on."""

    UNDOING = "undoing"
    """It turns back because a step has failed."""

    CANCELLING = "cancelling"
    """It turns back because the order was cancelled."""

    COMPLETED = "completed"
    FAILED = "failed"
    CANCELLED = "cancelled"


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


class StepValues(StoredStruct, frozen=True, kw_only=True):
    """The values with which a step was carried out, and is undone."""

    element: ElementName = ""
    district: str = ""
    parameters: tuple[Characteristic, ...] = ()
    undo_parameters: tuple[Characteristic, ...] = ()
    held: tuple[Held, ...] = ()
    """What its item held."""


class EarlyAnswer(StoredStruct, frozen=True, kw_only=True):
    """An answer of resources that waits for its step."""

    items: tuple[ItemHoldings, ...] = ()
    refusal: StepFailure | None = None


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

    pre_released: tuple[Held, ...] = ()
    """What it gives up when the order completes, unless that is in `held`."""

    before: tuple[Characteristic, ...] = ()
    """The characteristics of the service that it changes, before the order."""

    base_service_id: UUID | None = None
    """The service on which its own relies."""

    base_held: tuple[Held, ...] = ()
    """What that service holds."""

    base_pre_released: tuple[Held, ...] = ()
    """What that service gives up, if the order changes it as well."""

    requested_start: datetime | None = None
    requested_completion: datetime | None = None
    """Both dates are those of the order."""

    def with_holdings(self, held: tuple[Held, ...], local_network: str) -> Self:
        """Return the item with its holdings and the local network of its address."""
        return msgspec.structs.replace(self, held=held, local_network=local_network)


class PlanStep(StoredStruct, frozen=True, kw_only=True):
    """One step of a plan: its definition and its state."""

    blueprint: BlueprintStep
    item_id: str = ""
    """Empty for the first step, which assigns for all items."""

    revision: int = 0
    """The revision of the plan that added it."""

    after: tuple[str, ...] = msgspec.field(default=(), name="predecessors")
    """The references of its predecessors, which stand before it in the plan."""

    positions: tuple[int, ...] = msgspec.field(default=(), name="after")
    """The positions of its predecessors, for the previous version of this code (graph.py)."""

    is_dropped: bool = False
    """A revision took it out: it is not started, and undone if it may be done."""

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
    filled: StepValues | None = None
    """Kept from its start on if a step of the plan changes the holdings of an item."""

    early_answer: EarlyAnswer | None = None
    """The answer to its request, if that came before the step: the database was restored."""

    needs: tuple[ItemNeeds, ...] = ()
    """What the first step requests. Not kept once it is requested; other steps have their own."""

    held: tuple[Held, ...] = ()
    """What a step of one item has reserved, and its undo frees."""

    pre_released: tuple[Held, ...] = ()
    """What a step of one item has pre-released, and its undo takes back into use."""

    @property
    def ref(self) -> str:
        """Its id, unique in the plan and never changed."""
        return step_ref(self.item_id, self.blueprint.name, self.revision)

    @property
    def title(self) -> str:
        """What is done, in plain words."""
        return self.blueprint.title or self.blueprint.name

    @property
    def requests_resources(self) -> bool:
        """Tell whether the resource service carries it out."""
        return self.blueprint.kind in RESOURCE_KINDS

    @property
    def has_undo(self) -> bool:
        """Tell whether the step can be undone."""
        return bool(self.blueprint.undo) or self.requests_resources

    @property
    def may_have_been_done(self) -> bool:
        """Tell whether there may be something to undo."""
        given_up = self.state in {StepState.FAILED, StepState.SKIPPED}
        return self.state is StepState.DONE or (self.unsure and given_up)


def step_ref(item_id: str, name: str, revision: int = 0) -> str:
    """Return the reference of a step: `1/account`, `assign`; of a later revision: `1/account@2`."""
    named = f"{name}@{revision}" if revision else name
    return f"{item_id}/{named}" if item_id else named


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
    revision: int = 0
    """How often its steps were changed after it was made."""

    def updated(
        self,
        state: PlanState,
        items: tuple[PlanItem, ...],
        steps: tuple[PlanStep, ...],
        failure: PlanFailure | None,
        revision: int,
    ) -> Self:
        """Return the changed plan; its local network is the first that one of its items has."""
        networks = (each.local_network for each in items if each.local_network)
        return replace(
            self,
            local_network=next(networks, self.local_network),
            state=state,
            items=items,
            steps=steps,
            failure=failure,
            revision=revision,
        )

    def local_network_of(self, item: PlanItem) -> str:
        """Return the local network where the work for an item is done."""
        return item.local_network or self.local_network

    def item(self, item_id: str) -> PlanItem:
        """Return one of its items."""
        return next(each for each in self.items if each.id == item_id)

    def step(self, ref: str) -> PlanStep | None:
        """Return the step with this reference, if there is one."""
        return next((step for step in self.steps if step.ref == ref), None)

    @property
    def is_in_fallout(self) -> bool:
        """Tell whether one of its steps is in fallout."""
        return any(step.state is StepState.FALLOUT for step in self.steps)
