"""Prices, discounts and commitments that contradict themselves are refused."""

from dataclasses import replace
from typing import Any

import pytest

from services.order.domain.catalogue.catalogue import CharacteristicRule, Offering, ValueType
from services.order.domain.catalogue.price_validation import (
    price_characteristic_faults,
    price_faults,
)
from services.order.domain.catalogue.prices import (
    Commitment,
    Discount,
    Price,
    PriceKind,
    Tier,
)
from tests.conftest import NOON

MONTHLY = Price(id="monthly", name="Monthly", kind=PriceKind.RECURRING, amount_cents=9900)


def a_discount(**differences: object) -> Discount:
    values = {"id": "off", "name": "Off", "kind": PriceKind.RECURRING} | differences
    return Discount(**values)  # type: ignore[arg-type]


def faults_of_prices(offering: Offering) -> set[tuple[str, str]]:
    return {(each.field, each.code) for each in price_faults("", offering)}


@pytest.mark.parametrize(
    ("differences", "fault"),
    [
        ({"tax": "luxury"}, ("/prices/0/tax", "tax-unknown")),
        ({"unit": "GB"}, ("/prices/0/unit", "unit-malformed")),
        ({"kind": PriceKind.USAGE}, ("/prices/0/unit", "unit-malformed")),
        ({"kind": PriceKind.PREPAYMENT}, ("/prices/0/term_months", "term-malformed")),
        ({"suspended_for": ("boredom",)}, ("/prices/0/suspended_for", "suspension-reason-unknown")),
        (
            {"kind": PriceKind.ONE_TIME, "suspended_for": ("request",)},
            ("/prices/0/suspended_for", "price-malformed"),
        ),
        ({"tiers": (Tier(from_quantity=2, amount_cents=1),)}, ("/prices/0/per", "tier-malformed")),
        (
            {"per": "quantity", "tiers": (Tier(from_quantity=1, amount_cents=1),)},
            ("/prices/0/tiers", "tier-malformed"),
        ),
        (
            {"per": "quantity", "tiers": (Tier(from_quantity=2, amount_cents=-1),)},
            ("/prices/0/tiers/0/amount_cents", "amount-malformed"),
        ),
        ({"is_agreed": True}, ("/prices/0/is_agreed", "price-malformed")),
    ],
)
def test_a_price_that_contradicts_itself_is_refused(
    differences: dict[str, Any], fault: tuple[str, str]
) -> None:
    offering = Offering(id="o", version=1, name="o", prices=(replace(MONTHLY, **differences),))

    assert faults_of_prices(offering) == {fault}


@pytest.mark.parametrize(
    ("discount", "fault"),
    [
        (a_discount(percent=10, price="other"), ("/discounts/0/price", "dangling")),
        (a_discount(percent=10, member="m"), ("/discounts/0/member", "discount-malformed")),
        (
            a_discount(percent=10, kind=PriceKind.ONE_TIME, months=3),
            ("/discounts/0/months", "term-malformed"),
        ),
        (
            a_discount(percent=10, valid_from=NOON, valid_until=NOON),
            ("/discounts/0/valid_until", "validity-empty"),
        ),
    ],
)
def test_a_discount_that_contradicts_itself_is_refused(
    discount: Discount, fault: tuple[str, str]
) -> None:
    offering = Offering(id="o", version=1, name="o", prices=(MONTHLY,), discounts=(discount,))

    assert faults_of_prices(offering) == {fault}


@pytest.mark.parametrize(
    ("differences", "fault"),
    [
        ({"months": 0}, ("/commitment/months", "term-malformed")),
        ({"penalty_percent": 101}, ("/commitment/penalty_percent", "percent-malformed")),
        ({"penalty_cents": -1}, ("/commitment/penalty_cents", "amount-malformed")),
        ({"id": "monthly"}, ("/commitment/id", "price-twice")),
    ],
)
def test_a_commitment_that_contradicts_itself_is_refused(
    differences: dict[str, Any], fault: tuple[str, str]
) -> None:
    commitment = replace(Commitment(id="early", name="e", months=24), **differences)
    offering = Offering(id="o", version=1, name="o", prices=(MONTHLY,), commitment=commitment)

    assert faults_of_prices(offering) == {fault}


def test_the_quantity_of_a_price_is_a_whole_number_of_the_specification() -> None:
    rules = {
        "colour": CharacteristicRule(name="colour"),
        "quantity": CharacteristicRule(name="quantity", type=ValueType.INTEGER),
    }

    def faults(per: str) -> list[str]:
        found = price_characteristic_faults("", replace(MONTHLY, per=per), rules)
        return [each.code for each in found]

    assert (faults("colour"), faults("size"), faults("quantity")) == (
        ["dangling"],
        ["dangling"],
        [],
    )
