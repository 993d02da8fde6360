"""Each item of a completed order is handed over to billing once, with the charges it changes."""

from datetime import timedelta
from uuid import uuid4

import msgspec
import pytest

from services.order.domain.catalogue.billing_dates import add_months, first_month_cents
from services.order.domain.catalogue.prices import BillingMonth
from services.order.domain.local_time import local_day
from services.order.handlers import SUBSCRIPTIONS
from services.order.tables import BillingLineRow
from shared.contracts import BillingCharge, Causation, ItemCompleted, Message
from shared.persistence.database import Sessions
from tests.kernel import TENANT, consume, consume_records, count_of, envelopes, record_of
from tests.order.builders import (
    Json,
    a_body,
    a_bundle,
    a_disconnection,
    accepted,
    order_id,
    resources_refused,
    service_completed,
    service_failed,
)
from tests.order.completing import DAY_BEFORE, a_new, complete, handed_over, stored_products
from tests.order.test_changes import a_change, with_values
from tests.order.test_handlers import add_orders
from tests.order.test_transfers import a_transfer

TODAY = local_day("025", DAY_BEFORE)
INSTALLATION = BillingCharge(
    price_id="ftth-installation",
    name="Installation",
    kind="oneTime",
    cents=10000,
    tax_basis_points=600,
    tax_cents=600,
)
FIBRE_300 = BillingCharge(
    price_id="ftth-300-monthly",
    name="Fibre 300M, monthly",
    kind="recurring",
    cents=9900,
    tax_basis_points=600,
    tax_cents=594,
)
BEGINNING = msgspec.structs.replace(
    FIBRE_300, first_month_cents=first_month_cents(9900, BillingMonth.DAILY, TODAY)
)


def amounts(message: ItemCompleted) -> tuple[list[int], list[int]]:
    """Return the cents of the charges that begin, and of those that end."""
    return [each.cents for each in message.charges_begin], [
        each.cents for each in message.charges_end
    ]


def test_a_new_product_is_handed_over_with_its_charges(sessions: Sessions) -> None:
    body = a_body(a_new(), externalId="CRM-9", billingAccount={"id": "acc-1"})

    (message,) = complete(sessions, body)

    (product,) = stored_products(sessions)
    assert message == ItemCompleted(
        id=message.id,
        order_id=order_id(1),
        item_id="1",
        external_id="CRM-9",
        business_action="new",
        product_id=product.id,
        service_id=product.service_id,
        customer_id="C-1",
        account_id="acc-1",
        offering_id="ftth-300",
        specification="ftth",
        local_network="025",
        day=TODAY,
        effective_from=product.started_at,
        charged_from=TODAY,
        charges_begin=(INSTALLATION, BEGINNING),
    )


def test_another_offering_ends_the_monthly_charges_of_the_previous_one(sessions: Sessions) -> None:
    complete(sessions, a_body(a_new()))
    (fibre,) = stored_products(sessions)

    (message,) = complete(sessions, a_change(fibre, productOffering={"id": "ftth-1000"}), 2)

    assert (message.business_action, message.offering_id, message.previous_offering_id) == (
        "change",
        "ftth-1000",
        "ftth-300",
    )
    assert message.charges_end == (FIBRE_300,)
    assert amounts(message) == ([19900], [9900])


def test_a_monthly_charge_that_stays_as_it_is_neither_begins_nor_ends(sessions: Sessions) -> None:
    complete(sessions, a_body(a_new("voice-basic")))
    (telephone,) = stored_products(sessions)
    picked = with_values(number="+862580008888", numberGrade="AAAA")

    (graded,) = complete(sessions, a_change(telephone, "change-number", product=picked), 2)
    (plain,) = complete(sessions, a_change(telephone, "change-number"), 3)

    assert amounts(graded) == ([500000, 37300], [])
    assert graded.charges_begin[1].term_months > 0
    assert amounts(plain) == ([], [37300])


def test_a_suspension_and_a_resumption_have_their_reason_and_no_charges(
    sessions: Sessions,
) -> None:
    complete(sessions, a_body(a_new()))
    (fibre,) = stored_products(sessions)

    for n, action in enumerate(("suspend", "resume"), start=2):
        (message,) = complete(sessions, a_change(fibre, action, suspensionReason="request"), n)

        assert (message.business_action, message.reason, amounts(message)) == (
            action,
            "request",
            ([], []),
        )


def test_a_line_with_a_term_is_handed_over_with_its_dates_and_ended_with_its_penalty(
    sessions: Sessions,
) -> None:
    (new,) = complete(sessions, a_body(a_new("ftth-500-term")))
    (line,) = stored_products(sessions)
    (ended,) = complete(sessions, a_body(a_disconnection(line.id)), 2)

    assert (new.charged_from, new.committed_until) == (
        add_months(TODAY, 1),
        add_months(TODAY, 25),
    )
    (charge,) = new.charges_begin
    assert (charge.cents, charge.discount_months, charge.first_month_cents) == (6450, 12, 6450)
    (penalty,) = ended.charges_begin
    assert (penalty.price_id, penalty.quantity, penalty.cents) == ("early-termination", 24, 92880)
    assert (ended.reason, ended.committed_until) == ("request", None)


def test_a_suspended_line_is_handed_over_with_its_fee_in_place_of_its_charge(
    sessions: Sessions,
) -> None:
    complete(sessions, a_body(a_new("ftth-500-term")))
    (line,) = stored_products(sessions)

    (suspended,) = complete(sessions, a_change(line, "suspend", suspensionReason="request"), 2)
    (line,) = stored_products(sessions)
    (resumed,) = complete(sessions, a_change(line, "resume", suspensionReason="request"), 3)

    assert amounts(suspended) == ([500], [6450])
    assert suspended.charged_from == line.content.charged_from
    assert amounts(resumed) == ([6450], [500])


def test_a_transfer_ends_the_charges_of_one_account_and_begins_them_for_the_other(
    sessions: Sessions,
) -> None:
    complete(sessions, a_body(a_new(), billingAccount={"id": "acc-1"}))
    (fibre,) = stored_products(sessions)

    (message,) = complete(sessions, a_transfer(fibre), 2)

    assert (message.customer_id, message.account_id) == ("C-2", "acc-2")
    assert (message.previous_customer_id, message.previous_account_id) == ("C-1", "acc-1")
    assert (message.charges_begin, message.charges_end) == ((BEGINNING,), (FIBRE_300,))


def test_a_disconnection_ends_the_product_and_its_monthly_charges(sessions: Sessions) -> None:
    complete(sessions, a_body(a_new()))
    (fibre,) = stored_products(sessions)
    later = DAY_BEFORE + timedelta(minutes=1)

    (message,) = complete(sessions, a_body(a_disconnection(fibre.id)), 2, now=later)

    assert (message.business_action, message.ended_at) == ("disconnect", later)
    assert (message.charges_begin, message.charges_end) == ((), (FIBRE_300,))


def test_each_member_of_a_bundle_is_handed_over_with_its_discounts(sessions: Sessions) -> None:
    fibre, telephone = complete(sessions, a_body(a_bundle()))

    assert fibre.bundle == telephone.bundle == "home-300"
    assert amounts(fibre) == ([0, 7920], [])
    assert [each.discount_cents for each in fibre.charges_begin] == [10000, 1980]
    assert telephone.charges_begin[-1].discount_id == "home-300-telephone"


def test_the_messages_of_a_product_have_its_key_and_count_on(sessions: Sessions) -> None:
    complete(sessions, a_body(a_new(), a_new("voice-basic", "2")))
    fibre = next(each for each in stored_products(sessions) if each.specification == "ftth")
    complete(sessions, a_change(fibre, "suspend", suspensionReason="lost"), 2)
    complete(sessions, a_change(fibre, "resume", suspensionReason="lost"), 3)

    of_fibre = [each for each in envelopes(sessions) if each.subject == fibre.id]

    assert [each.sequence for each in of_fibre] == [1, 2, 3]
    assert [message.topic for each in of_fibre if (message := each.open())] == ["order.billing"] * 3
    assert len({each.id for each in handed_over(sessions)}) == 4


@pytest.mark.parametrize("end", [service_failed(), resources_refused()])
def test_nothing_is_handed_over_of_an_order_that_failed(sessions: Sessions, end: Message) -> None:
    add_orders(sessions, accepted(a_body(a_bundle())))

    consume(sessions, SUBSCRIPTIONS, end, service_failed())

    assert (handed_over(sessions), count_of(sessions, BillingLineRow)) == ([], 0)


def test_a_failed_change_hands_nothing_over(sessions: Sessions) -> None:
    complete(sessions, a_body(a_new()))
    (fibre,) = stored_products(sessions)
    order = accepted(a_change(fibre, productOffering={"id": "ftth-1000"}), 2, products=(fibre,))
    add_orders(sessions, order)

    consume(sessions, SUBSCRIPTIONS, service_failed(2))

    assert len(handed_over(sessions)) == count_of(sessions, BillingLineRow) == 1


def test_a_repeated_completion_hands_nothing_over_again(sessions: Sessions) -> None:
    body: Json = a_body(a_bundle())
    first = complete(sessions, body)
    message = service_completed(accepted(body))

    for cause in (None, Causation(uuid4(), order_id(1), TENANT)):
        consume_records(sessions, SUBSCRIPTIONS, [record_of(message, cause)])

    assert handed_over(sessions) == first
    assert count_of(sessions, BillingLineRow) == 2
