"""Views of offerings (TMF620 v4)."""

from enum import StrEnum
from typing import Annotated

from pydantic import ConfigDict, Field

from services.order.api.examples import offerings as examples
from services.order.api.views.amounts import ValidityView
from services.order.api.views.catalogue_prices import (
    PriceView,
    ValueUseView,
    show_prices,
    value_use_view,
)
from services.order.api.views.references import ReferenceView
from services.order.api.views.specifications import specification_reference
from services.order.domain.catalogue.catalogue import (
    Catalogue,
    LifeCycle,
    Offering,
    find_version,
)
from services.order.domain.catalogue.prices import AT_COMPLETION, ChargeStart
from shared.http import href_of
from shared.http.collection_paths import OFFERINGS_PATH, SPECIFICATIONS_PATH
from shared.http.views import UnvalidatedTmfView


class OfferingRelationship(StrEnum):
    """The relationship of an offering to another one."""

    UPGRADES_TO = "upgradesTo"
    """Its products may change to the other one."""


class MemberView(UnvalidatedTmfView):
    """An offering that is sold in a bundle."""

    id: str
    href: str


class OfferingRelationshipView(UnvalidatedTmfView):
    """Another offering to which this one has a relationship."""

    id: str
    href: str
    relationship_type: OfferingRelationship


class OfferingView(UnvalidatedTmfView):
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
    holds: tuple[ReferenceView, ...] | None = None
    """Extension: offerings or specifications, of one of which the customer has a product."""

    bundled_product_offering: tuple[MemberView, ...] | None = None
    product_offering_relationship: tuple[OfferingRelationshipView, ...] | None = None
    prod_spec_char_value_use: tuple[ValueUseView, ...] | None = None
    product_offering_price: tuple[ReferenceView, ...] | None = None
    charge_start: ChargeStart | None = None
    """Extension: when recurring charges begin; on completion without it."""

    product_specification: ReferenceView | None = None
    type: Annotated[str, Field(alias="@type")] = "ProductOffering"


def show_offering(catalogue: Catalogue, offering: Offering) -> OfferingView:
    """Show one version of an offering, and whether it can be ordered now."""
    prices = map(price_reference_view, show_prices(offering))
    eligibility = offering.eligibility
    return OfferingView(
        id=offering.id,
        href=href_of(OFFERINGS_PATH, offering.id),
        name=offering.name,
        description=offering.description or None,
        version=str(offering.version),
        lifecycle_status=offering.state,
        is_bundle=offering.is_bundle,
        is_sellable=catalogue.sellable_offerings.get(offering.id) == offering,
        valid_for=validity_view(offering),
        channel=reference_views(eligibility.channels),
        market_segment=reference_views(eligibility.categories),
        place=reference_views(eligibility.local_networks),
        holds=tuple(held_view(catalogue, each) for each in eligibility.holds) or None,
        bundled_product_offering=tuple(
            MemberView(id=member, href=href_of(OFFERINGS_PATH, member))
            for member in offering.members
        )
        or None,
        product_offering_relationship=tuple(map(upgrade_view, offering.upgrades_to)) or None,
        prod_spec_char_value_use=tuple(
            value_use_view(each.name, each.value) for each in offering.fixed
        )
        or None,
        product_offering_price=tuple(prices) or None,
        charge_start=None if offering.charge_start is AT_COMPLETION else offering.charge_start,
        product_specification=specification_reference(offering.specification)
        if offering.specification
        else None,
    )


def held_view(catalogue: Catalogue, id_: str) -> ReferenceView:
    """Show a reference to an offering, or a specification, of which a customer has a product."""
    path = OFFERINGS_PATH if find_version(catalogue.offerings, id_) else SPECIFICATIONS_PATH
    return ReferenceView(id=id_, href=href_of(path, id_))


def upgrade_view(offering_id: str) -> OfferingRelationshipView:
    """Show an offering to which products may change."""
    href = href_of(OFFERINGS_PATH, offering_id)
    return OfferingRelationshipView(
        id=offering_id, href=href, relationship_type=OfferingRelationship.UPGRADES_TO
    )


def validity_view(offering: Offering) -> ValidityView | None:
    """Show the period in which an offering is sold; None if it is unlimited."""
    return ValidityView.of(offering.eligibility.valid_from, offering.eligibility.valid_until)


def reference_views(ids: tuple[str, ...]) -> tuple[ReferenceView, ...] | None:
    """Show references by id; None if there are none."""
    return tuple(ReferenceView(id=id_) for id_ in ids) or None


def price_reference_view(price: PriceView) -> ReferenceView:
    """Show a reference to a price."""
    return ReferenceView(id=price.id, href=price.href, name=price.name, version=price.version)


def offering_reference(offering_id: str, name: str, version: int) -> ReferenceView:
    """Show a reference to one version of an offering."""
    href = href_of(OFFERINGS_PATH, offering_id)
    return ReferenceView(id=offering_id, href=href, name=name, version=str(version))
