"""What is said of a party: field by field the last word counts, whoever says nothing."""

from functools import reduce
from uuid import UUID

import pytest
from hypothesis import given
from hypothesis import strategies as st

from services.customer.domain.parties.source_record import (
    AFTER_EVERY_ORDER,
    PARTY_FIELDS,
    PartySourceRecord,
    by_client,
    by_party,
    field_version,
    merge_two,
    party_from_sources,
    source_record_from_order,
)
from shared.contracts import Customer
from tests.customer.builders import TENANT, ZHANG, a_customer, accepted, at

BY_ID = Customer(id=ZHANG, category="")
"""A customer named by its id alone."""


def a_telling(n: int, minute: float, customer: Customer, client: str = "crm") -> PartySourceRecord:
    return source_record_from_order(accepted(n, customer, client=client), TENANT, at(minute))


def said(**fields: str) -> Customer:
    return Customer(**({"id": ZHANG, "category": ""} | fields))


STORY = [
    a_telling(1, 0, a_customer(category="business")),
    a_telling(2, 1, BY_ID),
    a_telling(3, 2, said(phone="13900000001")),
    a_telling(4, 2, said(phone="13900000002", kind="Organization")),
    a_telling(5, 3, said(email="new@example.cn")),
    a_telling(6, 4, BY_ID, "another"),
]


@given(st.permutations(STORY))
def test_of_each_field_the_last_word_counts_in_any_order(story: list[PartySourceRecord]) -> None:
    party = party_from_sources(story)

    assert (party.name, party.identity_number) == ("张伟", "320102199003078515")
    assert (party.phone, party.email) == ("13900000002", "new@example.cn")
    assert (party.category, party.is_organization) == ("business", True)
    assert party.told_at == at(4)


@pytest.mark.parametrize("field", PARTY_FIELDS)
def test_a_field_that_is_not_said_stays_as_it_was(field: str) -> None:
    known = a_telling(1, 0, a_customer(category="key-account", kind="Organization"))

    after = merge_two(known, a_telling(2, 1, BY_ID))

    assert getattr(after, field) == getattr(known, field) != ""


def test_what_one_client_tells_is_kept_apart_from_what_another_does() -> None:
    tellings = by_client([a_telling(1, 0, a_customer()), a_telling(2, 1, BY_ID, "another")])

    assert {each.client: each.name for each in tellings} == {"crm": "张伟", "another": ""}
    (everybody,) = by_party(tellings)
    assert everybody.name == "张伟"


@pytest.mark.parametrize(
    ("told", "category"),
    [
        ([BY_ID], "public"),
        ([said(kind="Organization")], "business"),
        ([said(kind="Individual")], "public"),
        ([said(category="key-account"), said(kind="Organization")], "key-account"),
        ([said(category="key-account"), said(kind="Individual")], "public"),
        ([said(kind="Individual"), said(category="business")], "business"),
    ],
)
def test_category_and_kind_agree_and_the_later_one_counts(
    told: list[Customer], category: str
) -> None:
    tellings = [a_telling(n, n, each) for n, each in enumerate(told, 1)]

    assert party_from_sources(tellings).category == category
    assert party_from_sources(reversed(tellings)).category == category


def test_marks_sort_as_the_moments_do_and_the_order_settles_a_tie() -> None:
    moments = [at(-60_000_000), at(0), at(0.001), at(1), at(60_000_000)]
    marks = [field_version(each, UUID(int=9)) for each in moments]

    assert marks == sorted(marks)
    assert (
        field_version(at(0), UUID(int=1))
        < field_version(at(0), UUID(int=2))
        < field_version(at(0), AFTER_EVERY_ORDER)
    )
    assert field_version(at(0), AFTER_EVERY_ORDER) < field_version(at(0.001), UUID(int=1))
    assert reduce(merge_two, STORY) == reduce(merge_two, reversed(STORY))
