"""Characteristics have ranges, units and dependencies: published and ordered within them."""

from dataclasses import replace
from typing import Any

import pytest

from services.order.domain.catalogue.catalogue import (
    Catalogue,
    CharacteristicDependency,
    CharacteristicRule,
    FixedValue,
    Offering,
    Specification,
    ValueType,
)
from services.order.domain.catalogue.prices import (
    Condition,
    Price,
    PriceKind,
)
from services.order.domain.catalogue.publication import Publication, publish
from shared.errors import InvalidError
from tests.order.builders import Json, a_body, an_item, faults_of, found

EMPTY = Catalogue.of((), ())
RATE = CharacteristicRule(
    name="rate", type=ValueType.INTEGER, minimum=10, maximum=100, step=10, unit="Mbit/s"
)
LINES = CharacteristicRule(name="lines", type=ValueType.INTEGER)
FAST = CharacteristicDependency(characteristic="rate", values=(90, 100))
BACKUP = CharacteristicRule(name="backup", type=ValueType.BOOLEAN, allowed_when=(FAST,))
ROUTER = CharacteristicRule(name="router", required_when=(FAST,))
CABLE = Specification(
    id="cable", version=1, name="Cable", characteristics=(RATE, LINES, BACKUP, ROUTER)
)
OPEN = Offering(id="cable-open", version=1, name="Open", specification="cable")
CATALOGUE = Catalogue.of((CABLE,), (OPEN,))
VALUES_AT = "/productOrderItem/0/product/productCharacteristic"


def a_cable(**values: Any) -> Json:
    return a_body(an_item("1", "cable-open", **values))


def refused(*entries: Specification | Offering, own: Catalogue = EMPTY) -> set[tuple[str, str]]:
    """Return the faults of a publication."""
    publication = Publication(
        specifications=tuple(each for each in entries if isinstance(each, Specification)),
        offerings=tuple(each for each in entries if isinstance(each, Offering)),
    )
    with pytest.raises(InvalidError) as caught:
        publish(own, own, publication)
    return {(fault.field, fault.code) for fault in caught.value.faults}


def with_rule(rule: CharacteristicRule, **differences: Any) -> Specification:
    """Return the cable with one rule that differs."""
    rules = [replace(each, **differences) if each is rule else each for each in (RATE, LINES)]
    return replace(CABLE, characteristics=tuple(rules))


@pytest.mark.parametrize("rate", [10, 50, 100])
def test_a_number_in_its_range_is_accepted(rate: int) -> None:
    router = {"router": "r1"} if rate == 100 else {}

    assert faults_of(a_cable(rate=rate, **router), catalogue=CATALOGUE) == set()


@pytest.mark.parametrize("rate", [0, 9, 55, 101, 110, -10])
def test_a_number_out_of_its_range_is_refused_with_the_range_and_the_unit(rate: int) -> None:
    (fault,) = found(a_cable(rate=rate), CATALOGUE)

    assert (fault.field, fault.code) == (f"{VALUES_AT}/0/value", "characteristic-range")
    assert fault.remedy == "use a JSON integer from 10 to 100 in steps of 10, in Mbit/s"


@pytest.mark.parametrize(
    ("differences", "remedy"),
    [
        ({"maximum": None, "step": 1, "unit": ""}, "use a JSON integer from 10"),
        ({"minimum": None, "step": 1}, "use a JSON integer to 100, in Mbit/s"),
        ({"minimum": None, "maximum": None}, "use a JSON integer in steps of 10, in Mbit/s"),
    ],
)
def test_a_range_may_lack_an_end(differences: dict[str, Any], remedy: str) -> None:
    catalogue = Catalogue.of((with_rule(RATE, **differences),), (OPEN,))
    wrong = 101 if "minimum" in differences else 9

    (fault,) = found(a_cable(rate=wrong), catalogue)

    assert fault.remedy == remedy
    assert faults_of(a_cable(rate=50), catalogue=catalogue) == set()


def test_the_unit_is_named_with_listed_values() -> None:
    listed = replace(RATE, minimum=None, maximum=None, step=1, allowed=(10, 20))
    catalogue = Catalogue.of((replace(CABLE, characteristics=(listed,)),), (OPEN,))

    (fault,) = found(a_cable(rate=30), catalogue)

    assert (fault.code, fault.remedy) == ("characteristic-value", "use one of: 10, 20, in Mbit/s")


@pytest.mark.parametrize(
    ("values", "codes"),
    [
        ({"rate": 100, "router": "r1", "backup": True}, []),
        ({"rate": 50}, []),
        ({"rate": 50, "router": "r1"}, []),
        ({"rate": 50, "backup": True}, ["characteristic-not-allowed"]),
        ({"backup": True}, ["characteristic-not-allowed"]),
        ({"rate": 100}, ["characteristic-missing"]),
    ],
)
def test_a_characteristic_depends_on_the_value_of_another_one(
    values: dict[str, Any], codes: list[str]
) -> None:
    faults = found(a_cable(**values), CATALOGUE)

    assert [(each.field, each.code) for each in faults] == [(VALUES_AT, code) for code in codes]
    assert all("rate is 90 or 100" in each.reason for each in faults)


def test_a_value_that_the_offering_fixes_counts() -> None:
    fixed = replace(OPEN, fixed=(FixedValue(name="rate", value=100),))
    catalogue = Catalogue.of((CABLE,), (fixed,))

    assert faults_of(a_cable(), catalogue=catalogue) == {(VALUES_AT, "characteristic-missing")}
    assert faults_of(a_cable(router="r1", backup=True), catalogue=catalogue) == set()


@pytest.mark.parametrize(
    ("rule", "differences", "fault"),
    [
        (RATE, {"type": ValueType.STRING, "unit": ""}, ("0/minimum", "range-unsupported")),
        (RATE, {"allowed": (10, 20)}, ("0/minimum", "range-unsupported")),
        (RATE, {"step": 0}, ("0/step", "step-malformed")),
        (RATE, {"maximum": 9}, ("0/maximum", "range-empty")),
        (RATE, {"unit": " Mbit/s"}, ("0/unit", "unit-malformed")),
        (RATE, {"unit": "x" * 33}, ("0/unit", "unit-malformed")),
        (LINES, {"type": ValueType.BOOLEAN, "unit": "lines"}, ("1/unit", "unit-unsupported")),
        (
            LINES,
            {"allowed_when": (CharacteristicDependency(characteristic="none", values=(1,)),)},
            ("1/allowed_when/0/characteristic", "dangling"),
        ),
        (
            LINES,
            {"required_when": (CharacteristicDependency(characteristic="lines", values=(1,)),)},
            ("1/required_when/0/characteristic", "dangling"),
        ),
        (
            LINES,
            {"allowed_when": (replace(FAST, values=()),)},
            ("1/allowed_when/0/values", "dependency-empty"),
        ),
        (
            LINES,
            {"allowed_when": (replace(FAST, values=(100, 105)),)},
            ("1/allowed_when/0/values/1", "characteristic-range"),
        ),
        (
            LINES,
            {"allowed_when": (FAST,), "required": True},
            ("1/allowed_when", "required-depends"),
        ),
    ],
)
def test_a_rule_that_no_value_can_satisfy_is_not_published(
    rule: CharacteristicRule, differences: dict[str, Any], fault: tuple[str, str]
) -> None:
    where, code = fault

    found_faults = refused(with_rule(rule, **differences))

    assert found_faults == {(f"/specifications/0/characteristics/{where}", code)}


def test_fixed_values_and_conditions_of_prices_are_inside_the_range() -> None:
    price = Price(
        id="p",
        name="p",
        kind=PriceKind.RECURRING,
        amount_cents=1,
        when=Condition(characteristic="rate", value=15),
    )
    offering = replace(OPEN, fixed=(FixedValue(name="rate", value=110),), prices=(price,))

    assert refused(CABLE, offering) == {
        ("/offerings/0/fixed/0/value", "characteristic-range"),
        ("/offerings/0/prices/0/when/value", "characteristic-range"),
    }


def test_fixed_values_allow_each_other() -> None:
    fixed = (FixedValue(name="rate", value=50), FixedValue(name="backup", value=True))

    assert refused(CABLE, replace(OPEN, fixed=fixed)) == {
        ("/offerings/0/fixed/1", "dependency-unmet")
    }
    assert publish(EMPTY, EMPTY, Publication(specifications=(CABLE,), offerings=(OPEN,)))


def test_a_version_that_an_offering_on_sale_does_not_fit_is_not_published() -> None:
    sold = Catalogue.of((CABLE,), (replace(OPEN, fixed=(FixedValue(name="rate", value=100),)),))
    narrower = replace(with_rule(RATE, maximum=50), version=2)

    assert refused(narrower, own=sold) == {("/specifications/0", "offering-broken")}
    fitting = replace(OPEN, version=2, fixed=(FixedValue(name="rate", value=50),))
    assert publish(sold, sold, Publication(specifications=(narrower,), offerings=(fitting,))) == (
        narrower,
        fitting,
    )
