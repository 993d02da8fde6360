"""Identity papers in orders, and telephone numbers that several items pick."""

from dataclasses import replace

import pytest

from services.order.domain.catalogue.catalogue import Catalogue, CharacteristicRule
from tests.order.builders import (
    SHIPPED_ENTRIES,
    Json,
    a_body,
    a_bundle,
    a_member,
    an_item,
    faults_of,
    found,
)

NUMBER = "+862580001111"
OTHER = "+862580001112"


def a_party(kind: str, number: str, attribute: str = "individualIdentification") -> Json:
    paper = {"identificationType": kind, "identificationId": number}
    return {"id": "C-1", "role": "customer", attribute: [{"identificationId": "E1"}, paper]}


@pytest.mark.parametrize(
    ("kind", "number", "attribute"),
    [
        ("residentIdentityCard", "123", "individualIdentification"),
        ("residentIdentityCard", "320102199003078519", "individualIdentification"),
        ("unifiedSocialCreditCode", "91350100M000100Y44", "organizationIdentification"),
    ],
)
def test_a_number_with_a_wrong_check_digit_is_refused_at_once(
    kind: str, number: str, attribute: str
) -> None:
    body = a_body(relatedParty=[a_party(kind, number, attribute)])

    (fault,) = found(body)

    field = f"/relatedParty/0/{attribute}/1/identificationId"
    assert (fault.field, fault.code) == (field, "identity-number-false")
    assert fault.remedy
    assert number not in fault.reason + fault.remedy


@pytest.mark.parametrize(
    ("kind", "number"),
    [
        ("residentIdentityCard", "１1010519491231002x"),  # noqa: RUF001  full width
        ("unifiedSocialCreditCode", "91350100M000100Y43"),
        ("passport", "123"),
        ("", "123"),
    ],
)
def test_a_possible_number_is_accepted(kind: str, number: str) -> None:
    assert faults_of(a_body(relatedParty=[a_party(kind, number)])) == set()


def test_two_items_that_pick_one_number_are_refused_and_both_are_named() -> None:
    body = a_body(an_item("1", "voice-basic", number=NUMBER), an_item("2", "voice-basic"))
    again = an_item("3", "voice-basic", number=NUMBER)
    body["productOrderItem"].append(again)

    (fault,) = found(body)

    at = "/productOrderItem/2/product/productCharacteristic/0/value"
    assert (fault.field, fault.code) == (at, "number-twice")
    assert "/productOrderItem/0 " in fault.reason


def test_an_item_of_a_bundle_picks_no_number_that_another_picks() -> None:
    bundle = a_bundle(
        "1", a_member("1.1", "ftth-300"), a_member("1.2", "voice-basic", number=NUMBER)
    )
    body = a_body(bundle, an_item("2", "voice-basic", number=NUMBER))

    assert {code for _, code in faults_of(body)} == {"number-twice"}


def with_numbers_of_any_form() -> Catalogue:
    """Return the shipped catalogue without a pattern for picked numbers."""
    free = (CharacteristicRule(name="number"),)
    specifications = (
        replace(each, characteristics=free) if each.id == "voice" else each
        for each in SHIPPED_ENTRIES.specifications
    )
    return Catalogue.of(tuple(specifications), SHIPPED_ENTRIES.offerings)


@pytest.mark.parametrize(
    "spelling",
    ["025 8000 1111", "+86 25 8000-1111", "(025)80001111", "+８６2580001111"],  # noqa: RUF001
)
def test_one_number_in_two_spellings_is_picked_twice(spelling: str) -> None:
    items = [
        an_item(str(n), "voice-basic", number=each) for n, each in enumerate((NUMBER, spelling))
    ]

    faults = faults_of(a_body(*items), catalogue=with_numbers_of_any_form())

    at = "/productOrderItem/1/product/productCharacteristic/0/value"
    assert faults == {(at, "number-twice")}


def test_items_that_pick_different_numbers_are_accepted() -> None:
    items = (an_item(str(n), "voice-basic", number=each) for n, each in enumerate((NUMBER, OTHER)))

    assert faults_of(a_body(*items)) == set()
