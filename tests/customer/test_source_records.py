"""Source records of a party: of each field the latest value counts; missing ones change none."""

from functools import reduce
from uuid import UUID

import pytest
from hypothesis import given
from hypothesis import strategies as st

from services.customer.domain.parties.source_record import (
    AFTER_EVERY_ORDER,
    PARTY_FIELDS,
    PartySourceRecord,
    field_version,
    merge_by_client,
    merge_by_party,
    merge_two,
    party_from_sources,
    source_record_from_order,
)
from shared.contracts import Customer
from tests.customer.builders import TENANT, ZHANG, a_customer, accepted, at

BY_ID = Customer(id=ZHANG, category="")
"""A customer named by its id alone."""


def a_source_record(
    n: int, minute: float, customer: Customer, client: str = "crm"
) -> PartySourceRecord:
    return source_record_from_order(accepted(n, customer, client=client), TENANT, at(minute))


def a_statement(**fields: str) -> Customer:
    return Customer(**({"id": ZHANG, "category": ""} | fields))


RECORDS = [
    a_source_record(1, 0, a_customer(category="business")),
    a_source_record(2, 1, BY_ID),
    a_source_record(3, 2, a_statement(phone="13900000001")),
    a_source_record(4, 2, a_statement(phone="13900000002", kind="Organization")),
    a_source_record(5, 3, a_statement(email="new@example.cn")),
    a_source_record(6, 4, BY_ID, "another"),
]


@given(st.permutations(RECORDS))
def test_of_each_field_the_latest_value_counts_in_any_order(
    records: list[PartySourceRecord],
) -> None:
    party = party_from_sources(records)

    assert (party.name, party.identity_number) == ("张伟", "320102199003078515")
    assert (party.phone, party.email) == ("13900000002", "new@example.cn")
    assert (party.category, party.is_organization) == ("business", True)
    assert party.told_at == at(4)


@pytest.mark.parametrize("field", PARTY_FIELDS)
def test_a_missing_field_keeps_its_value(field: str) -> None:
    before = a_source_record(1, 0, a_customer(category="key-account", kind="Organization"))

    after = merge_two(before, a_source_record(2, 1, BY_ID))

    assert getattr(after, field) == getattr(before, field) != ""


def test_the_data_of_each_client_are_kept_apart() -> None:
    records = merge_by_client(
        [a_source_record(1, 0, a_customer()), a_source_record(2, 1, BY_ID, "another")]
    )

    assert {each.client: each.name for each in records} == {"crm": "张伟", "another": ""}
    (party,) = merge_by_party(records)
    assert party.name == "张伟"


@pytest.mark.parametrize(
    ("statements", "category"),
    [
        ([BY_ID], "public"),
        ([a_statement(kind="Organization")], "business"),
        ([a_statement(kind="Individual")], "public"),
        ([a_statement(category="key-account"), a_statement(kind="Organization")], "key-account"),
        ([a_statement(category="key-account"), a_statement(kind="Individual")], "public"),
        ([a_statement(kind="Individual"), a_statement(category="business")], "business"),
    ],
)
def test_category_and_kind_agree_and_the_later_one_counts(
    statements: list[Customer], category: str
) -> None:
    records = [a_source_record(n, n, each) for n, each in enumerate(statements, 1)]

    assert party_from_sources(records).category == category
    assert party_from_sources(reversed(records)).category == category


def test_versions_sort_by_time_and_the_order_settles_a_tie() -> None:
    moments = [at(-60_000_000), at(0), at(0.001), at(1), at(60_000_000)]
    versions = [field_version(each, UUID(int=9)) for each in moments]

    assert versions == sorted(versions)
    assert (
        field_version(at(0), UUID(int=1))
        < field_version(at(0), UUID(int=2))
        < field_version(at(0), AFTER_EVERY_ORDER)
    )
    assert field_version(at(0), AFTER_EVERY_ORDER) < field_version(at(0.001), UUID(int=1))
    assert reduce(merge_two, RECORDS) == reduce(merge_two, reversed(RECORDS))
