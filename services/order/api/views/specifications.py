"""Views of specifications (TMF620 v4)."""

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
from shared.contracts import Value
from shared.http import href_of
from shared.http.collection_paths import SPECIFICATIONS_PATH
from shared.http.views import UnvalidatedTmfView

VALUE_TYPES: dict[type[Value], ValueType] = {
    str: ValueType.STRING,
    int: ValueType.INTEGER,
    bool: ValueType.BOOLEAN,
}


class ValueView(UnvalidatedTmfView):
    """A value that a characteristic may have."""

    value: str | int | bool
    value_type: ValueType


class CharacteristicRuleView(UnvalidatedTmfView):
    """The rule for one characteristic of a product."""

    name: str
    description: str | None = None
    value_type: ValueType
    configurable: bool = True
    min_cardinality: int
    max_cardinality: int = 1
    regex: str | None = None
    product_spec_characteristic_value: tuple[ValueView, ...] | None = None
    product_spec_char_relationship: tuple["RuleRelationshipView", ...] | None = None


class RuleRelationshipView(UnvalidatedTmfView):
    """Another characteristic that must be given with it."""

    name: str
    relationship_type: str = "requires"


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
        product_spec_characteristic_value=tuple(map(value_view, rule.allowed)) or None,
        product_spec_char_relationship=tuple(
            RuleRelationshipView(name=name) for name in rule.requires
        )
        or None,
    )


def value_view(value: Value) -> ValueView:
    """Show a value."""
    return ValueView(value=value, value_type=VALUE_TYPES[type(value)])


def specification_reference(id_: str) -> ReferenceView:
    """Show a reference to a specification."""
    return ReferenceView(id=id_, href=href_of(SPECIFICATIONS_PATH, id_))
