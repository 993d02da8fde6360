"""Prices of offerings and bundles."""

from datetime import datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from services.order.domain.catalogue.catalogue import (
    Offering,
)
from services.order.domain.catalogue.prices import (
    PAID_ONCE,
    Condition,
    Discount,
    Price,
    PriceKind,
)
from services.order.domain.catalogue.pricing import ItemPrice, PricingContext, price_product
from shared.contracts import Characteristic
from tests.conftest import NOON
from tests.order.builders import CATALOGUE, NUMBER, a_body, a_bundle, accepted, an_item

GRADED = Characteristic(name="numberGrade", value="AAAA")


def priced(offering: str, *characteristics: Characteristic) -> ItemPrice:
    return price_product(
        CATALOGUE.sellable_offerings[offering], characteristics, PricingContext(NOON)
    )


@pytest.mark.parametrize(
    ("offering", "monthly_cents"), [("ftth-100", 6900), ("ftth-300", 9900), ("ftth-1000", 19900)]
)
def test_fibre_costs_its_installation_once_and_its_rate_every_month(
    offering: str, monthly_cents: int
) -> None:
    price = priced(offering)

    assert (price.one_off_cents, price.monthly_cents) == (10000, monthly_cents)


def test_a_vanity_number_costs_a_prepayment_and_a_minimum_spend_for_a_term() -> None:
    price = priced("voice-basic", GRADED)

    assert price.one_off_cents == 5000 + 500000
    assert price.monthly_cents == 38800
    top_up = price.charges[-1]
    assert (top_up.cents, top_up.term_months) == (38800 - 1500, 36)


def test_a_vanity_number_of_a_mobile_plan_is_prepaid_for_the_term_of_its_minimum_spend() -> None:
    for offering, monthly in (("plan-20", 5900), ("plan-150", 19900), ("member-card", 1000)):
        price = priced(offering, GRADED)

        prepaid = next(each for each in price.charges if each.kind is PriceKind.PREPAYMENT)
        minimum = price.charges[-1]
        assert (price.one_off_cents, price.monthly_cents) == (500000, 38800)
        assert (prepaid.cents, prepaid.term_months) == (500000, 36)
        assert (minimum.cents, minimum.term_months) == (38800 - monthly, 36)


@pytest.mark.parametrize(
    ("day", "cents"),
    [
        ("2024-12-31", (10000, 29900)),
        ("2025-01-01", (10000, 14950)),
        ("2025-06-30", (10000, 14950)),
        ("2025-07-01", (5000, 29900)),
        ("2026-07-01", (5000, 29900)),
    ],
)
def test_a_promotion_is_for_orders_of_its_window_in_local_time(
    day: str, cents: tuple[int, int]
) -> None:
    now = datetime.fromisoformat(f"{day}T00:00:00+08:00")
    price = price_product(CATALOGUE.sellable_offerings["ftth-2000"], (), PricingContext(now))

    assert (price.one_off_cents, price.monthly_cents) == cents


@pytest.mark.parametrize(
    ("quantity", "of_each"),
    [(1, 5000), (49, 5000), (50, 4900), (99, 4900), (100, 4800), (1000, 4800)],
)
def test_each_card_of_a_batch_costs_the_less_the_more_there_are(
    quantity: int, of_each: int
) -> None:
    price = priced("cards-50", Characteristic(name="quantity", value=quantity))

    assert (price.one_off_cents, price.monthly_cents) == (quantity * of_each, 0)


def test_a_plain_number_costs_nothing_beside_the_line() -> None:
    price = priced("voice-basic", Characteristic(name="number", value=NUMBER))

    assert (price.one_off_cents, price.monthly_cents) == (5000, 1500)


def test_a_dearer_grade_costs_more() -> None:
    grades = ["AAA", "AABB", "ABCD", "AAAA", "AAAAA"]
    prepaid = {
        grade: priced("voice-basic", Characteristic(name="numberGrade", value=grade)).one_off_cents
        for grade in grades
    }

    assert prepaid["AABB"] < prepaid["AAA"] < prepaid["ABCD"] < prepaid["AAAA"] < prepaid["AAAAA"]


def test_a_bundle_takes_its_discounts_off_its_members() -> None:
    order = accepted(a_body(a_bundle())).order

    fibre, telephone = (item.ordered for item in order.items)
    assert (fibre.one_off_cents, fibre.monthly_cents) == (0, 7920)
    assert (telephone.one_off_cents, telephone.monthly_cents) == (5000, 750)
    assert (order.one_off_cents, order.monthly_cents) == (5000, 8670)


def test_the_same_products_outside_a_bundle_cost_the_full_price() -> None:
    order = accepted(a_body(an_item("1"), an_item("2", "voice-basic"))).order

    assert (order.one_off_cents, order.monthly_cents) == (15000, 11400)


def test_a_bundle_gives_no_discount_on_a_vanity_number() -> None:
    offering = CATALOGUE.sellable_offerings["voice-basic"]
    half = Discount(id="d", name="d", member=offering.id, kind=PriceKind.ONE_TIME, percent=50)

    context = PricingContext(NOON, bundle_discounts=(half,))
    price = price_product(offering, [GRADED], context)

    assert price.one_off_cents == 2500 + 500000


prices = st.builds(
    Price,
    id=st.text(min_size=1, max_size=3),
    name=st.just("a price"),
    kind=st.sampled_from(PriceKind),
    amount_cents=st.integers(0, 10**9),
    when=st.none() | st.just(Condition(characteristic="numberGrade", value="AAAA")),
    term_months=st.just(12),
)
discounts = st.builds(
    Discount,
    id=st.just("d"),
    name=st.just("d"),
    member=st.just("thing"),
    kind=st.sampled_from([PriceKind.ONE_TIME, PriceKind.RECURRING]),
    percent=st.integers(1, 100),
)


@given(
    listed=st.lists(prices, max_size=6),
    off=st.lists(discounts, max_size=2),
    graded=st.booleans(),
)
def test_the_lines_add_up_no_line_is_below_nothing_and_the_month_reaches_the_minimum(
    *, listed: list[Price], off: list[Discount], graded: bool
) -> None:
    offering = Offering(id="thing", version=1, name="thing", prices=tuple(listed))

    context = PricingContext(NOON, bundle_discounts=tuple(off))
    price = price_product(offering, [GRADED] if graded else [], context)

    once = [each.cents for each in price.charges if each.kind in PAID_ONCE]
    monthly = [each.cents for each in price.charges if each.kind is PriceKind.RECURRING]
    assert (price.one_off_cents, price.monthly_cents) == (sum(once), sum(monthly))
    assert all(0 <= charge.cents <= charge.list_cents for charge in price.charges)
    for each in listed:
        if each.kind is PriceKind.MINIMUM_SPEND and (graded or not each.when):
            assert price.monthly_cents >= each.amount_cents
