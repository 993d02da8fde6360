"""The catalogue as TMF620 v4 shows it."""

from collections.abc import Iterator
from typing import Annotated

from pydantic import ConfigDict, Field

from services.order.api.examples import catalogue as examples
from services.order.api.views.base import (
    OFFERINGS_PATH,
    SPECIFICATIONS_PATH,
    VALUE_TYPES,
    BaseView,
    ReferenceView,
    UtcTimestamp,
)
from services.order.api.views.price import MoneyView, QuantityView, period_of, price_reference
from services.order.domain.catalogue.catalogue import (
    CharacteristicRule,
    Discount,
    LifeCycle,
    Offering,
    Price,
    PriceKind,
    Specification,
    ValueType,
)
from shared.contracts import Value
from shared.http import href_of


class ValueView(BaseView):
    """A value that a characteristic may have."""

    value: str | int | bool
    value_type: ValueType


class CharacteristicRuleView(BaseView):
    """What may be said of one property of a product."""

    name: str
    description: str | None = None
    value_type: ValueType
    configurable: bool = True
    min_cardinality: int
    max_cardinality: int = 1
    regex: str | None = None
    product_spec_characteristic_value: tuple[ValueView, ...] | None = None
    product_spec_char_relationship: tuple["RuleRelationshipView", ...] | None = None


class RuleRelationshipView(BaseView):
    """Another characteristic that must be given with it."""

    name: str
    relationship_type: str = "requires"


class SpecificationView(BaseView):
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


class ValidityView(BaseView):
    """From when until when."""

    start_date_time: UtcTimestamp | None = None
    end_date_time: UtcTimestamp | None = None


class MemberView(BaseView):
    """An offering that is sold in a bundle."""

    id: str
    href: str


class ValueUseView(BaseView):
    """A characteristic that has a certain value."""

    name: str
    product_spec_characteristic_value: tuple[ValueView, ...]


class PriceView(BaseView):
    """A price of an offering (TMF620 v4 `ProductOfferingPrice`)."""

    model_config = ConfigDict(json_schema_extra={"examples": [examples.PRICE]})

    id: str
    href: str
    name: str
    version: str
    lifecycle_status: LifeCycle
    price_type: str
    """`oneTime`, `recurring`, `minimumSpend` or `discount`."""

    recurring_charge_period_type: str | None = None
    recurring_charge_period_length: int | None = None
    price: MoneyView | None = None
    percentage: float | None = None
    prod_spec_char_value_use: tuple[ValueUseView, ...] | None = None
    """The characteristics for which it is due."""

    product_offering_term: tuple["OfferingTermView", ...] | None = None
    type: Annotated[str, Field(alias="@type")] = "ProductOfferingPrice"


class OfferingTermView(BaseView):
    """How long a price binds."""

    name: str
    duration: QuantityView


class OfferingView(BaseView):
    """What can be ordered (TMF620 v4 `ProductOffering`)."""

    model_config = ConfigDict(json_schema_extra={"examples": [examples.OFFERING]})

    id: str
    href: str
    name: str
    description: str | None = None
    version: str
    lifecycle_status: LifeCycle
    is_bundle: bool
    is_sellable: bool
    """It can be ordered now: this version is the newest active one, and so are its parts."""

    valid_for: ValidityView | None = None
    channel: tuple[ReferenceView, ...] | None = None
    market_segment: tuple[ReferenceView, ...] | None = None
    place: tuple[ReferenceView, ...] | None = None
    bundled_product_offering: tuple[MemberView, ...] | None = None
    prod_spec_char_value_use: tuple[ValueUseView, ...] | None = None
    product_offering_price: tuple[ReferenceView, ...] | None = None
    product_specification: ReferenceView | None = None
    type: Annotated[str, Field(alias="@type")] = "ProductOffering"


def value_view(value: Value) -> ValueView:
    """Show a value."""
    return ValueView(value=value, value_type=VALUE_TYPES[type(value)])


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
    """Show what may be said of one property."""
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


def show_offering(offering: Offering, *, is_sellable: bool) -> OfferingView:
    """Show one version of an offering."""
    prices = map(price_reference_view, show_prices(offering))
    eligible = offering.eligibility
    return OfferingView(
        id=offering.id,
        href=href_of(OFFERINGS_PATH, offering.id),
        name=offering.name,
        description=offering.description or None,
        version=str(offering.version),
        lifecycle_status=offering.state,
        is_bundle=offering.is_bundle,
        is_sellable=is_sellable,
        valid_for=validity_view(offering),
        channel=reference_views(eligible.channels),
        market_segment=reference_views(eligible.categories),
        place=reference_views(eligible.local_networks),
        bundled_product_offering=tuple(
            MemberView(id=member, href=href_of(OFFERINGS_PATH, member))
            for member in offering.members
        )
        or None,
        prod_spec_char_value_use=tuple(
            value_use_view(each.name, each.value) for each in offering.fixed
        )
        or None,
        product_offering_price=tuple(prices) or None,
        product_specification=specification_reference(offering.specification),
    )


def validity_view(offering: Offering) -> ValidityView | None:
    """Show when an offering is sold, if that is bounded."""
    begin, end = offering.eligibility.valid_from, offering.eligibility.valid_until
    return ValidityView(start_date_time=begin, end_date_time=end) if begin or end else None


def reference_views(ids: tuple[str, ...]) -> tuple[ReferenceView, ...] | None:
    """Show things that are called by their ids."""
    return tuple(ReferenceView(id=id_) for id_ in ids) or None


def specification_reference(id_: str) -> ReferenceView | None:
    """Show which specification an offering is of, if it is of one."""
    return ReferenceView(id=id_, href=href_of(SPECIFICATIONS_PATH, id_)) if id_ else None


def price_reference_view(price: PriceView) -> ReferenceView:
    """Show which price an offering has."""
    return ReferenceView(id=price.id, href=price.href, name=price.name, version=price.version)


def value_use_view(name: str, value: Value) -> ValueUseView:
    """Show that a characteristic has a value."""
    return ValueUseView(name=name, product_spec_characteristic_value=(value_view(value),))


def show_prices(offering: Offering) -> Iterator[PriceView]:
    """Show the prices of an offering, and what it takes off those of its members."""
    for price in offering.prices:
        yield price_view(offering, price)
    for discount in offering.discounts:
        yield discount_view(offering, discount)


def price_view(offering: Offering, price: Price) -> PriceView:
    """Show a price."""
    at = price_reference(offering.id, price.id, price.name)
    term = QuantityView(amount=price.term_months, units="month")
    return PriceView(
        id=at.id,
        href=at.href,
        name=price.name,
        version=str(offering.version),
        lifecycle_status=offering.state,
        price_type=price.kind,
        recurring_charge_period_type=period_of(price.kind),
        recurring_charge_period_length=None if price.kind is PriceKind.ONE_TIME else 1,
        price=MoneyView.of(price.amount_cents),
        prod_spec_char_value_use=(value_use_view(price.when.characteristic, price.when.value),)
        if price.when
        else None,
        product_offering_term=(OfferingTermView(name=price.name, duration=term),)
        if price.term_months
        else None,
    )


def discount_view(offering: Offering, discount: Discount) -> PriceView:
    """Show what a bundle takes off a member's prices."""
    at = price_reference(offering.id, discount.id, discount.name)
    return PriceView(
        id=at.id,
        href=at.href,
        name=discount.name,
        version=str(offering.version),
        lifecycle_status=offering.state,
        price_type="discount",
        recurring_charge_period_type=period_of(discount.kind),
        percentage=-discount.percent,
    )
