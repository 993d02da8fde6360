"""Parties: the order accepted last speaks for them, and an erasure for all before it."""

from uuid import UUID

import pytest

from services.customer.domain.party import (
    LONGEST,
    Party,
    account_of,
    erased,
    marks_of,
    spellings,
)
from services.customer.domain.telling import party_of, telling_of
from shared.errors import PoisonError
from tests.customer.build import TENANT, a_customer, accepted, at

KEY = b"a key of this installation"
ERASURE = UUID(int=7)


def a_party(n: int = 1, minute: float = 0, **differences: str) -> Party:
    return party_of([telling_of(accepted(n, a_customer(**differences)), TENANT, at(minute))])


@pytest.mark.parametrize("category", ["business", "key-account"])
def test_business_and_key_account_customers_are_organizations(category: str) -> None:
    assert a_party(category=category).is_organization


@pytest.mark.parametrize("category", ["public", ""])
def test_all_others_are_persons(category: str) -> None:
    assert not a_party(category=category).is_organization


def test_an_erased_party_has_no_personal_data_and_a_mark() -> None:
    party = a_party()

    gone = erased(party, at(9), ERASURE, KEY)

    assert (gone.name, gone.phone, gone.email, gone.identity_number) == ("", "", "", "")
    assert gone.erased_at == at(9)
    assert gone.person_mark in marks_of(party, KEY)
    assert gone.category == party.category


def test_erasing_twice_keeps_the_mark() -> None:
    once = erased(a_party(), at(9), ERASURE, KEY)

    assert erased(once, at(10), ERASURE, KEY).person_mark == once.person_mark


def test_a_person_has_the_same_mark_under_any_id_and_spelling() -> None:
    one = a_party(identity_number="32010219900307851x", phone="138 5123 4567")
    other = a_party(id="wei-zhang", identity_number=" 32010219900307851X", phone="+8613851234567")

    assert marks_of(one, KEY)[:2] == marks_of(other, KEY)[:2]


def test_a_mark_needs_the_key_and_tells_nothing_itself() -> None:
    party = a_party()

    assert set(marks_of(party, KEY)).isdisjoint(marks_of(party, b"another key"))
    assert not any(party.phone in mark or party.name in mark for mark in marks_of(party, KEY))


def test_who_left_no_trait_has_no_mark() -> None:
    assert marks_of(a_party(identity_number="", phone="", email=""), KEY) == []


@pytest.mark.parametrize("written", ["13851234567", "138 5123 4567", "+86 138-5123-4567"])
def test_a_phone_number_is_found_however_it_was_written(written: str) -> None:
    assert {"13851234567", "+8613851234567", written} <= set(spellings(written))


def test_a_fixed_number_is_found_with_and_without_its_area_code_prefix() -> None:
    assert {"025-8310 0001", "02583100001", "2583100001", "+862583100001"} <= set(
        spellings("025-8310 0001")
    )


def test_what_is_no_phone_number_is_searched_as_it_is() -> None:
    assert spellings(" none ") == ["none"]


def test_an_id_too_long_for_a_key_is_set_aside_and_a_long_name_is_cut() -> None:
    with pytest.raises(PoisonError, match="201 characters"):
        a_party(id="x" * (LONGEST + 1))
    with pytest.raises(PoisonError, match="201 characters"):
        account_of(accepted(1, a_customer(account_id="x" * (LONGEST + 1))), TENANT, at(0))

    assert a_party(name="x" * 5000).name == "x" * LONGEST
