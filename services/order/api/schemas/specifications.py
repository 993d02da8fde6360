"""Schemas of specifications (TMF620 v4): what creates one, and what changes one."""

from collections.abc import Iterable
from dataclasses import replace
from typing import Annotated, Literal, Self, TypeAlias

from fastapi import Body
from pydantic import Field, model_validator

from services.order.api.examples import specifications as examples
from services.order.api.schemas.catalogue_parts import (
    EntryList,
    EntryName,
    EntrySchema,
    OnlyFalse,
    OnlyTrue,
    PatchSchema,
    ShownText,
    VersionText,
)
from services.order.api.views.specifications import RuleRelationship, SpecificationRelationship
from services.order.domain.business_actions import ORDINARY_CHANGE
from services.order.domain.catalogue.catalogue import (
    Catalogue,
    CharacteristicDependency,
    CharacteristicRule,
    LifeCycle,
    Specification,
    ValueType,
)
from shared.contracts import BusinessAction, Value
from shared.http.schemas import LongText
from shared.input.ids import RequiredId
from shared.input.numbers import IS_NUMBER, Boolean
from shared.input.validation_errors import validation_error

WholeNumberText: TypeAlias = Annotated[str, Field(pattern=r"^(0|-?[1-9][0-9]{0,17})$")]
"""A whole number as text, as TMF620 has the ends of a range."""


class ValueSchema(EntrySchema):
    """A value that a characteristic may have, or a range of whole numbers."""

    value: Value | None = None
    """Left out for a range."""

    value_type: ValueType | None = None
    value_from: WholeNumberText | None = None
    value_to: WholeNumberText | None = None
    range_interval: Literal["closed", "closedBottom", "closedTop"] | None = None
    """The ends of a range belong to it."""

    step: Annotated[int, Field(ge=1), IS_NUMBER] = 1
    """Extension: the distance of the values of a range, counted from its lower end."""

    unit_of_measure: str = ""


class RuleRelationshipSchema(EntrySchema):
    """Another characteristic on which one depends."""

    name: EntryName
    relationship_type: RuleRelationship
    values: EntryList[Value] = ()
    """Extension: with `allowedWhen` and `requiredWhen` the values of the other one."""


class CharacteristicRuleSchema(EntrySchema):
    """The rule for one characteristic of a product."""

    name: EntryName
    description: LongText = ""
    value_type: ValueType = ValueType.STRING
    configurable: OnlyTrue = True
    min_cardinality: Annotated[int, Field(ge=0, le=1), IS_NUMBER] = 0
    """1 if it must be given."""

    max_cardinality: Annotated[int, Field(ge=1, le=1), IS_NUMBER] = 1
    regex: Annotated[str, Field(max_length=1000)] = ""
    """The values match it as a whole."""

    regex_description: LongText = ""
    """Extension: `regex` described for people."""

    changed_by: EntryList[BusinessAction] = (ORDINARY_CHANGE,)
    """Extension: the business actions that change it."""

    product_spec_characteristic_value: EntryList[ValueSchema] = ()
    product_spec_char_relationship: EntryList[RuleRelationshipSchema] = ()

    @model_validator(mode="after")
    def check_one_range(self) -> Self:
        """Return it unchanged, if it has one range at most, and one unit.

        Raises:
            PydanticCustomError: it has several.
        """
        values = self.product_spec_characteristic_value
        ranges = [each for each in values if each.value is None]
        if len(ranges) > 1 or len({each.unit_of_measure for each in values}) > 1:
            raise validation_error(
                code="range-twice",
                reason="has several ranges, or values in several units",
                remedy="give one range, or values of one unit",
            )
        return self

    def to_domain(self) -> CharacteristicRule:
        """Map the rule to the domain."""
        values = self.product_spec_characteristic_value
        given = next((each for each in values if each.value is None), ValueSchema())
        related = self.product_spec_char_relationship
        return CharacteristicRule(
            name=self.name,
            type=self.value_type,
            description=self.description,
            required=bool(self.min_cardinality),
            allowed=tuple(each.value for each in values if each.value is not None),
            pattern=self.regex,
            pattern_means=self.regex_description,
            minimum=None if given.value_from is None else int(given.value_from),
            maximum=None if given.value_to is None else int(given.value_to),
            step=given.step,
            unit=values[0].unit_of_measure if values else "",
            requires=tuple(
                each.name for each in related if each.relationship_type is RuleRelationship.REQUIRES
            ),
            allowed_when=dependencies(related, RuleRelationship.ALLOWED_WHEN),
            required_when=dependencies(related, RuleRelationship.REQUIRED_WHEN),
            changed_by=tuple(self.changed_by),
        )


def dependencies(
    related: Iterable[RuleRelationshipSchema], kind: RuleRelationship
) -> tuple[CharacteristicDependency, ...]:
    """Return the dependencies of one kind."""
    return tuple(
        CharacteristicDependency(characteristic=each.name, values=tuple(each.values))
        for each in related
        if each.relationship_type is kind
    )


class SpecificationRelationshipSchema(EntrySchema):
    """Another specification to which one has a relationship."""

    id: RequiredId
    href: ShownText = None
    relationship_type: SpecificationRelationship


class SpecificationPatchSchema(PatchSchema):
    """What changes a specification (TMF620 v4 `ProductSpecification_Update`).

    What is left out stays; a list replaces the present one as a whole.
    """

    name: EntryName = ""
    description: LongText = ""
    lifecycle_status: LifeCycle = LifeCycle.ACTIVE
    is_bundle: OnlyFalse = False
    needs_address: Boolean = False
    """Extension: its products are installed at an address."""

    needs_local_network: Boolean = False
    """Extension: its products are delivered anywhere in a local network."""

    product_specification_relationship: EntryList[SpecificationRelationshipSchema] = ()
    product_spec_characteristic: EntryList[CharacteristicRuleSchema] = ()
    type: Annotated[Literal["ProductSpecification"], Field(alias="@type")] = "ProductSpecification"

    @model_validator(mode="after")
    def check_one_base(self) -> Self:
        """Return it unchanged, if it relies on one specification at most.

        Raises:
            PydanticCustomError: it relies on several.
        """
        if len(self.related(SpecificationRelationship.RELIES_ON)) > 1:
            raise validation_error(
                code="relationship-twice",
                reason="has several relationships of the type reliesOn",
                remedy="name the one specification on which it relies",
            )
        return self

    def related(self, kind: SpecificationRelationship) -> tuple[str, ...]:
        """Return the specifications to which it has a relationship of one kind."""
        related = self.product_specification_relationship
        return tuple(each.id for each in related if each.relationship_type is kind)

    def applied_to(self, base: Specification, _: Catalogue) -> Specification:
        """Return a specification with what the body states; it refers to no prices."""
        relies_on = self.related(SpecificationRelationship.RELIES_ON)
        rules = tuple(each.to_domain() for each in self.product_spec_characteristic)
        fields = (
            ("name", "name", self.name),
            ("description", "description", self.description),
            ("lifecycle_status", "state", self.lifecycle_status),
            ("needs_address", "needs_address", self.needs_address),
            ("needs_local_network", "needs_local_network", self.needs_local_network),
            ("product_specification_relationship", "relies_on", next(iter(relies_on), "")),
            (
                "product_specification_relationship",
                "excludes",
                self.related(SpecificationRelationship.EXCLUDES),
            ),
            ("product_spec_characteristic", "characteristics", rules),
        )
        return replace(base, **self.stated(fields))


class SpecificationSchema(SpecificationPatchSchema):
    """What creates a specification (TMF620 v4 `ProductSpecification_Create`).

    It has the attributes that the view of a specification shows.
    """

    id: RequiredId
    """An identifier that the catalogue does not have yet."""

    href: ShownText = None
    name: EntryName
    version: VersionText = "1"

    def to_domain(self, catalogue: Catalogue) -> Specification:
        """Return its first version: a draft, unless another state is stated."""
        version = int(self.version)
        return self.applied_to(
            Specification(id=self.id, version=version, name=self.name, state=LifeCycle.DRAFT),
            catalogue,
        )


SpecificationBody: TypeAlias = Annotated[
    SpecificationSchema, Body(examples=[examples.NEW_SPECIFICATION])
]
SpecificationPatchBody: TypeAlias = Annotated[
    SpecificationPatchSchema, Body(examples=[examples.SPECIFICATION_PATCH])
]
