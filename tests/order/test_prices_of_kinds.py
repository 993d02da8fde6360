"""Quantities, tiers, discounts, taxes, prepayments and usage: what a price costs, line by line."""

from datetime import UTC, date, datetime, timedelta

import pytest

from services.order.domain.catalogue.billing_dates import (
    add_months,
    charges_begin,
    first_month_cents,
    months_between,
)
from services.order.domain.catalogue.catalogue import Offering
from services.order.domain.catalogue.prices import (
    BillingMonth,
    ChargeStart,
    Condition,
    Discount,
    Price,
    PriceKind,
    Tier,
)
from services.order.domain.catalogue.pricing import Charge, ItemPrice, PricingContext, price_product
from services.order.domain.catalogue.tax import tax_cents, tax_rate
from services.order.domain.local_time import local_day, start_of_day
from shared.contracts import BusinessAction, Characteristic
from tests.conftest import NOON

MONTHLY = Price(id="monthly", name="Monthly", kind=PriceKind.RECURRING, amount_cents=9900)
ONCE = Price(id="once", name="Installation", kind=PriceKind.ONE_TIME, amount_cents=10000)


def priced(
    *prices: Price, discounts: tuple[Discount, ...] = (), now: datetime = NOON, **values: int
) -> ItemPrice:
    offering = Offering(
        id="thing",
        version=1,
        name="thing",
        specification="ftth",
        prices=prices,
        discounts=discounts,
    )
    stated = [Characteristic(name=name, value=value) for name, value in values.items()]
    return price_product(offering, stated, PricingContext(now))


def a_discount(**differences: object) -> Discount:
    values = {"id": "off", "name": "Off", "kind": PriceKind.RECURRING} | differences
    return Discount(**values)  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("quantity", "cents"), [(1, 1000), (9, 9000), (10, 8000), (99, 79200), (100, 50000)]
)
def test_the_tier_that_a_quantity_reaches_is_the_price_of_every_unit(
    quantity: int, cents: int
) -> None:
    tiers = (Tier(from_quantity=10, amount_cents=800), Tier(from_quantity=100, amount_cents=500))
    price = Price(
        id="card",
        name="Card",
        kind=PriceKind.ONE_TIME,
        amount_cents=1000,
        per="quantity",
        tiers=tiers,
    )

    (line,) = priced(price, quantity=quantity).charges

    assert (line.quantity, line.cents) == (quantity, cents)


def test_the_best_of_several_discounts_is_given_and_only_one() -> None:
    offers = (a_discount(id="a", percent=10), a_discount(id="b", amount_cents=1500))

    (line,) = priced(MONTHLY, discounts=offers).charges

    assert (line.discount_id, line.discount_cents, line.cents) == ("b", 1500, 8400)


def test_a_discount_takes_off_no_more_than_the_price() -> None:
    (line,) = priced(MONTHLY, discounts=(a_discount(amount_cents=20000),)).charges

    assert line.cents == 0


def test_a_promotion_is_given_in_its_time_alone_and_for_its_months() -> None:
    offer = a_discount(
        percent=50, months=12, valid_from=NOON, valid_until=NOON + timedelta(days=10)
    )

    def price_at(now: datetime) -> Charge:
        return priced(MONTHLY, discounts=(offer,), now=now).charges[0]

    assert price_at(NOON - timedelta(seconds=1)).cents == 9900
    assert (price_at(NOON).cents, price_at(NOON).discount_months) == (4950, 12)
    assert price_at(NOON + timedelta(days=10)).cents == 9900


def test_a_discount_on_one_price_reduces_no_other_and_a_conditional_one_too() -> None:
    graded = Price(
        id="grade",
        name="Grade",
        kind=PriceKind.RECURRING,
        amount_cents=1000,
        when=Condition(characteristic="level", value=2),
    )

    price = priced(MONTHLY, graded, discounts=(a_discount(price="grade", percent=100),), level=2)

    assert [line.cents for line in price.charges] == [9900, 0]


def test_a_prepayment_is_paid_once_and_usage_is_left_to_billing() -> None:
    prepayment = Price(
        id="pre", name="Pre", kind=PriceKind.PREPAYMENT, amount_cents=24000, term_months=24
    )
    usage = Price(id="u", name="Calls", kind=PriceKind.USAGE, amount_cents=10, unit="minute")

    price = priced(ONCE, prepayment, usage, MONTHLY)

    assert [line.price_id for line in price.charges] == ["once", "pre", "monthly"]
    assert (price.one_off_cents, price.monthly_cents) == (34000, 9900)


def test_a_price_while_suspended_takes_the_place_of_the_usual_ones_and_a_minimum_stays() -> None:
    fee = Price(
        id="fee",
        name="Fee",
        kind=PriceKind.RECURRING,
        amount_cents=500,
        suspended_for=("request",),
    )
    minimum = Price(
        id="min", name="Min", kind=PriceKind.MINIMUM_SPEND, amount_cents=3000, term_months=12
    )
    offering = Offering(id="thing", version=1, name="thing", prices=(MONTHLY, fee, minimum))

    usual = price_product(offering, [], PricingContext(NOON))
    suspended = price_product(
        offering, [], PricingContext(NOON, suspended_for=frozenset({"request", "lost"}))
    )

    assert [line.price_id for line in usual.charges] == ["monthly"]
    assert [(line.price_id, line.cents) for line in suspended.charges] == [
        ("fee", 500),
        ("min", 2500),
    ]


def test_a_price_of_another_action_is_not_charged() -> None:
    swap = Price(
        id="swap",
        name="Swap",
        kind=PriceKind.ONE_TIME,
        amount_cents=1000,
        charged_with=(BusinessAction.SIM_SWAP,),
    )

    assert priced(swap).charges == ()


def test_taxes_are_those_of_the_category_and_the_day_and_halves_are_rounded_up() -> None:
    assert tax_rate("", "voice", date(2026, 1, 1)) == 900
    assert tax_rate("", "ftth", date(2026, 1, 1)) == 600
    assert tax_rate("none", "ftth", date(2026, 1, 1)) == 0
    assert tax_rate("", "unheard-of", date(1999, 1, 1)) == 600
    assert tax_cents(9900, 600) == 594
    assert tax_cents(25, 600) == 2
    assert tax_cents(24, 600) == 1


def test_each_line_has_the_tax_of_the_amount_after_the_discount() -> None:
    (line,) = priced(MONTHLY, discounts=(a_discount(percent=20),)).charges

    assert (line.cents, line.tax_basis_points, line.tax_cents) == (7920, 600, 475)


def test_a_day_is_that_of_the_local_network_and_begins_there() -> None:
    late = datetime(2026, 11, 30, 16, 30, tzinfo=UTC)

    assert local_day("025", late) == date(2026, 12, 1)
    assert start_of_day("025", date(2026, 12, 1)) == datetime(2026, 11, 30, 16, tzinfo=UTC)


def test_charges_begin_on_completion_next_month_or_on_a_day_that_is_not_before() -> None:
    completed = date(2026, 11, 30)

    assert charges_begin(ChargeStart.COMPLETION, None, completed) == completed
    assert charges_begin(ChargeStart.NEXT_MONTH, None, completed) == date(2026, 12, 1)
    assert charges_begin(ChargeStart.COMPLETION, date(2026, 11, 1), completed) == completed
    assert charges_begin(ChargeStart.COMPLETION, date(2027, 1, 15), completed) == date(2027, 1, 15)


def test_months_are_calendar_months_over_the_turn_of_the_year() -> None:
    assert add_months(date(2026, 11, 30), 1) == date(2026, 12, 1)
    assert add_months(date(2026, 12, 31), 14) == date(2028, 2, 1)
    assert months_between(date(2026, 11, 30), date(2027, 2, 1)) == 3
    assert months_between(date(2027, 3, 1), date(2027, 2, 1)) == 0


@pytest.mark.parametrize(
    ("rule", "day", "cents"),
    [
        (BillingMonth.DAILY, 1, 3000),
        (BillingMonth.DAILY, 16, 1500),
        (BillingMonth.DAILY, 30, 100),
        (BillingMonth.FULL, 30, 3000),
        (BillingMonth.FREE, 2, 0),
        (BillingMonth.FREE, 1, 3000),
    ],
)
def test_the_first_month_costs_its_days_all_or_nothing(
    rule: BillingMonth, day: int, cents: int
) -> None:
    assert first_month_cents(3000, rule, date(2026, 11, day)) == cents
