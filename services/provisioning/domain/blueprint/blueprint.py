"""Blueprints: versioned data on how a product is activated in the network, or removed from it."""

from enum import StrEnum

import msgspec

from shared.contracts import (
    MEANT_BY,
    TMF_ACTIONS,
    Action,
    Characteristic,
    NeedEffect,
    Value,
    find_business_action,
)
from shared.contracts.message_parts import ElementName

INLINE: ElementName = "inline"
"""The element in process: its operations complete at once, and never fail."""

ASSIGN = "assign"
"""The step that a plan has once, for all items of its order together."""


class StepKind(StrEnum):
    """What carries out a step."""

    ASSIGN = "assign"
    """The resource service reserves what the item needs, or pre-releases what it holds."""

    RELEASE = "release"
    """The item gives up some of its holdings, when the order completes."""

    ACTIVATE = "activate"
    """A network element is changed."""

    WORK_ORDER = "work_order"
    """People do it, in the field or in the office."""

    TEST = "test"
    """A network element is queried for the service's state; nothing changes."""

    WAIT = "wait"
    """Time passes: so long, or until a date."""


RESOURCE_KINDS = frozenset({StepKind.ASSIGN, StepKind.RELEASE})
"""The kinds of steps that the resource service carries out."""


class OnFailure(StrEnum):
    """What follows when a step has finally failed."""

    ROLLBACK = "rollback"
    """All that was done is undone, and the order fails."""

    PEOPLE = "people"
    """The plan stops there, and an operator decides (fallout)."""

    SKIP = "skip"
    """The plan continues as if the step were done."""


MAX_COUNT = 1000
"""The most resources that one need is for."""

MAX_COUNT_OF_ORDER = 5 * MAX_COUNT
"""The most resources that the counted needs of an order are for."""


class PointOfNoReturn(StrEnum):
    """How far a plan can still be rolled back once a step has started."""

    SOFT = "soft"
    """From here on a failure goes to fallout; only an operator can still roll the plan back."""

    HARD = "hard"
    """From here on the plan cannot be rolled back."""


class StoredStruct(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """A value stored in a blueprint or a plan.

    Fields that a newer version of this code has added are ignored: plans outlive deployments.
    """


class StepCondition(StoredStruct, frozen=True, kw_only=True):
    """A condition on which a step or a need is part of a plan: on one value, when it is made.

    The values are those of the item: `$characteristic.NAME`, `$before.NAME` or `$item.NAME`.
    """

    value: str
    differs_from: str = ""
    """A value, or a reference to one, that it must differ from."""

    one_of: tuple[Value, ...] = ()
    """The possible values, or references to them."""


class BlueprintNeed(StoredStruct, frozen=True, kw_only=True):
    """A resource that an item needs from the pools.

    `picked` and `grade` may refer to what the customer chose (`$characteristic.number`);
    without a choice they stay empty.
    """

    kind: str
    picked: str = ""
    grade: str = ""
    count: str = ""
    """How many of them, a number or a reference to one; empty for one."""

    served_from: str = ""
    """`region` for a number of the local network, as of mobile service; empty: as its kind is."""

    effect: NeedEffect | None = None
    """Null for that of the business action, and in a step that releases."""

    when: tuple[StepCondition, ...] = ()
    """It is left out of the plan unless all of these hold."""


class BlueprintStep(StoredStruct, frozen=True, kw_only=True):
    """One step, as the blueprint defines it.

    `element`, `district` and the parameters' values may refer to values of the item that
    are known after assignment: `$leg.element`, `$characteristic.speedMbps` (see templates.py).
    """

    name: str
    kind: StepKind
    title: str = ""
    """What is done, in plain words: `create the broadband account`."""

    after: tuple[str, ...] = ()
    """The steps that must be done first; they stand earlier in the blueprint."""

    element: ElementName = ""
    operation: str = ""
    """The operation that the element, or the crew, carries out."""

    undo: str = ""
    """The operation that undoes it; empty if none is needed."""

    no_undo: str = ""
    """Why nothing needs to undo it, of a step that changes something and has no undo."""

    nothing_to_undo: tuple[str, ...] = ()
    """The refusal codes of an undo that mean "was never done" or "is already removed"."""

    parameters: tuple[Characteristic, ...] = ()
    undo_parameters: tuple[Characteristic, ...] = ()
    """The parameters of the undo; those of the operation if there are none."""

    when: tuple[StepCondition, ...] = ()
    """The step is left out of the plan unless all of these hold; others then follow those that it
    follows."""

    for_each: str = ""
    """A reference to values, separated by commas: a plan has the step once for each of them.

    `$each` is the value, in the element, the district and the parameters.
    """

    needs: tuple[BlueprintNeed, ...] = ()
    """What a step that assigns or releases requests; the first step requests the blueprint's."""

    skill: str = ""
    """The skill that a work order needs."""

    district: str = ""
    """Where a work order is to be done."""

    tries: int = 5
    """Calls of the element, or dispatches of the work order, before the step has failed."""

    timeout_s: int = 5
    """Time to wait for an element's answer before the outcome of the call is queried."""

    until: str = ""
    """The date until which a `wait` waits, a reference to it (see plan/waits.py)."""

    wait_s: int = 0
    """How long a `wait` lasts, from its beginning or from the date `until`."""

    on_failure: OnFailure = OnFailure.ROLLBACK
    ponr: PointOfNoReturn | None = None
    """The point of no return is passed when this step begins."""

    @property
    def requested_needs(self) -> tuple[BlueprintNeed, ...]:
        """Its needs with the effects that its kind has on them."""
        if self.kind is not StepKind.RELEASE:
            return self.needs
        released = NeedEffect.PRE_RELEASE
        return tuple(msgspec.structs.replace(need, effect=released) for need in self.needs)


class Blueprint(StoredStruct, frozen=True, kw_only=True):
    """How one business action on one product specification is carried out.

    The first step assigns; each other step stands behind the steps that it depends on.
    A document may name the business action or, as before there were any, the TMF622 action
    that means it; the other one is filled in.
    """

    specification: str
    business_action: str = ""
    action: Action | None = None
    """The TMF622 action; earlier versions read only this one."""

    version: int
    needs: tuple[BlueprintNeed, ...] = ()
    """The resources that the item will hold; for a disconnection, those that it holds.

    A disconnection whose needs name no effect gives up all holdings in its first step.
    """

    steps: tuple[BlueprintStep, ...]

    def __post_init__(self) -> None:
        """Fill in the business action or the TMF622 action, if one of them is missing."""
        if self.action and not self.business_action:
            msgspec.structs.force_setattr(self, "business_action", MEANT_BY[self.action].value)
        elif self.action is None and (named := find_business_action(self.business_action)):
            msgspec.structs.force_setattr(self, "action", TMF_ACTIONS[named])

    @property
    def tmf_action(self) -> Action:
        """The TMF622 action, which every valid blueprint has."""
        assert self.action
        return self.action

    @property
    def display_name(self) -> str:
        """Its name for people: `ftth/new`."""
        return f"{self.specification}/{self.business_action}"
