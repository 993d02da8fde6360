"""Numbers of persons and organizations: one form, and check digits where the type says so."""

import pytest

from shared.input.identity_numbers import (
    is_credit_code,
    is_invalid_identity_number,
    is_resident_number,
    normalize_identity_number,
)

# The examples of the standards themselves are the first of each list.
RESIDENTS = ["11010519491231002X", "440524188001010014"]
CREDIT_CODES = ["91350100M000100Y43", "91110000600037341L", "91110000802100433B"]


@pytest.mark.parametrize(
    "written",
    [
        "11010519491231002X",
        "11010519491231002x",
        " 110105 19491231 002X ",
        "110105-19491231-002X",
        "１１０１０５１９４９１２３１００２Ｘ",  # noqa: RUF001  full width
        "\u202a11010519491231002X\u202c",
        "110105\u300019491231\u00a0002x",
    ],
)
def test_all_spellings_of_a_number_have_one_form(written: str) -> None:
    assert normalize_identity_number(written) == "11010519491231002X"


@pytest.mark.parametrize("number", RESIDENTS)
def test_a_resident_number_is_known_by_its_check_digit(number: str) -> None:
    assert is_resident_number(number)
    for index, digit in enumerate(number[:-1]):
        other = number[:index] + str((int(digit) + 1) % 10) + number[index + 1 :]
        assert not is_resident_number(other)


@pytest.mark.parametrize(
    "number",
    ["", "123", "110105491231002", "11010519490230002X", "1101051949123100２X", "X" * 18],  # noqa: RUF001
)
def test_what_has_another_form_or_no_day_of_birth_is_no_resident_number(number: str) -> None:
    assert not is_resident_number(number)


@pytest.mark.parametrize("code", CREDIT_CODES)
def test_a_credit_code_is_known_by_its_check_digit(code: str) -> None:
    assert is_credit_code(code)
    for index, digit in enumerate(code):
        other = code[:index] + ("1" if digit != "1" else "2") + code[index + 1 :]
        assert not is_credit_code(other)


@pytest.mark.parametrize("code", ["", "123", "91350100I000100Y43", "91350100M000100Y4"])
def test_what_has_another_form_is_no_credit_code(code: str) -> None:
    assert not is_credit_code(code)


@pytest.mark.parametrize(
    ("kind", "number", "is_invalid"),
    [
        ("residentIdentityCard", RESIDENTS[0], False),
        ("resident identity card", " １10105 19491231 002x", False),  # noqa: RUF001
        ("居民身份证", "123", True),
        ("residentIdentityCard", "320102199003078519", True),
        ("unifiedSocialCreditCode", CREDIT_CODES[0].lower(), False),
        ("统一社会信用代码", RESIDENTS[0], True),
        ("passport", "E12345678", False),
        ("", "123", False),
    ],
)
def test_only_the_types_that_have_a_check_digit_are_held_to_it(
    kind: str, number: str, *, is_invalid: bool
) -> None:
    assert is_invalid_identity_number(kind, number) is is_invalid
