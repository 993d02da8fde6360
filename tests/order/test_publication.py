"""Publications change the catalogue."""

from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest

from services.order.domain.catalogue.catalogue import (
    Catalogue,
    CharacteristicRule,
    Eligibility,
    FixedValue,
    LifeCycle,
    Offering,
    Specification,
    find_version,
)
from services.order.domain.catalogue.prices import (
    Discount,
    Price,
    PriceKind,
)
from services.order.domain.catalogue.publication import Publication, publish
from services.order.domain.catalogue.tenant_catalogue import overlay
from shared.errors import InvalidError
from tests.conftest import NOON
from tests.order.builders import CATALOGUE, SHIPPED_ENTRIES, a_body, a_place, an_item, faults_of

EMPTY = Catalogue.of((), ())
CABLE = Specification(
    id="cable", version=1, name="Cable", characteristics=(CharacteristicRule(name="colour"),)
)
BLUE = Offering(id="cable-blue", version=1, name="Blue", specification="cable")


def published(*offerings: Offering, own: Catalogue = CATALOGUE) -> Catalogue:
    """Return the catalogue after a publication of cable offerings."""
    publication = Publication(specifications=(CABLE,), offerings=offerings)
    changed = publish(own, own, publication)
    return overlay(
        own,
        Catalogue.of(
            (*own.specifications, *(each for each in changed if isinstance(each, Specification))),
            (*own.offerings, *(each for each in changed if isinstance(each, Offering))),
        ),
    )


def refused(*offerings: Offering, own: Catalogue = CATALOGUE) -> set[tuple[str, str]]:
    """Return the faults of a publication of cable offerings."""
    with pytest.raises(InvalidError) as caught:
        publish(own, own, Publication(specifications=(CABLE,), offerings=offerings))
    return {(fault.field, fault.code) for fault in caught.value.faults}


def test_the_shipped_catalogue_is_complete_and_can_be_published_again() -> None:
    entries = (*SHIPPED_ENTRIES.specifications, *SHIPPED_ENTRIES.offerings)

    assert len(publish(EMPTY, EMPTY, SHIPPED_ENTRIES)) == len(entries)
    assert publish(CATALOGUE, CATALOGUE, SHIPPED_ENTRIES) == ()


def test_a_new_product_is_sold_as_soon_as_it_is_published() -> None:
    catalogue = published(BLUE)

    assert (
        faults_of(a_body(an_item("1", "cable-blue", colour="blue")), catalogue=catalogue) == set()
    )


def test_a_draft_is_not_sold() -> None:
    catalogue = published(replace(BLUE, state=LifeCycle.DRAFT))

    assert faults_of(a_body(an_item("1", "cable-blue")), catalogue=catalogue) == {
        ("/productOrderItem/0/productOffering/id", "offering-not-sold")
    }


def test_the_newest_active_version_is_sold() -> None:
    second = replace(BLUE, version=2, name="Bluer")
    third = replace(BLUE, version=3, state=LifeCycle.DRAFT)

    catalogue = published(BLUE, second, third)

    assert catalogue.sellable_offerings["cable-blue"] == second
    assert find_version(catalogue.offerings, "cable-blue") == second
    assert find_version(catalogue.offerings, "cable-blue", 3) == third


def test_an_offering_is_sold_no_more_when_its_specification_is_retired() -> None:
    retired = Publication(specifications=(replace(CABLE, state=LifeCycle.RETIRED),))
    catalogue = published(BLUE)

    (changed,) = publish(catalogue, catalogue, retired)

    rest = [each for each in catalogue.specifications if each.id != "cable"]
    after = Catalogue.of((*rest, changed), catalogue.offerings)  # type: ignore[arg-type]
    assert "cable-blue" not in after.sellable_offerings


def test_what_was_active_changes_only_its_state() -> None:
    catalogue = published(BLUE)

    assert refused(replace(BLUE, name="Red"), own=catalogue) == {("/offerings/0", "version-fixed")}
    retired = replace(BLUE, state=LifeCycle.RETIRED)
    assert publish(catalogue, catalogue, Publication(offerings=(retired,))) == (retired,)


def test_a_version_never_goes_back() -> None:
    catalogue = published(BLUE)

    assert refused(replace(BLUE, state=LifeCycle.DRAFT), own=catalogue) == {
        ("/offerings/0/state", "state-backwards")
    }


def test_a_draft_may_be_written_again() -> None:
    draft = replace(BLUE, state=LifeCycle.DRAFT)

    again = published(replace(draft, name="Red"), own=published(draft))

    assert "Red" in [each.name for each in again.offerings]


def test_a_version_before_the_newest_comes_too_late() -> None:
    catalogue = published(replace(BLUE, version=3))

    assert refused(replace(BLUE, version=2), own=catalogue) == {
        ("/offerings/0/version", "version-late")
    }


def test_a_tenants_own_entries_take_precedence_over_shared_ones() -> None:
    dearer = replace(CATALOGUE.sellable_offerings["ftth-300"], version=9, name="Own")

    catalogue = overlay(CATALOGUE, Catalogue.of((), (dearer,)))

    assert catalogue.sellable_offerings["ftth-300"].name == "Own"
    assert "ftth-100" in catalogue.sellable_offerings


def price(**differences: Any) -> Price:
    usual: dict[str, Any] = {
        "id": "p",
        "name": "p",
        "kind": PriceKind.RECURRING,
        "amount_cents": 100,
    }
    return Price(**(usual | differences))


@pytest.mark.parametrize(
    ("differences", "fault"),
    [
        ({"id": "a b"}, ("/id", "id-malformed")),
        ({"version": 0}, ("/version", "version-malformed")),
        ({"version": -1}, ("/version", "version-malformed")),
        ({"version": 2**31}, ("/version", "version-malformed")),
        ({"specification": "no-such"}, ("/specification", "dangling")),
        ({"specification": ""}, ("", "offering-undecided")),
        ({"members": ("ftth-100", "ftth-300")}, ("", "offering-undecided")),
        ({"fixed": (FixedValue(name="size", value=1),)}, ("/fixed/0/name", "dangling")),
        (
            {"fixed": (FixedValue(name="colour", value=1),)},
            ("/fixed/0/value", "characteristic-type"),
        ),
        ({"prices": (price(amount_cents=-1),)}, ("/prices/0/amount_cents", "amount-malformed")),
        ({"prices": (price(), price())}, ("/prices/1/id", "price-twice")),
        ({"prices": (price(term_months=3),)}, ("/prices/0/term_months", "term-malformed")),
        (
            {"prices": (price(kind=PriceKind.MINIMUM_SPEND),)},
            ("/prices/0/term_months", "term-malformed"),
        ),
    ],
)
def test_an_invalid_offering_is_refused(
    differences: dict[str, Any], fault: tuple[str, str]
) -> None:
    field, code = fault

    assert (f"/offerings/0{field}", code) in refused(replace(BLUE, **differences))


def a_home(**differences: Any) -> Offering:
    usual: dict[str, Any] = {
        "id": "home",
        "version": 1,
        "name": "Home",
        "members": ("ftth-300", "voice-basic"),
    }
    return Offering(**(usual | differences))


def off(**differences: Any) -> Discount:
    usual: dict[str, Any] = {
        "id": "d",
        "name": "d",
        "member": "ftth-300",
        "kind": PriceKind.RECURRING,
        "percent": 10,
    }
    return Discount(**(usual | differences))


@pytest.mark.parametrize(
    ("differences", "fault"),
    [
        ({"members": ("ftth-300",)}, ("", "bundle-malformed")),
        ({"members": ("ftth-300", "ftth-300")}, ("/members/1", "member-twice")),
        ({"members": ("ftth-300", "home-300")}, ("/members/1", "bundle-nested")),
        ({"discounts": (off(member="ftth-100"),)}, ("/discounts/0/member", "dangling")),
        ({"discounts": (off(percent=101),)}, ("/discounts/0/percent", "percent-malformed")),
        (
            {"discounts": (off(kind=PriceKind.PREPAYMENT),)},
            ("/discounts/0/kind", "discount-malformed"),
        ),
        ({"discounts": (off(amount_cents=5),)}, ("/discounts/0", "discount-malformed")),
        ({"discounts": (off(percent=0),)}, ("/discounts/0", "discount-malformed")),
        (
            {"discounts": (off(), off(kind=PriceKind.ONE_TIME))},
            ("/discounts/1/id", "discount-twice"),
        ),
    ],
)
def test_an_invalid_bundle_is_refused(differences: dict[str, Any], fault: tuple[str, str]) -> None:
    field, code = fault

    assert refused(a_home(**differences)) == {(f"/offerings/0{field}", code)}


def test_a_pattern_that_is_none_is_refused() -> None:
    rule = CharacteristicRule(name="colour", pattern="(")
    publication = Publication(specifications=(replace(CABLE, characteristics=(rule,)),))

    with pytest.raises(InvalidError) as caught:
        publish(EMPTY, EMPTY, publication)

    assert [fault.code for fault in caught.value.faults] == ["pattern-malformed"]


@pytest.mark.parametrize(
    "eligibility",
    [
        Eligibility(categories=("business",)),
        Eligibility(channels=("agent",)),
        Eligibility(local_networks=("0512",)),
        Eligibility(valid_from=NOON + timedelta(seconds=1)),
        Eligibility(valid_until=NOON),
    ],
)
def test_an_offering_is_sold_only_within_its_eligibility(
    eligibility: Eligibility,
) -> None:
    catalogue = published(replace(BLUE, eligibility=eligibility))
    item = an_item("1", "cable-blue", place=a_place(localNetwork="025"))

    assert faults_of(a_body(item), catalogue=catalogue) == {
        ("/productOrderItem/0/productOffering/id", "offering-not-eligible")
    }


def test_an_offering_is_sold_to_eligible_customers() -> None:
    eligibility = Eligibility(
        categories=("public",),
        channels=("internet",),
        local_networks=("025",),
        valid_from=NOON,
        valid_until=NOON + timedelta(seconds=1),
    )
    item = an_item("1", "cable-blue", place=a_place(localNetwork="025"))

    catalogue = published(replace(BLUE, eligibility=eligibility))

    assert faults_of(a_body(item), catalogue=catalogue) == set()
