"""Schemas of blueprints, their needs and steps, and their mapping to the domain."""

from typing import Annotated, TypeAlias

from pydantic import ConfigDict, Field, StringConstraints

from services.provisioning.api.examples import blueprints as examples
from services.provisioning.domain.blueprint.blueprint import (
    BlueprintNeed,
    BlueprintStep,
    OnFailure,
    PointOfNoReturn,
    StepCondition,
    StepKind,
)
from services.provisioning.domain.blueprint.names import MAX_STEPS
from shared.contracts import Action, Characteristic, NeedEffect, Value
from shared.http.schemas import BaseSchema, ExactId
from shared.input.numbers import WholeNumber

DisplayName: TypeAlias = Annotated[str, StringConstraints(strip_whitespace=True, max_length=128)]
"""A display name; never compared."""


class ParameterSchema(BaseSchema):
    """A parameter of the operation of an element, or of a crew."""

    name: ExactId
    value: Value
    """A value, or a reference: `$leg.pon_port`, `$characteristic.speedMbps`, `$item.service_id`."""

    def to_domain(self) -> Characteristic:
        """Map the parameter to the domain."""
        return Characteristic(name=self.name, value=self.value)


class ConditionSchema(BaseSchema):
    """A condition on which a step is part of a plan."""

    value: ExactId
    """A reference to what is known when the plan is made: `$characteristic.bar|none`."""

    differs_from: ExactId = ""
    """A value, or a reference to one, that it must differ from: `$before.bar|none`."""

    one_of: tuple[Value, ...] = ()
    """The possible values, or references to them."""

    def to_domain(self) -> StepCondition:
        """Map the condition to the domain."""
        return StepCondition(**self.model_dump())


class NeedSchema(BaseSchema):
    """A resource that an item needs from the pools."""

    kind: ExactId
    picked: ExactId = ""
    grade: ExactId = ""
    count: ExactId = ""
    """How many of them, a number or a reference to one; empty for one."""

    served_from: ExactId = ""
    """`region` for a number of the local network; empty for where its kind is served from."""

    effect: NeedEffect | None = None
    """What is done for it; empty for what the business action, or the kind of the step, does."""

    when: tuple[ConditionSchema, ...] = ()
    """It is left out of a plan unless all of these hold."""

    def to_domain(self) -> BlueprintNeed:
        """Map the need to the domain."""
        when = tuple(each.to_domain() for each in self.when)
        return BlueprintNeed(**self.model_dump(exclude={"when"}), when=when)


Needs: TypeAlias = Annotated[tuple[NeedSchema, ...], Field(max_length=MAX_STEPS)]


class StepSchema(BaseSchema):
    """One step, as the blueprint defines it."""

    name: ExactId
    kind: StepKind
    title: DisplayName = ""
    after: tuple[ExactId, ...] = ()
    element: ExactId = ""
    operation: ExactId = ""
    undo: ExactId = ""
    no_undo: DisplayName = ""
    """Why nothing needs to undo it, of a step that changes something and has no undo."""

    nothing_to_undo: tuple[ExactId, ...] = ()
    parameters: tuple[ParameterSchema, ...] = ()
    undo_parameters: tuple[ParameterSchema, ...] = ()
    """The parameters of the undo; those of the operation if there are none."""

    when: Annotated[tuple[ConditionSchema, ...], Field(max_length=MAX_STEPS)] = ()
    """The step is part of a plan if all of these hold."""

    for_each: ExactId = ""
    """A reference to values, separated by commas: the step is repeated for each, `$each`."""

    needs: Needs = ()
    """What a step requests that assigns or releases; the first requests the blueprint's."""

    skill: ExactId = ""
    district: ExactId = ""
    tries: WholeNumber = 5
    timeout_s: WholeNumber = 5
    until: ExactId = ""
    """The date until which a `wait` waits: `$characteristic.NAME`, `$item.requested_completion`."""

    wait_s: WholeNumber = 0
    """Seconds that a `wait` lasts, from its beginning or from the date."""

    on_failure: OnFailure = OnFailure.ROLLBACK
    ponr: PointOfNoReturn | None = None

    def to_domain(self) -> BlueprintStep:
        """Map the step to the domain."""
        values = self.model_dump(exclude={"parameters", "undo_parameters", "when", "needs"})
        return BlueprintStep(
            **values,
            parameters=tuple(each.to_domain() for each in self.parameters),
            undo_parameters=tuple(each.to_domain() for each in self.undo_parameters),
            when=tuple(each.to_domain() for each in self.when),
            needs=tuple(each.to_domain() for each in self.needs),
        )


Steps: TypeAlias = Annotated[tuple[StepSchema, ...], Field(max_length=MAX_STEPS)]


class BlueprintSchema(BaseSchema):
    """How one business action on one product specification is carried out."""

    model_config = ConfigDict(json_schema_extra={"examples": [examples.BLUEPRINT]})

    specification: ExactId
    business_action: ExactId = ""
    """`new`, `change`, `disconnect` or another one. A document without it is for what `action`
    means by itself."""

    action: Action | None = None
    """The TMF622 action of the business action."""

    version: WholeNumber
    needs: Needs = ()
    steps: Annotated[Steps, Field(min_length=1)]
