"""Faults of the items of an order."""

import pytest

from tests.order.builders import (
    NUMBER,
    Json,
    a_body,
    a_bundle,
    a_member,
    a_place,
    an_item,
    faults_of,
)

ITEM = "/productOrderItem/0"
CHARACTERISTIC = f"{ITEM}/product/productCharacteristic"


@pytest.mark.parametrize(
    ("differences", "fault"),
    [
        ({"action": ""}, ("/action", "action-missing")),
        ({"action": "noChange"}, ("/action", "action-unsupported")),
        ({"businessAction": "disconnect"}, ("/businessAction", "business-action-mismatch")),
        ({"quantity": 2}, ("/quantity", "quantity-unsupported")),
        ({"productOffering": {}}, ("/productOffering/id", "offering-missing")),
        (
            {"productOrderItemRelationship": [{"id": "2", "relationshipType": "reliesOn"}]},
            ("/productOrderItemRelationship", "relationship-unsupported"),
        ),
        (
            {"product": {"id": "7", "place": [a_place()]}},
            ("/product/id", "product-not-wanted"),
        ),
        ({"product": {"place": []}}, ("/product/place", "address-missing")),
        (
            {"product": {"place": [a_place(role="billing address")]}},
            ("/product/place", "address-missing"),
        ),
        (
            {"product": {"place": [a_place(), a_place(id="addr-2")]}},
            ("/product/place/1", "address-twice"),
        ),
        (
            {"product": {"place": [a_place(localNetwork="25")]}},
            ("/product/place/0/localNetwork", "local-network-malformed"),
        ),
        ({"productOrderItem": [an_item("2")]}, ("/productOrderItem", "not-a-bundle")),
    ],
)
def test_faults_of_an_item(differences: Json, fault: tuple[str, str]) -> None:
    field, code = fault

    assert faults_of(a_body(an_item() | differences)) == {(ITEM + field, code)}


@pytest.mark.parametrize(
    ("values", "fault"),
    [
        ({"number": 862580001234}, ("/0/value", "characteristic-type")),
        ({"number": "02580001234"}, ("/0/value", "characteristic-value")),
        ({"number": "+86" + "1" * 300}, ("/0/value", "characteristic-type")),
        ({"numberGrade": "AAAA"}, ("", "characteristic-missing")),
        ({"number": NUMBER, "numberGrade": "ZZZZ"}, ("/1/value", "characteristic-value")),
        ({"number": True}, ("/0/value", "characteristic-type")),
        ({"number": None}, ("/0/value", "characteristic-type")),
    ],
)
def test_faults_of_a_characteristic(values: Json, fault: tuple[str, str]) -> None:
    field, code = fault

    assert faults_of(a_body(an_item("1", "voice-basic", **values))) == {
        (CHARACTERISTIC + field, code)
    }


@pytest.mark.parametrize(
    ("quantity", "code"),
    [
        (0, "characteristic-range"),
        (1001, "characteristic-range"),
        (-10, "characteristic-range"),
        ("10", "characteristic-type"),
        (10.5, "characteristic-type"),
        (None, "characteristic-type"),
    ],
)
def test_a_batch_that_has_no_whole_number_of_cards_from_1_to_1000_is_refused(
    quantity: object, code: str
) -> None:
    body = a_body(a_member("1", "cards-50", quantity=quantity))

    assert faults_of(body) == {(f"{CHARACTERISTIC}/0/value", code)}


def test_true_is_not_one() -> None:
    assert faults_of(a_body(an_item(speedMbps=True))) == {
        (f"{CHARACTERISTIC}/0/value", "characteristic-type")
    }


def test_another_speed_than_the_offerings_own_is_a_fault() -> None:
    assert faults_of(a_body(an_item(offering="ftth-300", speedMbps=100))) == {
        (f"{CHARACTERISTIC}/0/value", "characteristic-fixed")
    }


def test_a_characteristic_given_twice_is_a_fault() -> None:
    item = an_item("1", "voice-basic", number=NUMBER)
    item["product"]["productCharacteristic"] *= 2

    assert faults_of(a_body(item)) == {(f"{CHARACTERISTIC}/1/name", "characteristic-twice")}


@pytest.mark.parametrize(
    ("bundle", "faults"),
    [
        (
            a_bundle("1", a_member("1.1", "ftth-300")),
            {("/productOrderItem", "member-missing")},
        ),
        (
            an_item("1", "home-300"),
            {("/productOrderItem", "member-missing")},
        ),
        (
            a_bundle("1", a_member("1.1", "ftth-300"), a_member("1.2", "ftth-100")),
            {
                ("/productOrderItem", "member-missing"),
                ("/productOrderItem/1/productOffering/id", "member-unwanted"),
            },
        ),
        (
            a_bundle(
                "1",
                a_member("1.1", "ftth-300"),
                a_member("1.2", "voice-basic"),
                a_member("1.3", "voice-basic"),
            ),
            {("/productOrderItem/2/productOffering/id", "member-unwanted")},
        ),
        (
            a_bundle("1", a_member("1", "ftth-300"), a_member("1.2", "voice-basic")),
            {("/productOrderItem/0/id", "item-id-twice")},
        ),
        (
            a_bundle("1", a_member("1.1", "ftth-300", speedMbps=1), a_member("1.2", "voice-basic")),
            {
                (
                    "/productOrderItem/0/product/productCharacteristic/0/value",
                    "characteristic-value",
                )
            },
        ),
    ],
)
def test_faults_of_a_bundle(bundle: Json, faults: set[tuple[str, str]]) -> None:
    assert faults_of(a_body(bundle)) == {(ITEM + field, code) for field, code in faults}
