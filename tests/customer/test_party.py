"""Parties: the order accepted last gives their data, and an erasure blanks all before it."""

import hashlib
import hmac
from typing import Any
from uuid import UUID

import pytest

from services.customer.domain.parties.party import (
    MAX_KEY_LENGTH,
    Party,
    account_from_order,
    erase_party,
    person_marks,
)
from services.customer.domain.parties.source_record import (
    party_from_sources,
    source_record_from_order,
)
from shared.errors import PoisonError
from tests.customer.builders import TENANT, a_customer, accepted, at

KEY = b"a key of this installation"
ERASURE = UUID(int=7)


def a_party(n: int = 1, minute: float = 0, **differences: str) -> Party:
    return party_from_sources(
        [source_record_from_order(accepted(n, a_customer(**differences)), TENANT, at(minute))]
    )


@pytest.mark.parametrize("category", ["business", "key-account"])
def test_business_and_key_account_customers_are_organizations(category: str) -> None:
    assert a_party(category=category).is_organization


@pytest.mark.parametrize("category", ["public", ""])
def test_all_others_are_persons(category: str) -> None:
    assert not a_party(category=category).is_organization


def test_an_erased_party_has_no_personal_data_and_a_mark() -> None:
    party = a_party()

    gone = erase_party(party, at(9), ERASURE, KEY)

    assert (gone.name, gone.phone, gone.email, gone.identity_number) == ("", "", "", "")
    assert gone.erased_at == at(9)
    assert gone.person_mark in person_marks(party, KEY)
    assert gone.category == party.category


def test_erasing_twice_keeps_the_mark() -> None:
    once = erase_party(a_party(), at(9), ERASURE, KEY)

    assert erase_party(once, at(10), ERASURE, KEY).person_mark == once.person_mark


def test_a_person_has_the_same_mark_under_any_id_and_spelling() -> None:
    one = a_party(identity_number="32010219900307851x", phone="138 5123 4567")
    other = a_party(id="wei-zhang", identity_number=" 32010219900307851X", phone="+8613851234567")

    assert person_marks(one, KEY)[:2] == person_marks(other, KEY)[:2]


def test_a_mark_needs_the_key_and_contains_no_personal_data() -> None:
    party = a_party()

    assert set(person_marks(party, KEY)).isdisjoint(person_marks(party, b"another key"))
    assert not any(party.phone in mark or party.name in mark for mark in person_marks(party, KEY))


def test_a_party_without_identifying_data_has_no_mark() -> None:
    assert person_marks(a_party(identity_number="", phone="", email=""), KEY) == []


@pytest.mark.parametrize(
    "spelling",
    [
        {"identity_number": "３２０１０２１９９００３０７８５１５"},  # noqa: RUF001  full width
        {"identity_number": "320102 19900307 8515"},
        {"identity_number": "", "phone": "１３８ ５１２３ ４５６７"},  # noqa: RUF001
        {"identity_number": "", "phone": "", "email": "Ｚｈａｎｇ@example.cn"},  # noqa: RUF001
    ],
)
def test_an_erased_person_is_recognised_in_another_spelling(spelling: dict[str, Any]) -> None:
    plain: dict[str, Any] = {name: value for name, value in spelling.items() if not value}
    gone = erase_party(a_party(**plain), at(9), ERASURE, KEY)

    assert gone.person_mark in person_marks(a_party(id="again", **spelling), KEY)


def test_an_erased_person_is_recognised_by_a_mark_of_the_spelling_itself() -> None:
    """Marks were made like this before spellings were normalized."""
    written = "３２０１ 02"  # noqa: RUF001  full width
    old = hmac.new(KEY, f"identity:{written}".encode(), hashlib.sha256).hexdigest()

    assert old in person_marks(a_party(identity_number=f" {written} "), KEY)


def test_an_id_too_long_for_a_key_is_set_aside_and_a_long_name_is_cut() -> None:
    with pytest.raises(PoisonError, match="201 characters"):
        a_party(id="x" * (MAX_KEY_LENGTH + 1))
    with pytest.raises(PoisonError, match="201 characters"):
        account_from_order(
            accepted(1, a_customer(account_id="x" * (MAX_KEY_LENGTH + 1))), TENANT, at(0)
        )

    assert a_party(name="x" * 5000).name == "x" * MAX_KEY_LENGTH
