"""Telephone numbers that several items of an order pick."""

from dataclasses import replace

import pytest

from services.order.domain.catalogue.catalogue import Catalogue, CharacteristicRule
from tests.order.builders import (
    SHIPPED_ENTRIES,
    a_body,
    a_bundle,
    a_member,
    a_product,
    accepted,
    an_item,
    faults_of,
    found,
)
from tests.order.related_products import ended_or_moved

NUMBER = "+862580001111"
OTHER = "+862580001112"


def test_two_items_that_pick_one_number_are_refused_and_both_are_named() -> None:
    body = a_body(an_item("1", "voice-basic", number=NUMBER), an_item("2", "voice-basic"))
    again = an_item("3", "voice-basic", number=NUMBER)
    body["productOrderItem"].append(again)

    (fault,) = found(body)

    at = "/productOrderItem/2/product/productCharacteristic/0/value"
    assert (fault.field, fault.code) == (at, "number-twice")
    assert "/productOrderItem/0 " in fault.reason


@pytest.mark.parametrize(("stated", "picked"), [("", None), ("its own", None), (OTHER, OTHER)])
def test_a_move_picks_a_number_that_the_telephone_has_not(stated: str, picked: str | None) -> None:
    telephone = a_product()
    item = ended_or_moved("move", telephone, "1")
    number = telephone.number if stated == "its own" else stated
    if number:
        item["product"]["productCharacteristic"] = [{"name": "number", "value": number}]

    order = accepted(a_body(item), 2, products=(telephone,)).order

    after = {each.name: each.value for each in order.items[0].ordered.characteristics}
    assert after.get("number") == picked


def test_a_change_may_state_the_number_that_the_telephone_has() -> None:
    telephone = a_product()
    values = [{"name": "number", "value": telephone.number}, {"name": "callerId", "value": True}]
    product = {"id": str(telephone.id), "productCharacteristic": values}
    item = {"id": "1", "action": "modify", "product": product}

    order = accepted(a_body(item), 2, products=(telephone,)).order

    after = {each.name: each.value for each in order.items[0].ordered.characteristics}
    assert after == {"callerId": True}


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
