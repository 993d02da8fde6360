"""Identifications of customers in orders."""

import pytest

from tests.order.builders import (
    Json,
    a_body,
    faults_of,
    found,
)

NUMBER = "+862580001111"
OTHER = "+862580001112"


def a_party(kind: str, number: str, attribute: str = "individualIdentification") -> Json:
    identification = {"identificationType": kind, "identificationId": number}
    return {
        "id": "C-1",
        "role": "customer",
        attribute: [{"identificationId": "E1"}, identification],
    }


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
