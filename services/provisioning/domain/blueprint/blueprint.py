"""Blueprints: how one kind of product gets into the network, or out of it. Data, versioned."""

from enum import StrEnum

import msgspec

from shared.contracts import Action, Characteristic
from shared.contracts.message_parts import ElementName

INLINE: ElementName = "inline"
"""The element in process: what it is asked to do is done at once, and always can be."""


class StepKind(StrEnum):
    """Who does a step."""

    ASSIGN = "assign"
    """Resources holds what the item needs, or takes back what it held."""

    ACTIVATE = "activate"
    """A network element changes."""

    WORK_ORDER = "work_order"
    """People go there, or do it at a desk."""

    TEST = "test"
    """A network element is asked whether it works; nothing changes."""

    WAIT = "wait"
    """Time passes."""


class OnFailure(StrEnum):
    """What follows when a step has failed for good."""

    ROLLBACK = "rollback"
    """All that was done is undone, and the order fails."""

    PEOPLE = "people"
    """The plan stops there, and people decide (fallout)."""

    SKIP = "skip"
    """The plan goes on as if it had been done."""


class PointOfNoReturn(StrEnum):
    """How final it is that a step has begun."""

    SOFT = "soft"
    """From here on a failure goes to people; only they may still undo everything."""

    HARD = "hard"
    """From here on nobody can undo everything."""


class StoredStruct(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """A value kept inside a blueprint or a plan.

    What a newer version of this code has added is read over: plans outlive deployments.
    """


class BlueprintNeed(StoredStruct, frozen=True, kw_only=True):
    """A thing that an item needs from the resource pools.

    `picked` and `grade` may refer to what the customer chose (`$characteristic.number`);
    what was not chosen is left open.
    """

    kind: str
    picked: str = ""
    grade: str = ""


class BlueprintStep(StoredStruct, frozen=True, kw_only=True):
    """One step, as drawn.

    `element`, `district` and the parameters' values may refer to what is known of the
    item once it is assigned: `$leg.element`, `$characteristic.speedMbps` (see templates.py).
    """

    name: str
    kind: StepKind
    title: str = ""
    """What is done, in plain words: `create the broadband account`."""

    after: tuple[str, ...] = ()
    """The steps that must be done before, which stand before it in the blueprint."""

    element: ElementName = ""
    operation: str = ""
    """What the element, or the crew, is asked to do."""

    undo: str = ""
    """The operation that undoes it, with the same parameters; empty if nothing need."""

    nothing_to_undo: tuple[str, ...] = ()
    """The codes with which the element refuses to undo what was never done, or is gone."""

    parameters: tuple[Characteristic, ...] = ()
    skill: str = ""
    """Who can do a work order."""

    district: str = ""
    """Where a work order is to be done."""

    tries: int = 5
    """So often an element is called in vain, or a work order sent out, before it has failed."""

    timeout_s: int = 5
    """So long an element's answer is waited for, before it is asked what became of the call."""

    wait_s: int = 0
    on_failure: OnFailure = OnFailure.ROLLBACK
    ponr: PointOfNoReturn | None = None
    """The point of no return is passed when this step begins."""


class Blueprint(StoredStruct, frozen=True, kw_only=True):
    """How one action on one product specification is carried out.

    The first step assigns; each other stands behind those that it comes after.
    """

    specification: str
    action: Action
    version: int
    needs: tuple[BlueprintNeed, ...] = ()
    """What the item is to hold; for a delete, what it is known to hold."""

    steps: tuple[BlueprintStep, ...]
