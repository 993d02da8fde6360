"""Commitments, penalties, fees while suspended, and when charges begin."""

from dataclasses import replace
from datetime import date

import msgspec
import pytest

from services.order.commands.place_order import new_submission
from services.order.domain.acceptance.acceptance import AcceptedOrder
from services.order.domain.acceptance.submission import SubmissionKeys
from services.order.domain.acceptance.takeover import order_as_published, order_record
from services.order.domain.catalogue.billing_dates import add_months
from services.order.domain.fulfilment.commitment import ProductCommitment
from services.order.domain.fulfilment.installed_base import products_after
from services.order.domain.fulfilment.product import Product
from tests.callers import CLIENT
from tests.conftest import NOON
from tests.kernel import TENANT
from tests.order.builders import (
    Json,
    a_body,
    a_disconnection,
    a_fibre,
    accepted,
    an_item,
    faults_of,
    service_completed,
)
from tests.order.test_changes import a_change, changed

TODAY = NOON.date()
LONG_AGO = date(2000, 1, 1)
ITEM = "/productOrderItem/0"
TERM = an_item("1", "ftth-500-term")


def completed(body: Json, n: int = 1) -> tuple[AcceptedOrder, Product]:
    """Return an order for a new product, and the product."""
    order = accepted(body, n)
    services = service_completed(order).services
    (product,) = products_after(order.order, {}, services, NOON).created
    return order, product


def committed() -> Product:
    """Return a line of 500 Mbit/s with a commitment of two years, at half price for one."""
    return completed(a_body(TERM))[1]


def commitment_of(product: Product) -> ProductCommitment:
    """Return the commitment of a product that has one."""
    found = product.content.commitment
    assert found
    return found


def test_a_commitment_begins_with_the_month_after_completion() -> None:
    order, product = completed(a_body(TERM))

    commitment = commitment_of(product)
    assert (commitment.until, commitment.monthly_cents) == (add_months(TODAY, 25), 12900)
    assert order.order.items[0].charges[0].discount_months == 12
    assert product.content.charged_from == add_months(TODAY, 1)


def test_an_offering_without_one_commits_to_nothing_and_is_charged_from_completion() -> None:
    _, product = completed(a_body(an_item("1", "ftth-500")))

    assert product.content.commitment is None
    assert product.content.charged_from == TODAY


@pytest.mark.parametrize(
    ("stated", "day"),
    [
        ("completion", TODAY),
        ("nextMonth", add_months(TODAY, 1)),
        (f"{add_months(TODAY, 2)}", add_months(TODAY, 2)),
    ],
)
def test_an_order_may_say_when_charges_begin(stated: str, day: date) -> None:
    _, product = completed(a_body(an_item("1", "ftth-500") | {"chargeStart": stated}))

    assert product.content.charged_from == day


@pytest.mark.parametrize(
    ("item", "code"),
    [
        (an_item() | {"chargeStart": "soon"}, "charge-start-malformed"),
        (an_item() | {"chargeStart": "2026-02-30"}, "charge-start-malformed"),
        (an_item() | {"chargeStart": "2001-01-01"}, "charge-start-out-of-range"),
        (an_item() | {"chargeStart": "2901-01-01"}, "charge-start-out-of-range"),
    ],
)
def test_a_start_that_cannot_be_is_refused(item: Json, code: str) -> None:
    assert faults_of(a_body(item)) == {(f"{ITEM}/chargeStart", code)}


def test_an_action_without_recurring_charges_has_no_start() -> None:
    product = a_fibre()
    item = a_disconnection(product.id) | {"chargeStart": "nextMonth"}

    found = faults_of(a_body(item), products=(product,))

    assert found == {(f"{ITEM}/chargeStart", "charge-start-unsupported")}


def test_leaving_within_the_term_costs_the_percentage_of_all_months_left() -> None:
    product = committed()

    order = accepted(a_body(a_disconnection(product.id)), 2, products=(product,))

    (line,) = order.order.items[0].charges
    assert (line.price_id, line.quantity) == ("early-termination", 24)
    assert line.cents == 12900 * 24 * 30 // 100
    assert order.message.one_off_cents == line.cents
    assert line.tax_basis_points == 0


def test_the_operator_may_waive_the_penalty() -> None:
    product = committed()
    item = a_disconnection(product.id) | {"disconnectionReason": "operator"}

    order = accepted(a_body(item), 2, products=(product,))

    assert order.message.one_off_cents == 0
    assert order.message.items[0].reason == "operator"


def test_a_product_without_a_commitment_is_left_for_nothing() -> None:
    product = a_fibre()

    order = accepted(a_body(a_disconnection(product.id)), 2, products=(product,))

    assert (order.message.one_off_cents, order.message.items[0].reason) == (0, "request")


def test_a_change_to_lower_charges_costs_the_penalty_and_ends_the_commitment() -> None:
    product = committed()

    order, after = changed(product, a_change(product, productOffering={"id": "ftth-100"}))

    assert [line.price_id for line in order.order.items[0].charges] == [
        "ftth-100-monthly",
        "early-termination",
    ]
    assert after.content.commitment is None
    assert after.content.monthly_cents == 6900


def test_a_discount_for_some_months_does_not_hide_that_a_change_leaves_the_commitment() -> None:
    product = committed()
    assert product.content.monthly_cents < 9900 < commitment_of(product).monthly_cents

    _, after = changed(product, a_change(product, productOffering={"id": "ftth-300"}))

    assert after.content.commitment is None


def test_a_renewal_after_the_term_is_over_begins_a_commitment_of_its_own() -> None:
    product = committed()
    over = msgspec.structs.replace(commitment_of(product), since=LONG_AGO, until=TODAY)
    product = replace(product, content=msgspec.structs.replace(product.content, commitment=over))

    _, after = changed(product, a_change(product, "renew"))

    assert commitment_of(after).since == add_months(TODAY, 1)
    assert commitment_of(after).months_left(TODAY) == 24


def test_a_change_to_higher_charges_keeps_the_commitment() -> None:
    product = committed()

    order, after = changed(product, a_change(product, productOffering={"id": "ftth-2000"}))

    assert order.message.one_off_cents == 0
    assert after.content.commitment == product.content.commitment


@pytest.mark.parametrize("reason", ["arrears", "violation"])
def test_a_disconnection_by_the_operator_needs_the_suspension_before(reason: str) -> None:
    product = a_fibre()
    item = a_disconnection(product.id) | {"disconnectionReason": reason}

    found = faults_of(a_body(item), products=(product,))

    assert found == {(f"{ITEM}/disconnectionReason", "not-suspended")}


def test_a_disconnection_for_arrears_follows_a_suspension_for_arrears() -> None:
    _, product = changed(a_fibre(), suspension(a_fibre(), "arrears-two-way"))
    item = a_disconnection(product.id) | {"disconnectionReason": "arrears"}

    _, ended = changed(product, a_body(item), 3)

    assert ended.content.ended_for == "arrears"


def test_a_reason_that_there_is_not_is_refused() -> None:
    product = a_fibre()
    item = a_disconnection(product.id) | {"disconnectionReason": "boredom"}

    found = faults_of(a_body(item), products=(product,))

    assert found == {(f"{ITEM}/disconnectionReason", "disconnection-reason-unknown")}


def suspension(product: Product, reason: str, action: str = "suspend") -> Json:
    return a_change(product, action, suspensionReason=reason)


def due(product: Product) -> list[tuple[str, int]]:
    """Return what is charged for a product now."""
    return [(each.price_id, each.cents) for each in product.content.due_charges]


def test_a_product_suspended_at_request_costs_its_fee_until_it_is_resumed() -> None:
    product = committed()
    usual = due(product)

    order, suspended = changed(product, suspension(product, "request"))
    assert order.message.monthly_cents == 500
    assert due(suspended) == [("suspension-fee", 500)]
    assert suspended.content.monthly_cents == product.content.monthly_cents

    again, resumed = changed(suspended, suspension(suspended, "request", "resume"), 3)
    assert again.message.monthly_cents == 6450
    assert due(resumed) == usual


def test_a_reason_without_a_price_changes_no_charges_and_a_second_one_is_priced() -> None:
    product = committed()

    first, lost = changed(product, suspension(product, "lost"))
    assert (first.order.items[0].charges, due(lost)) == ((), due(product))

    _, both = changed(lost, suspension(lost, "request"), 3)
    assert due(both) == [("suspension-fee", 500)]

    _, left = changed(both, suspension(both, "request", "resume"), 4)
    assert due(left) == due(product)
    assert left.content.suspensions


def test_what_is_agreed_survives_a_restore() -> None:
    item = TERM | {"chargeStart": "nextMonth"}
    order = accepted(a_body(item))
    submission = new_submission(SubmissionKeys(TENANT, CLIENT, None, ""), b"", order.order, b"")
    record = order_record(order.order, submission)
    message = msgspec.structs.replace(order.message, record=record)

    restored = order_as_published(message, order.order.tenant, {}).order

    assert restored.items == order.order.items


def test_a_renewal_adds_a_term_behind_the_one_that_runs_and_keeps_the_prices() -> None:
    product = committed()

    order, after = changed(product, a_change(product, "renew"))

    assert order.message.one_off_cents == order.message.monthly_cents == 0
    assert commitment_of(after).until == add_months(TODAY, 49)
    assert commitment_of(after).months_left(TODAY) == 48
    assert due(after) == due(product)


def test_a_product_without_a_term_is_not_renewed() -> None:
    product = a_fibre()

    found = faults_of(a_change(product, "renew"), products=(product,))

    assert found == {(f"{ITEM}/businessAction", "nothing-to-renew")}
