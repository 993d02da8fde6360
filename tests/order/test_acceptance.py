"""Acceptance of orders, and the faults of orders that are not accepted."""

from datetime import timedelta

import pytest

from services.order.api.views.orders import show_order
from services.order.domain.acceptance.order_header import category_of
from services.order.domain.order import derive_product_id, derive_service_id
from shared.contracts import Action, Customer, OrderState
from shared.errors import InvalidError
from tests.conftest import NOON
from tests.order.builders import (
    ADDRESS,
    NUMBER,
    Json,
    a_body,
    a_bundle,
    a_member,
    a_place,
    accepted,
    an_item,
    faults_of,
    found,
    order_id,
    read_order,
)

CHARACTERISTIC = "/productOrderItem/0/product/productCharacteristic"


def test_an_accepted_order_is_published_with_all_that_others_need() -> None:
    body = a_body(
        an_item("A", "voice-basic", number=NUMBER),
        externalId="CRM-1",
        priority="1",
        channel=[{"id": "call-centre"}],
        billingAccount={"id": "acc-7"},
        relatedParty=[
            {
                "id": "C-1",
                "role": "Customer",
                "name": "张伟",
                "category": "key-account",
                "contactMedium": [
                    {"mediumType": "phone", "characteristic": {"phoneNumber": "13851234567"}},
                    {"mediumType": "email", "characteristic": {"emailAddress": "z@example.cn"}},
                ],
                "individualIdentification": [{"identificationId": "320102199003078515"}],
            }
        ],
    )

    message = accepted(body).message

    assert (message.external_id, message.channel, message.priority) == ("CRM-1", "call-centre", 1)
    assert (message.one_off_cents, message.monthly_cents) == (5000, 1500)
    customer = message.customer
    assert (customer.id, customer.account_id, customer.category) == ("C-1", "acc-7", "key-account")
    assert (customer.name, customer.phone) == ("张伟", "13851234567")
    assert (customer.email, customer.identity_number) == ("z@example.cn", "320102199003078515")
    (item,) = message.items
    assert (item.id, item.action, item.business_action) == ("A", Action.ADD, "new")
    assert (item.offering_id, item.specification) == ("voice-basic", "voice")
    assert (item.catalogue_version, item.address_id) == (2, ADDRESS)
    assert item.product_id == derive_product_id(order_id(1), "A")
    assert item.service_id == derive_service_id(order_id(1), "A")
    assert [(each.name, each.value) for each in item.characteristics] == [("number", NUMBER)]


def test_a_missing_field_has_a_default() -> None:
    order = accepted().order

    assert (order.content.channel, order.content.priority) == ("internet", 4)
    assert (order.content.customer.category, order.content.customer.kind) == ("", "")
    assert order.ordered_at == NOON


def test_an_organization_buys_as_a_business_unless_it_says_otherwise() -> None:
    (party,) = read_order(a_body(relatedParty=[a_party("Organization")])).parties

    assert category_of(party) == "business"
    assert accepted(a_body(relatedParty=[a_party("Organization")])).order.content.customer == (
        Customer(id="C-9", category="", kind="Organization")
    )


@pytest.mark.parametrize(
    ("kind", "category"),
    [
        ("Individual", "business"),
        ("Individual", "key-account"),
        ("Organization", "public"),
    ],
)
def test_a_kind_and_a_category_that_contradict_each_other_are_refused(
    kind: str, category: str
) -> None:
    body = a_body(relatedParty=[a_party(kind, category)])

    assert faults_of(body) == {("/relatedParty/0/@referredType", "kind-contradicts-category")}


@pytest.mark.parametrize(
    ("kind", "category", "shown"),
    [
        ("", "", "Party"),
        ("Individual", "", "Individual"),
        ("Organization", "", "Organization"),
        ("", "public", "Individual"),
        ("", "business", "Organization"),
        ("Organization", "key-account", "Organization"),
    ],
)
def test_an_order_shows_what_its_customer_is_as_the_customer_service_does(
    kind: str, category: str, shown: str
) -> None:
    order = accepted(a_body(relatedParty=[a_party(kind, category)]))

    (party,) = show_order(order.order, order.progress).related_party
    assert party.referred_type == shown


def a_party(kind: str, category: str = "") -> Json:
    return {"id": "C-9", "role": "customer", "@referredType": kind, "category": category}


def test_all_items_begin_acknowledged() -> None:
    progress = accepted(a_body(a_bundle())).progress

    assert progress.state is OrderState.ACKNOWLEDGED
    assert [(each.id, each.state) for each in progress.items] == [
        ("1.1", OrderState.ACKNOWLEDGED),
        ("1.2", OrderState.ACKNOWLEDGED),
    ]


def test_the_offering_gives_defaults_of_the_order() -> None:
    (item,) = accepted(a_body(an_item(offering="ftth-1000"))).order.items

    assert [(each.name, each.value) for each in item.ordered.characteristics] == [
        ("speedMbps", 1000)
    ]


def test_the_items_of_a_bundle_are_installed_where_the_bundle_is_unless_they_say() -> None:
    elsewhere = a_member("1.2", "voice-basic") | {
        "product": {"place": [a_place(id="addr-2", localNetwork="0512")]}
    }

    order = accepted(a_body(a_bundle("1", a_member("1.1", "ftth-300"), elsewhere))).order

    assert [item.ordered.address_id for item in order.items] == [ADDRESS, "addr-2"]
    assert [item.ordered.bundle for item in order.items] == ["home-300", "home-300"]
    assert [item.ordered.local_network for item in order.items] == ["", "0512"]


def test_every_fault_is_named_at_once_with_its_place_and_a_remedy() -> None:
    body = a_body(
        an_item("1", "ftth-300", speedMbps=250, colour="blue"),
        an_item("1", "no-such-thing"),
        {"id": "3", "action": "noChange"},
        {"action": "add", "productOffering": {"id": "voice-basic"}},
        relatedParty=[{"role": "customer", "category": "vip"}],
        priority="7",
        channel=[{"id": "pigeon"}],
        requestedStartDate=(NOON + timedelta(days=3)).isoformat(),
    )

    assert faults_of(body) == {
        (f"{CHARACTERISTIC}/0/value", "characteristic-value"),
        (f"{CHARACTERISTIC}/1/name", "characteristic-unknown"),
        ("/productOrderItem/1/id", "item-id-twice"),
        ("/productOrderItem/1/productOffering/id", "offering-unknown"),
        ("/productOrderItem/2/action", "action-unsupported"),
        ("/productOrderItem/3/id", "item-id-missing"),
        ("/productOrderItem/3/product/place", "address-missing"),
        ("/relatedParty/0/id", "customer-id-missing"),
        ("/relatedParty/0/category", "category-unknown"),
        ("/priority", "priority-unknown"),
        ("/channel/0/id", "channel-unknown"),
        ("/requestedStartDate", "start-in-future"),
    }
    assert all(fault.remedy and fault.reason for fault in found(body))


def test_faults_of_form_and_of_meaning_are_named_together() -> None:
    body = a_body(
        an_item("1") | {"quantity": "many"},
        an_item("2", speedMbps=100) | {"action": ["add"]},
        an_item("3", "no-such-thing"),
        externalId={"not": "text"},
        productOfferingQualification="ignored",
    )

    assert faults_of(body) == {
        ("/productOrderItem/0/quantity", "int-type"),
        ("/productOrderItem/1/action", "string-type"),
        ("/productOrderItem/2/productOffering/id", "offering-unknown"),
        ("/externalId", "string-type"),
    }


def test_what_was_sent_is_never_repeated_in_a_fault() -> None:
    phone = "13851234567"
    values: Json = {phone: phone}
    body = a_body(
        an_item(phone, phone, speedMbps=phone) | {"action": "modify"},
        an_item(phone, **values),
        relatedParty=[{"id": phone, "role": "customer", "category": phone}],
        priority=phone,
        channel=[{"id": phone}],
    )

    faults = found(body)

    assert len(faults) >= 5
    assert not any(phone in f"{each.reason} {each.remedy}" for each in faults)


def test_null_counts_as_missing() -> None:
    body = a_body(an_item() | {"quantity": None}, externalId=None, priority=None, note=None)

    assert faults_of(body) == set()


@pytest.mark.parametrize(
    ("differences", "fault"),
    [
        ({"productOrderItem": []}, ("/productOrderItem", "items-missing")),
        ({"relatedParty": []}, ("/relatedParty", "customer-missing")),
        (
            {"relatedParty": [{"id": "1", "role": "customer"}, {"id": "2", "role": "customer"}]},
            ("/relatedParty/1/role", "customer-twice"),
        ),
        ({"channel": [{"id": "fax"}, {"id": "fax"}]}, ("/channel/1/id", "channel-twice")),
        ({"productOrderItem": {}}, ("/productOrderItem", "list-type")),
        ({"requestedStartDate": "2026-01-01T00:00:00"}, ("/requestedStartDate", "timezone-aware")),
        ({"externalId": "x" * 101}, ("/externalId", "string-too-long")),
    ],
)
def test_faults_of_the_order_itself(differences: Json, fault: tuple[str, str]) -> None:
    assert faults_of(a_body(**differences)) == {fault}


def test_an_order_of_more_than_a_hundred_items_is_a_fault() -> None:
    items = [an_item(str(n)) for n in range(101)]

    assert faults_of(a_body(*items)) == {("/productOrderItem", "items-too-many")}


def test_an_order_with_faults_is_not_accepted() -> None:
    with pytest.raises(InvalidError):
        accepted(a_body(an_item(offering="no-such-thing")))
