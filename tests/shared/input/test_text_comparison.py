"""Comparison of texts and phone numbers in different spellings."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from shared.input.phones import phone_key
from shared.input.text_comparison import comparable, comparable_word


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("Jose\u0301", "jos\u00e9"),
        ("缺陷路１号", "缺陷路1号"),
        ("ＡＢＣ", "abc"),  # noqa: RUF001
        ("ｶﾞ", "ガ"),
        ("STRASSE", "straße"),
        ("Σίσυφος", "ΣΊΣΥΦΟΣ"),
        ("zhang\u200bwei", "ZhangWei"),
        ("\u202a张伟\u202c", "张伟"),
        (" 张伟\u3000", "张伟"),
        ("½", "1\u20442"),
    ],
)
def test_spellings_of_one_text_compare_as_equal(one: str, other: str) -> None:
    assert comparable(one) == comparable(other)


@pytest.mark.parametrize(("one", "other"), [("张伟", "张卫"), ("Jose", "José"), ("a b", "ab")])
def test_different_texts_stay_different(one: str, other: str) -> None:
    assert comparable(one) != comparable(other)


@given(st.text())
def test_what_is_comparable_stays_as_it_is(text: str) -> None:
    assert comparable(comparable(text)) == comparable(text)


def test_a_word_of_a_vocabulary_is_known_however_its_parts_are_joined() -> None:
    assert (
        comparable_word("Installation Address")
        == comparable_word("installation-address")
        == "installationaddress"
    )


@pytest.mark.parametrize(
    "written",
    [
        "13851234503",
        "138-5123-4503",
        "138 5123 4503",
        "138.5123.4503",
        "+86 138 5123 4503",
        "8613851234503",
        "008613851234503",
        "１３８５１２３４５０３",  # noqa: RUF001  full width
        "（＋８６）138\u30005123\u30004503",  # noqa: RUF001
        "\u202a+86 138\u200b51234503\u202c",
        "tel:+86-138-5123-4503",
    ],
)
def test_all_spellings_of_a_phone_number_have_one_key(written: str) -> None:
    assert phone_key(written) == "+8613851234503"


@pytest.mark.parametrize("written", ["025-8310 0001", "(025) 83100001", "02583100001"])
def test_a_fixed_line_is_known_with_its_area_code(written: str) -> None:
    assert phone_key(written) == "+862583100001"


def test_a_number_of_another_country_keeps_its_country() -> None:
    assert phone_key("+1 (202) 555-0100") == "+12025550100"


@pytest.mark.parametrize(("written", "key"), [(" None ", "none"), ("front desk, 2", "frontdesk2")])
def test_what_is_no_phone_number_is_compared_as_text(written: str, key: str) -> None:
    assert phone_key(written) == key
