"""Views of specifications (TMF620 v4)."""

from collections.abc import Iterator
from enum import StrEnum
from typing import Annotated

from pydantic import ConfigDict, Field

from services.order.api.examples import specifications as examples
from services.order.api.views.references import ReferenceView
from services.order.domain.catalogue.catalogue import (
    CharacteristicRule,
    LifeCycle,
    Specification,
    ValueType,
)
from shared.contracts import BusinessAction, Value
from shared.http import href_of
from shared.http.collection_paths import SPECIFICATIONS_PATH
from shared.http.views import UnvalidatedTmfView

VALUE_TYPES: dict[type[Value], ValueType] = {
    str: ValueType.STRING,
    int: ValueType.INTEGER,
    bool: ValueType.BOOLEAN,
}


class RuleRelationship(StrEnum):
    """How a characteristic depends on another one."""

    REQUIRES = "requires"
    """It is given only with the other one."""

    ALLOWED_WHEN = "allowedWhen"
    """It is given only if the other one has one of some values."""

    REQUIRED_WHEN = "requiredWhen"
    """It must be given if the other one has one of some values."""


class SpecificationRelationship(StrEnum):
    """The relationship of a specification to another one."""

    RELIES_ON = "reliesOn"
    EXCLUDES = "excludes"


class ValueView(UnvalidatedTmfView):
    """A value that a characteristic may have, or a range of such values."""

    value: str | int | bool | None = None
    """None for a range."""

    value_type: ValueType
    value_from: str | None = None
    value_to: str | None = None
    range_interval: str | None = None
    """`closed`, `closedBottom` or `closedTop`: the ends that there are belong to it."""

    step: int | None = None
    """Extension: the distance of the values of a range, counted from its lower end."""

    unit_of_measure: str | None = None


class CharacteristicRuleView(UnvalidatedTmfView):
    """The rule for one characteristic of a product."""

    name: str
    description: str | None = None
    value_type: ValueType
    configurable: bool = True
    min_cardinality: int
    max_cardinality: int = 1
    regex: str | None = None
    regex_description: str | None = None
    """Extension: `regex` described for people."""

    changed_by: tuple[BusinessAction, ...]
    """Extension: the business actions that change it."""

    product_spec_characteristic_value: tuple[ValueView, ...] | None = None
    product_spec_char_relationship: tuple["RuleRelationshipView", ...] | None = None


class RuleRelationshipView(UnvalidatedTmfView):
    """Another characteristic on which it depends."""

    name: str
    relationship_type: RuleRelationship
    values: tuple[str | int | bool, ...] | None = None
    """Extension: with `allowedWhen` and `requiredWhen` the values of the other one."""


class SpecificationRelationshipView(UnvalidatedTmfView):
    """Another specification to which this one has a relationship."""

    id: str
    href: str
    relationship_type: SpecificationRelationship


class SpecificationView(UnvalidatedTmfView):
    """A kind of product (TMF620 v4 `ProductSpecification`)."""

    model_config = ConfigDict(json_schema_extra={"examples": [examples.SPECIFICATION]})

    id: str
    href: str
    name: str
    description: str | None = None
    version: str
    lifecycle_status: LifeCycle
    is_bundle: bool = False
    needs_address: bool
    """Extension: its products are installed at an address."""

    needs_local_network: bool
    """Extension: its products are delivered anywhere in a local network."""

    product_specification_relationship: tuple[SpecificationRelationshipView, ...] | None = None
    product_spec_characteristic: tuple[CharacteristicRuleView, ...]
    type: Annotated[str, Field(alias="@type")] = "ProductSpecification"


def show_specification(specification: Specification) -> SpecificationView:
    """Show one version of a specification."""
    return SpecificationView(
        id=specification.id,
        href=href_of(SPECIFICATIONS_PATH, specification.id),
        name=specification.name,
        description=specification.description or None,
        version=str(specification.version),
        lifecycle_status=specification.state,
        needs_address=specification.needs_address,
        needs_local_network=specification.needs_local_network,
        product_specification_relationship=tuple(relationship_views(specification)) or None,
        product_spec_characteristic=tuple(map(rule_view, specification.characteristics)),
    )


def rule_view(rule: CharacteristicRule) -> CharacteristicRuleView:
    """Show the rule for one characteristic."""
    return CharacteristicRuleView(
        name=rule.name,
        description=rule.description or None,
        value_type=rule.type,
        min_cardinality=int(rule.required),
        regex=rule.pattern or None,
        regex_description=rule.pattern_means or None,
        changed_by=rule.changed_by,
        product_spec_characteristic_value=tuple(value_views(rule)) or None,
        product_spec_char_relationship=tuple(rule_relationship_views(rule)) or None,
    )


def relationship_views(specification: Specification) -> Iterator[SpecificationRelationshipView]:
    """Show the specifications to which one has a relationship."""
    related = {
        SpecificationRelationship.RELIES_ON: filter(None, [specification.relies_on]),
        SpecificationRelationship.EXCLUDES: specification.excludes,
    }
    for kind, ids in related.items():
        for id_ in ids:
            href = href_of(SPECIFICATIONS_PATH, id_)
            yield SpecificationRelationshipView(id=id_, href=href, relationship_type=kind)


def rule_relationship_views(rule: CharacteristicRule) -> Iterator[RuleRelationshipView]:
    """Show the characteristics on which one depends."""
    for name in rule.requires:
        yield RuleRelationshipView(name=name, relationship_type=RuleRelationship.REQUIRES)
    conditional = {
        RuleRelationship.ALLOWED_WHEN: rule.allowed_when,
        RuleRelationship.REQUIRED_WHEN: rule.required_when,
    }
    for kind, dependencies in conditional.items():
        for each in dependencies:
            yield RuleRelationshipView(
                name=each.characteristic, relationship_type=kind, values=each.values
            )


def value_views(rule: CharacteristicRule) -> Iterator[ValueView]:
    """Show the values that a characteristic may have, one by one or as a range."""
    unit = rule.unit or None
    for value in rule.allowed:
        yield ValueView(value=value, value_type=rule.type, unit_of_measure=unit)
    if not rule.allowed and (unit or rule.has_range):
        yield ValueView(
            value_type=rule.type,
            value_from=None if rule.minimum is None else str(rule.minimum),
            value_to=None if rule.maximum is None else str(rule.maximum),
            range_interval=range_interval(rule),
            step=None if rule.step == 1 else rule.step,
            unit_of_measure=unit,
        )


def range_interval(rule: CharacteristicRule) -> str | None:
    """Return which ends of a range belong to it, as TMF620 names them; None without an end."""
    match rule.minimum, rule.maximum:
        case None, None:
            return None
        case _, None:
            return "closedBottom"
        case None, _:
            return "closedTop"
        case _:
            return "closed"


def value_view(value: Value) -> ValueView:
    """Show a value."""
    return ValueView(value=value, value_type=VALUE_TYPES[type(value)])


def specification_reference(id_: str) -> ReferenceView:
    """Show a reference to a specification."""
    return ReferenceView(id=id_, href=href_of(SPECIFICATIONS_PATH, id_))
